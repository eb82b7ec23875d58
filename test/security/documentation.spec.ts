import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const TEXT = readFileSync(path.join(ROOT, 'docs/security.md'), 'utf8');
const FILE = /`(?<file>[\w-]+\.(?:spec|db-spec|e2e-spec)\.ts)`/g;

describe('docs/security.md', () => {
  const sources = new Map(
    ['libs', 'test', 'apps', 'scripts'].flatMap((folder) =>
      readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('spec.ts'))
        .map((file) => [path.basename(file), readFileSync(path.join(ROOT, folder, file), 'utf8')] as const),
    ),
  );

  it('names no test that does not exist', () => {
    const named = [...TEXT.matchAll(FILE)].map((match) => match.groups?.['file'] ?? '');

    expect(named.length).toBeGreaterThan(30);
    expect([...new Set(named)].filter((file) => !sources.has(file))).toEqual([]);
  });

  it('names no case that its test does not have', () => {
    const cases = [...TEXT.matchAll(/`(?<file>[\w.-]+spec\.ts)`: (?<titles>`[^`|]+`(?:, `[^`|]+`)*)/g)].flatMap(({ groups }) =>
      (groups?.['titles'] ?? '').split('`, `').map((title) => ({ file: groups?.['file'] ?? '', title: title.replaceAll('`', '') })),
    );

    expect(cases.length).toBeGreaterThan(10);
    expect(cases.filter(({ file, title }) => sources.get(file)?.includes(title) !== true)).toEqual([]);
  });

  it('names a test for every item of ASVS', () => {
    const section = TEXT.slice(TEXT.indexOf('## OWASP ASVS'), TEXT.indexOf('## Cost'));
    const items = section.split('\n').filter((line) => /^\| \d/.test(line));

    expect(items.length).toBeGreaterThan(15);
    expect(items.filter((line) => line.search(FILE) === -1)).toEqual([]);
  });
});
