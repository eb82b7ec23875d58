import { scryptSync } from 'node:crypto';
import { PasswordHasher, SignInBusyError } from './password-hasher.js';

describe('PasswordHasher', () => {
  const hasher = new PasswordHasher();

  it('names algorithm and cost in the hash', async () => {
    expect(await hasher.hash('correct horse battery')).toMatch(
      /^\$(argon2id\$v=19\$m=19456,t=2,p=1|scrypt\$ln=17,r=8,p=1)\$[\w-]{22}\$[\w-]{43}$/,
    );
  });

  it('knows the password and no other', async () => {
    const hash = await hasher.hash('correct horse battery');

    expect(await hasher.verify('correct horse battery', hash)).toBe(true);
    expect(await hasher.verify('correct horse batterY', hash)).toBe(false);
  });

  it('verifies what an older Node hashed with scrypt', async () => {
    const salt = Buffer.from('0123456789abcdef');
    const hash = scryptSync('correct horse battery', salt, 32, { N: 2 ** 14, r: 8, p: 1 }).toString('base64url');
    const stored = `$scrypt$ln=14,r=8,p=1$${salt.toString('base64url')}$${hash}`;

    expect(await hasher.verify('correct horse battery', stored)).toBe(true);
    expect(await hasher.verify('wrong', stored)).toBe(false);
  });

  it.each([null, '', 'plain', '$argon2id$v=19$m=1,t=1$x$y'])('is false for the stored hash %j', async (stored) => {
    expect(await hasher.verify('anything', stored)).toBe(false);
  });

  it('sends people away rather than take all threads', async () => {
    const attempts = await Promise.allSettled(Array.from({ length: 60 }, () => hasher.verify('x', '$none')));

    const refusals = attempts.filter((attempt) => attempt.status === 'rejected').map((attempt) => attempt.reason as unknown);
    expect(refusals).toHaveLength(8);
    expect(refusals[0]).toBeInstanceOf(SignInBusyError);
  });
});
