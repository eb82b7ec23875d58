/** Whether a migration may run while the previous release still works on the database. */

const RULES: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /^drop (table|view|materialized view|type|sequence|function|schema)\b/, why: 'the running release may still use it' },
  {
    pattern: /^alter table\b.*\bdrop (column )?(?!constraint\b|not null\b|default\b|expression\b|identity\b)"?\w+/,
    why: 'the running release may still read it',
  },
  { pattern: /^alter (table|view|type|sequence)\b.*\brename\b/, why: 'the running release knows the old name' },
  {
    pattern: /^alter table\b.*\balter (column )?"?\w+"? (set data )?type\b/,
    why: 'the running release expects the old type, and the table is rewritten',
  },
  { pattern: /^alter table\b.*\bset not null\b/, why: 'the running release may still leave it out' },
  { pattern: /^truncate\b/, why: 'the rows are gone for the running release' },
];

/** A column, not a constraint, that is added. */
const ADDED_COLUMN = /\badd (?:column )?(?!constraint\b|primary\b|unique\b|check\b|foreign\b)[^,]*/g;

/** A statement that takes away what the running release may rely on. */
export interface ContractingStatement {
  /** The statement on one line, cut off where it gets long. */
  readonly statement: string;
  readonly why: string;
}

const LONGEST_STATEMENT = 120;

/**
 * Finds statements that contract the schema. Expanding comes with the release that needs it, contracting with a later one, when no process of
 * the release before runs any more.
 *
 * Tables that the same text creates are nobody's yet: what happens to them does not count.
 */
export function contractingStatements(sql: string): ContractingStatement[] {
  const statements = statementsOf(sql);
  const created = new Set(statements.flatMap((statement) => /^create table (?:if not exists )?"?(\w+)/.exec(statement)?.[1] ?? []));
  return statements.flatMap((statement) => {
    const table = /^(?:alter|drop|truncate) (?:table )?(?:if exists )?(?:only )?"?(\w+)/.exec(statement)?.[1] ?? '';
    const why = created.has(table) ? null : reasonOf(statement);
    return why === null ? [] : [{ statement: statement.slice(0, LONGEST_STATEMENT), why }];
  });
}

function reasonOf(statement: string): string | null {
  const addsDemand = statement.startsWith('alter table') && (statement.match(ADDED_COLUMN) ?? []).some(demandsValue);
  return addsDemand ? 'the running release does not fill it' : (RULES.find(({ pattern }) => pattern.test(statement))?.why ?? null);
}

function demandsValue(column: string): boolean {
  return column.includes(' not null') && !/ (default|generated) /.test(`${column} `);
}

/** Lower case, one line each, without comments and the bodies of functions. */
function statementsOf(sql: string): string[] {
  return sql
    .replaceAll(/--[^\n]*/g, ' ')
    .replaceAll(/\/\*[\s\S]*?\*\//g, ' ')
    .replaceAll(/\$(\w*)\$[\s\S]*?\$\1\$/g, ' ')
    .split(';')
    .map((statement) => statement.replaceAll(/\s+/g, ' ').trim().toLowerCase())
    .filter((statement) => statement !== '');
}
