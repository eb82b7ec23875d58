import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PLANTED = path.join(ROOT, 'libs/kernel/src/planted-violation.ts');

function cruise(): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      'node_modules/dependency-cruiser/bin/dependency-cruise.mjs',
      '--config',
      '.dependency-cruiser.cjs',
      '--output-type',
      'err',
      'libs/kernel',
    ],
    { cwd: ROOT, encoding: 'utf8' },
  );
  return { status, output: stdout + stderr };
}

describe('the import law', () => {
  afterEach(() => {
    rmSync(PLANTED, { force: true });
  });

  it('finds an import to the right that is planted in the kernel', () => {
    writeFileSync(PLANTED, `export { PaymentsService } from '#payments';\n`);

    const { status, output } = cruise();

    expect(output).toContain('kernel-imports-only-to-its-left');
    expect(status).not.toBe(0);
  });

  it('finds nothing once the planted import is gone', () => {
    expect(existsSync(PLANTED)).toBe(false);
    expect(cruise()).toMatchObject({ status: 0 });
  });
});
