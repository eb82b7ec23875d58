/** The file form of list entries: `kind,value,list,reason,expiresAt`, a header first, quotes as in RFC 4180. */
import { LIST_KINDS, LIST_NAMES, normaliseListValue, type ListKind, type ListName } from './list-value.js';

/** One entry of a file. */
export interface ImportedEntry {
  readonly kind: ListKind;
  /** As written in the file; normalised by the service. */
  readonly value: string;
  readonly list: ListName;
  readonly reason: string;
  readonly expiresAt: Date | null;
}

/** One line that cannot be used. */
export interface ImportProblem {
  readonly line: number;
  readonly problem: string;
}

/** Most lines of one import: each is looked up and written in one transaction. */
export const MAX_IMPORT_LINES = 1_000;
const COLUMNS = ['kind', 'value', 'list', 'reason', 'expiresAt'] as const;

/** Reads a file; either every line is good or all problems are named. */
export function parseListCsv(text: string, now: Date): { entries: ImportedEntry[]; problems: ImportProblem[] } {
  const [header, ...lines] = text.split(/\r?\n/).map(fieldsOf);
  const problems: ImportProblem[] = [];
  const entries: ImportedEntry[] = [];
  const columns = header ?? [];
  const missing = ['kind', 'value', 'reason'].filter((name) => !columns.includes(name));
  const unknown = columns.filter((name) => !(COLUMNS as readonly string[]).includes(name));
  if (missing.length + unknown.length > 0) return { entries, problems: [{ line: 1, problem: `the header must be ${COLUMNS.join(',')}` }] };
  if (lines.length > MAX_IMPORT_LINES)
    return { entries, problems: [{ line: MAX_IMPORT_LINES + 2, problem: `at most ${MAX_IMPORT_LINES} entries` }] };
  for (const [index, fields] of lines.entries()) {
    if (fields.join('') === '') continue;
    const entry = entryOf((name) => fields[columns.indexOf(name)] ?? '', now);
    if (typeof entry === 'string') problems.push({ line: index + 2, problem: entry });
    else entries.push(entry);
  }
  return { entries, problems };
}

/** The entry, or what is wrong with it. */
function entryOf(field: (name: string) => string, now: Date): ImportedEntry | string {
  const kind = LIST_KINDS.find((each) => each === field('kind'));
  const list = LIST_NAMES.find((each) => each === (field('list') || 'block'));
  if (kind === undefined) return `kind must be one of ${LIST_KINDS.join(', ')}`;
  if (list === undefined) return `list must be one of ${LIST_NAMES.join(', ')}`;
  if (normaliseListValue(kind, field('value')) === null) return `value is not a ${kind}`;
  if (field('reason').trim() === '') return 'reason is missing';
  const expiresAt = field('expiresAt') === '' ? null : new Date(field('expiresAt'));
  if (expiresAt !== null && !(expiresAt.getTime() > now.getTime())) return 'expiresAt must be an instant in the future';
  return { kind, value: field('value'), list, reason: field('reason').trim(), expiresAt };
}

function fieldsOf(line: string): string[] {
  const fields = line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g);
  return [...fields].map(([, quoted, plain]) => (quoted === undefined ? (plain ?? '').trim() : quoted.replaceAll('""', '"')));
}
