/** Stripe's own command line, a referee of the sandbox. */
import { existsSync } from 'node:fs';

/** Where npm puts it; our dependencies have it for the platforms that the registry serves. */
export const CLI = `node_modules/@stripe/cli-${process.platform}-${process.arch}/bin/stripe`;

/** As `requiresProgram`: where it is missing the suite is skipped and named, and with `CI=true` it fails. */
export function referee(title: string, suite: () => void): void {
  if (existsSync(CLI) || process.env['CI'] === 'true') describe(title, suite);
  else describe.skip(`${title} [needs @stripe/cli]`, suite);
}
