/** SQL for the paths where every microsecond and every guarantee counts; entities serve the rest. */
import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Pool, PoolClient, QueryResultRow } from 'pg';
import { AppConfig } from '../config/app-config.js';
import { inSpan } from '../telemetry/tracing.js';
import { StatementGroup } from './statement-group.js';
import { type GroupResult, type Runner, type Statement, Transaction } from './transaction.js';
import { DatabaseUnavailableError, isHangUp, isSerializationFailure, isUnavailable } from './postgres-errors.js';

/** Runs statements, either each on its own or all in one transaction. */
export interface Queryable {
  /**
   * Runs one statement and returns its rows. `bigint` columns come as numbers: amounts and counts here stay below 2^53.
   *
   * @param sql - A constant text: it is planned once per connection and its values are `params`.
   */
  query<Row extends QueryResultRow>(sql: string, params?: readonly unknown[]): Promise<Row[]>;

  /**
   * Runs a statement that returns nothing. In a transaction it goes along with the next one that is queried, or with the commit, which costs no
   * round trip of its own: this resolves at once, and should the statement fail, then whoever is waited for next fails with its error.
   */
  execute(sql: string, params?: readonly unknown[]): Promise<void>;

  /**
   * Runs `work` once everything so far has been committed, for what must not be counted or told twice: at once outside a transaction, never when
   * the transaction is rolled back. It must not throw.
   */
  afterCommit(work: () => void): void;
}

// A transaction that lost to another is run again as a whole, at most this often.
const TRANSACTION_TRIES = 3;

/** The database of this process, over the connection pool that TypeORM holds. */
@Injectable()
export class Database implements Queryable {
  private readonly statementNames = new Map<string, string>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly config: AppConfig,
  ) {}

  /** @throws DatabaseUnavailableError when the server is away or no connection became free in time. */
  async query<Row extends QueryResultRow>(sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    return retried(() =>
      this.withRunner(async (run) => {
        const { results, failure } = await run([{ sql, params }]);
        if (failure) throw failure;
        return (results[0] ?? []) as Row[];
      }),
    );
  }

  /** As `query`, for what returns nothing. */
  async execute(sql: string, params: readonly unknown[] = []): Promise<void> {
    await this.query(sql, params);
  }

  afterCommit(work: () => void): void {
    work();
  }

  /**
   * Runs `work` in one short transaction; nothing that leaves this process may be awaited inside.
   *
   * `work` may run up to three times when PostgreSQL reports a deadlock or a serialization failure, so it changes nothing but the database.
   *
   * @throws DatabaseUnavailableError as `query`; when the connection broke during COMMIT, the changes may or may not have been made.
   */
  async transaction<T>(work: (transaction: Queryable) => Promise<T>): Promise<T> {
    return retried(() => inSpan('database transaction', { 'db.system.name': 'postgresql' }, () => this.runTransaction(work)));
  }

  /** Connections in use and requests that wait for one. */
  poolUsage(): { inUse: number; idle: number; waiting: number; size: number } {
    const pool = this.pool;
    return {
      inUse: pool.totalCount - pool.idleCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
      size: this.config.database.poolSize,
    };
  }

  private runTransaction<T>(work: (transaction: Queryable) => Promise<T>): Promise<T> {
    return this.withRunner(async (run, discard) => {
      const transaction = new Transaction(run);
      try {
        const result = await work(transaction);
        await transaction.commit();
        return result;
      } catch (error) {
        await transaction.rollback().catch(discard);
        throw error;
      }
    });
  }

  /** Lends `work` a connection, which the pool does not hand out again when it is gone or `work` discards it. */
  private async withRunner<T>(work: (run: Runner, discard: () => void) => Promise<T>): Promise<T> {
    const client: PoolClient = await this.pool.connect();
    let isBroken = false;
    const discard = (): void => {
      isBroken = true;
    };
    // A client in use is nobody's to watch but ours: its socket may fail between two statements, and an unheard error ends the process.
    client.on('error', discard);
    try {
      return await work((statements) => this.run(client, statements), discard);
    } catch (error) {
      // Told by the server before it hangs up.
      if (isHangUp(error)) discard();
      throw error;
    } finally {
      client.off('error', discard);
      client.release(isBroken);
    }
  }

  private async run(client: PoolClient, statements: readonly Statement[]): Promise<GroupResult> {
    const { pooler, usesPreparedStatements } = this.config.database;
    if (pooler === 'none' && usesPreparedStatements) {
      const prepared = statements.map(({ sql, params }) => ({ name: this.nameOf(sql), text: sql, values: params }));
      return new Promise((resolve) => client.query(new StatementGroup(prepared, resolve)));
    }
    const results: QueryResultRow[][] = [];
    for (const { sql, params } of statements) {
      try {
        // A pooler is told of a transaction's beginning by its bare text.
        const isNamed = usesPreparedStatements && params.length > 0;
        const { rows } = await client.query<QueryResultRow>(isNamed ? { name: this.nameOf(sql), text: sql } : sql, [...params]);
        results.push(rows);
      } catch (error) {
        return { results, failure: error as Error };
      }
    }
    return { results, failure: null };
  }

  private nameOf(sql: string): string {
    let name = this.statementNames.get(sql);
    if (name === undefined) {
      name = `upp_${createHash('sha256').update(sql).digest('hex').slice(0, 16)}`;
      this.statementNames.set(sql, name);
    }
    return name;
  }

  private get pool(): Pool {
    return (this.dataSource.driver as unknown as { master: Pool }).master;
  }
}

/** Runs a transaction, which a single statement is as well, and runs it again as a whole when it had to give way to another. */
async function retried<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      if (!isSerializationFailure(error) || attempt === TRANSACTION_TRIES) throw translate(error);
    }
  }
}

function translate(error: unknown): unknown {
  return isUnavailable(error) ? new DatabaseUnavailableError(error) : error;
}
