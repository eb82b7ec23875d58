import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { requiresProgram } from '#test';

const SCRIPTS = path.resolve('scripts');
const TESTS = path.resolve('test/shell');

requiresProgram('shellcheck')('the shell scripts', () => {
  it.each(shellScripts())('%s has no finding of shellcheck', (script) => {
    const { stdout, status } = spawnSync('shellcheck', ['--severity=style', script], { encoding: 'utf8' });

    expect(stdout).toBe('');
    expect(status).toBe(0);
  });
});

requiresProgram('bats', 'openssl')('the shell scripts under bats', () => {
  it.each(filesOf(TESTS, '.bats'))(
    '%s passes',
    (suite) => {
      const { stdout } = spawnSync('bats', [suite], { encoding: 'utf8' });

      expect(stdout.split('\n').filter((line) => /^(not ok|#)/.test(line))).toEqual([]);
      expect(stdout).toMatch(/^ok \d+/m);
    },
    120_000,
  );
});

function shellScripts(): string[] {
  return filesOf(SCRIPTS, '.sh');
}

function filesOf(folder: string, extension: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(extension))
    .map((name) => path.join(folder, name));
}
