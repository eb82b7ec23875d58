/** Prepared statements that travel together: one message to the server and one back, whatever their number. */
import pg, { type FieldDef, type QueryResultRow, type Submittable } from 'pg';
import { assert } from '#kernel';
import type { GroupResult } from './transaction.js';

/** A statement with its values. One name always stands for one text. */
export interface PreparedStatement {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

/** What of pg's connection a query of one's own works with, as pg-cursor does. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void };
  /** The texts that this connection has parsed, by name. */
  readonly parsedStatements: Readonly<Record<string, string | undefined>>;
  parse(statement: { readonly name: string; readonly text: string }): void;
  bind(portal: { readonly statement: string; readonly values: readonly unknown[] }): void;
  describe(portal: { readonly type: 'P'; readonly name: '' }): void;
  execute(portal: { readonly portal: '' }): void;
  sync(): void;
}

type RowReader = (values: readonly (string | null)[]) => QueryResultRow;

// A connection's prepared statement returns the same columns for as long as it lives, so it is asked for them once; null: it returns none.
const readersOf = new WeakMap<object, Map<string, RowReader | null>>();
const types = pg.types as unknown as { getTypeParser(type: number, format: 'text'): (text: string) => unknown };
// pg's own way from a value to its text, under the name that pg gave it.
const conversion = (pg as unknown as Record<string, { readonly prepareValue: (value: unknown) => unknown } | undefined>)['utils'];
assert(conversion, 'pg shows how it converts values');
const { prepareValue } = conversion;

/**
 * Runs statements in their order until one fails: the server skips those behind it. Outside a transaction they are one together.
 *
 * A round trip costs both processes more than most statements do, for each wakes the other up.
 */
export class StatementGroup implements Submittable {
  private readonly results: QueryResultRow[][] = [];
  private rows: QueryResultRow[] = [];
  private readers = new Map<string, RowReader | null>();
  private failure: Error | null = null;

  /** @param done - Called once. */
  constructor(
    private readonly statements: readonly PreparedStatement[],
    private readonly done: (result: GroupResult) => void,
  ) {}

  /** Of the statement that the server speaks of: pg remembers by it what has been parsed. */
  get name(): string | undefined {
    return this.statements[this.results.length]?.name;
  }

  /** As `name`. */
  get text(): string | undefined {
    return this.statements[this.results.length]?.text;
  }

  /** Called by pg when it is this group's turn. @returns Why nothing was sent. */
  submit(connection: unknown): Error | null {
    const wire = connection as Wire;
    this.readers = readersOf.get(wire) ?? new Map<string, RowReader | null>();
    readersOf.set(wire, this.readers);
    try {
      // Before anything is sent: a value that cannot be must not leave half a message behind.
      const bound = this.statements.map(({ values }) => values.map((value) => prepareValue(value)));
      this.send(wire, bound);
      return null;
    } catch (error) {
      return error instanceof Error ? error : new Error('a statement could not be sent', { cause: error });
    }
  }

  handleRowDescription({ fields }: { readonly fields: readonly FieldDef[] }): void {
    if (this.name !== undefined) this.readers.set(this.name, readerOf(fields));
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    try {
      const read = this.name === undefined ? undefined : this.readers.get(this.name);
      if (!read) throw new Error('a row came from a statement that returns none');
      this.rows.push(read(fields));
    } catch (error) {
      // A value that no parser takes; told when the server has said all.
      this.failure ??= error as Error;
    }
  }

  handleCommandComplete(): void {
    if (this.name !== undefined && !this.readers.has(this.name)) this.readers.set(this.name, null);
    this.results.push(this.rows);
    this.rows = [];
  }

  handleReadyForQuery(): void {
    this.done({ failure: this.failure, results: this.failure ? [] : this.results });
  }

  handleError(error: Error): void {
    this.done({ failure: this.failure ?? error, results: this.failure ? [] : this.results });
  }

  private send(wire: Wire, bound: readonly unknown[][]): void {
    const sent = new Set<string>();
    wire.stream.cork();
    try {
      for (const [index, { name, text }] of this.statements.entries()) {
        const isNew = !sent.has(name) && wire.parsedStatements[name] === undefined;
        if (isNew) {
          wire.parse({ name, text });
          this.readers.delete(name);
        }
        wire.bind({ statement: name, values: bound[index] ?? [] });
        if (!sent.has(name) && !this.readers.has(name)) wire.describe({ type: 'P', name: '' });
        wire.execute({ portal: '' });
        sent.add(name);
      }
      wire.sync();
    } finally {
      wire.stream.uncork();
    }
  }
}

function readerOf(fields: readonly FieldDef[]): RowReader {
  const columns = fields.map(({ name, dataTypeID }) => ({ name, parse: types.getTypeParser(dataTypeID, 'text') }));
  return (values) => {
    const row: QueryResultRow = {};
    for (const [index, { name, parse }] of columns.entries()) {
      const value = values[index] ?? null;
      row[name] = value === null ? null : parse(value);
    }
    return row;
  };
}
