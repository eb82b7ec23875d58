import type { QueryResultRow } from 'pg';
import type { Queryable } from './database.js';

/** What came of statements that were sent together: the rows of each until one failed. */
export interface GroupResult {
  readonly results: readonly QueryResultRow[][];
  readonly failure: Error | null;
}

/** Runs statements one after the other on a connection, in as few messages as it can. */
export type Runner = (statements: readonly Statement[]) => Promise<GroupResult>;

/** A constant text and its values. */
export interface Statement {
  readonly sql: string;
  readonly params: readonly unknown[];
}

interface Waiting extends Statement {
  readonly end: { readonly resolve: (rows: QueryResultRow[]) => void; readonly reject: (error: unknown) => void } | null;
}

/**
 * A transaction whose statements go out together where nobody waits for one of them: BEGIN with the first, what is executed with the next
 * that is waited for, and the rest with COMMIT.
 */
export class Transaction implements Queryable {
  private readonly afterwards: (() => void)[] = [];
  private waiting: Waiting[] = [{ ...BEGIN, end: null }];
  private turn: Promise<void> = Promise.resolve();
  private isOpen = false;

  constructor(private readonly run: Runner) {}

  query<Row extends QueryResultRow>(sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    return new Promise<Row[]>((resolve, reject) => {
      this.waiting.push({ sql, params, end: { resolve: resolve as (rows: QueryResultRow[]) => void, reject } });
      this.turn = this.turn.then(() => this.send());
    });
  }

  execute(sql: string, params: readonly unknown[] = []): Promise<void> {
    this.waiting.push({ sql, params, end: null });
    return Promise.resolve();
  }

  afterCommit(work: () => void): void {
    this.afterwards.push(work);
  }

  /** Sends what waits, and commits. Nothing happens when nothing was asked. */
  async commit(): Promise<void> {
    if (this.isOpen || this.waiting.length > 1) await this.query(COMMIT.sql);
    for (const work of this.afterwards) work();
  }

  /** Takes everything back. @throws when the connection is of no use any more. */
  async rollback(): Promise<void> {
    await this.turn;
    this.waiting = [];
    const { failure } = this.isOpen ? await this.run([ROLLBACK]) : { failure: null };
    if (failure) throw failure;
  }

  private async send(): Promise<void> {
    // Once all has been said that can be said without an answer from outside.
    await new Promise<void>((resolve) => {
      process.nextTick(resolve);
    });
    const group = this.waiting;
    this.waiting = [];
    if (group.length === 0) return;
    this.isOpen = true;
    const { results, failure } = await this.run(group);
    for (const [index, { end }] of group.entries()) {
      const rows = results[index];
      if (rows) end?.resolve(rows);
      else end?.reject(failure);
    }
  }
}

const BEGIN: Statement = { sql: 'begin', params: [] };
const COMMIT: Statement = { sql: 'commit', params: [] };
const ROLLBACK: Statement = { sql: 'rollback', params: [] };
