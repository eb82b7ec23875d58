/**
 * Makes the first owner of a deployment, once: `npm run create-admin -- ada@example.com`.
 *
 * It prints the password, the authenticator secret and the recovery codes; they are stored nowhere in this form. Further people are made by the
 * owner, through POST /api/admin/users. `--reset` gives somebody who lost everything new ones, when no owner is left to do it.
 */
import 'reflect-metadata';
import { DomainError } from '#kernel';
import { processEnvironment } from '#platform';
import { totpUri, UsersService } from '#security';
import { withSecurity } from './security-context.js';

const [email = '', flag] = process.argv.slice(2);
const isReset = flag === '--reset';

if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email) || (flag !== undefined && !isReset)) {
  console.error('usage: npm run create-admin -- <e-mail address> [--reset]');
  process.exitCode = 2;
} else {
  try {
    const secrets = await withSecurity(processEnvironment(), (app) => {
      const users = app.get(UsersService);
      return isReset ? users.resetByEmail(email, { actor: 'system:create_admin' }) : users.createFirstOwner(email);
    });
    console.log(`Person     ${email} (${secrets.userId})`);
    console.log(`Password   ${secrets.password}`);
    console.log(`One-time   ${totpUri(secrets.totpSecret, email)}`);
    console.log(`Recovery   ${secrets.recoveryCodes.join(' ')}`);
    console.log('These are shown once. Sign in with POST /api/auth/login and change the password.');
  } catch (error) {
    console.error(error instanceof DomainError ? error.message : error);
    process.exitCode = 1;
  }
}
