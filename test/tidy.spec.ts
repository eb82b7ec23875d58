import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { MIGRATION_NAMES } from '#migrations';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Words that name nothing; each with what to say instead. */
const BANNED_WORDS: readonly [RegExp, string][] = [
  [/\b\w*[Hh]elpers?\b/, 'what it does'],
  [/\butils?\b/i, 'its one noun'],
  [/\b\w+Manager\b/, 'service, or its verb'],
  [/\btxn\b/i, 'transaction'],
  [/\bchargeback(?!s? )\w*\(/i, 'dispute'],
];
// Stripe's own language has such words: the sandbox speaks it, and one script reads it.
const WORDS_EXEMPT = /^(apps\/stripe-sandbox\/|scripts\/stripe-schema\.ts)/;
// What others have named: modules, literals and addresses.
const FOREIGN_WORDS = /'[^']*'|"[^"]*"|`[^`]*`|https?:\/\/\S+/g;

function sources(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
    .map((name) => path.join(folder, name));
}

const files = ['apps', 'libs', 'migrations', 'scripts'].flatMap(sources);
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

describe('what no linter knows', () => {
  it('lists every migration file once and in order, up and down', () => {
    const found = readdirSync(path.join(ROOT, 'migrations')).filter((name) => name.endsWith('.sql'));

    expect([...MIGRATION_NAMES]).toEqual([...MIGRATION_NAMES].sort());
    expect(found.sort()).toEqual(MIGRATION_NAMES.flatMap((name) => [`${name}.down.sql`, `${name}.up.sql`]).sort());
  });

  it('documents every exported name', () => {
    const bare = files
      .filter((file) => !file.endsWith('spec.ts') && !file.endsWith('main.ts'))
      .flatMap((file) => undocumentedExports(file));

    expect(bare).toEqual([]);
  });

  it('has no banned words in code', () => {
    const found = files
      .filter((file) => !WORDS_EXEMPT.test(file))
      .flatMap((file) =>
        read(file)
          .split('\n')
          .map((line) => line.replace(FOREIGN_WORDS, ''))
          .flatMap((line, index) =>
            BANNED_WORDS.filter(([word]) => word.test(line)).map(
              ([, instead]) => `${file}:${String(index + 1)} say ${instead}: ${line.trim()}`,
            ),
          ),
      );

    expect(found).toEqual([]);
  });

  it('gives every error code one meaning, documented in docs/api.md', () => {
    const documented = read('docs/api.md');
    const codes = new Set(
      files
        .filter((file) => file.startsWith('libs/'))
        .flatMap((file) => [...read(file).matchAll(/super\(\s*'[a-z_]+',\s*'([a-z_]+)'/g)].map((match) => match[1] ?? '')),
    );

    expect([...codes].filter((code) => !documented.includes(`\`${code}\``)).sort()).toEqual([]);
  });
});

/** Exported declarations without a doc comment, as `file: name`. Re-exports are documented where they are declared. */
function undocumentedExports(file: string): string[] {
  const text = read(file);
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  return source.statements
    .filter(
      (statement) =>
        ts.canHaveModifiers(statement) &&
        (ts.getModifiers(statement) ?? []).some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword),
    )
    .filter((statement) => !/^\/\*\*/.test(text.slice(statement.getFullStart()).trimStart()) && !hasDocComment(text, statement))
    .map((statement) => `${file}: ${statement.getText(source).slice(0, 60).split('\n')[0] ?? ''}`);
}

function hasDocComment(text: string, statement: ts.Statement): boolean {
  return (ts.getLeadingCommentRanges(text, statement.getFullStart()) ?? []).some((range) => text.startsWith('/**', range.pos));
}
