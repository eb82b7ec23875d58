/** SQL for the paths where every microsecond and every guarantee counts; entities serve the rest. */
import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Pool, PoolClient, QueryResultRow } from 'pg';
import { AppConfig } from '../config/app-config.js';
import { inSpan } from '../telemetry/tracing.js';
import { DatabaseUnavailableError, isSerializationFailure, isUnavailable } from './postgres-errors.js';

/** Runs statements, either each on its own or all in one transaction. */
export interface Queryable {
  /**
   * Runs one statement and returns its rows. `bigint` columns come as numbers: amounts and counts here stay below 2^53.
   *
   * @param sql - A constant text: it is planned once per connection and its values are `params`.
   */
  query<Row extends QueryResultRow>(sql: string, params?: readonly unknown[]): Promise<Row[]>;

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
    return retried(async () => (await this.pool.query<Row>(this.statement(sql, params))).rows);
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

  private async runTransaction<T>(work: (transaction: Queryable) => Promise<T>): Promise<T> {
    const client: PoolClient = await this.pool.connect();
    let broken: Error | undefined;
    const afterwards: (() => void)[] = [];
    // A client in use is nobody's to watch but ours: its socket may fail between two statements, and an unheard error ends the process.
    const noteBroken = (error: Error): void => {
      broken = error;
    };
    client.on('error', noteBroken);
    try {
      await client.query('begin');
      const result = await work({
        query: async <Row extends QueryResultRow>(sql: string, params: readonly unknown[] = []) =>
          (await client.query<Row>(this.statement(sql, params))).rows,
        afterCommit: (then) => afterwards.push(then),
      });
      await client.query('commit');
      for (const then of afterwards) then();
      return result;
    } catch (error) {
      await client.query('rollback').catch((rollbackError: unknown) => {
        // The connection itself is gone; the pool must not hand it out again.
        broken = rollbackError instanceof Error ? rollbackError : new Error('rollback failed');
      });
      throw error;
    } finally {
      client.off('error', noteBroken);
      client.release(broken);
    }
  }

  private statement(sql: string, params: readonly unknown[]): { name?: string; text: string; values: unknown[] } {
    if (!this.config.database.usesPreparedStatements) return { text: sql, values: [...params] };
    let name = this.statementNames.get(sql);
    if (name === undefined) {
      name = `upp_${createHash('sha256').update(sql).digest('hex').slice(0, 16)}`;
      this.statementNames.set(sql, name);
    }
    return { name, text: sql, values: [...params] };
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
