/**
 * Verifies the whole audit chain: `npm run audit:verify`.
 *
 * Exit code 0 when it is intact, 1 when it is broken (the first broken link is named), 2 when it could not be read.
 */
import 'reflect-metadata';
import { processEnvironment } from '#platform';
import { AuditVerifier } from '#security';
import { withSecurity } from './security-context.js';

try {
  const { firstBroken, checkedLinks, checkedCheckpoints } = await withSecurity(processEnvironment(), (app) =>
    app.get(AuditVerifier).verify(),
  );
  const checked = `${checkedLinks} links and ${checkedCheckpoints} checkpoints checked`;
  if (firstBroken === null) console.log(`The audit chain is intact: ${checked}.`);
  else {
    const { fault, position, sequence } = firstBroken;
    console.error(`The audit chain is broken: ${fault} at position ${position ?? '–'}, line ${sequence ?? '–'}; ${checked} before it.`);
    process.exitCode = 1;
  }
} catch (error) {
  console.error(error);
  process.exitCode = 2;
}
