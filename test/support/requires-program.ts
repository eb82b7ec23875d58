/** Suites that need a program which npm does not bring. */
import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** How the summary finds skipped suites again: in their titles. */
export const MISSING_PROGRAM = /\[needs (?<program>[^\]]+)\]/;

/**
 * Stands in for `describe` where a suite needs programs of the machine, such as `redis-server`.
 *
 * Where one is missing, the suite is skipped and the last lines of the run name the program; with `CI=true` it fails instead.
 *
 * ```ts
 * requiresProgram('redis-server')('RedisRateLimits', () => { … });
 * ```
 */
export function requiresProgram(...programs: readonly string[]): (title: string, suite: () => void) => void {
  const missing = programs.filter((program) => !isInstalled(program));
  if (missing.length === 0) return describe;
  const note = missing.map((program) => `[needs ${program}]`).join(' ');
  if (process.env['CI'] !== 'true') {
    return (title, suite) => {
      describe.skip(`${title} ${note}`, suite);
    };
  }
  return (title) => {
    describe(title, () => {
      it('finds the programs it needs', () => {
        throw new Error(`not installed: ${missing.join(', ')}`);
      });
    });
  };
}

function isInstalled(program: string): boolean {
  // One that is on no path, such as Debian's PostgreSQL, is named with its folder.
  if (path.isAbsolute(program)) return isExecutable(program);
  const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => isExecutable(path.join(folder, program)));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
