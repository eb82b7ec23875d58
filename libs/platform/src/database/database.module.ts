import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import pg from 'pg';
import { MINUTE_MS } from '#kernel';
import { AppConfig } from '../config/app-config.js';
import type { DatabaseConfig } from '../config/groups.js';
import { Database } from './database.js';
import { TenantPool } from './tenant-pool.js';
import { TransactionPool } from './transaction-pool.js';

// int8: amounts and counts, all below 2^53 by check or by size. The default would be strings.
pg.types.setTypeParser(pg.types.builtins.INT8, (text) => {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError('a bigint from the database exceeds 2^53');
  return value;
});

// Statements here find rows by key, whatever the values: a plan per connection serves for ever, and none is long enough to be worth compiling.
// Left to itself PostgreSQL plans each statement anew as often as it hopes for a better plan, which took half of its time for a payment. A pooler refuses startup options; without named statements it would gain little by them.
const PLANNING = '-c plan_cache_mode=force_generic_plan -c jit=off';

/** A connection that rests as long is closed, down to none. */
const IDLE_TIMEOUT_MS = 10 * MINUTE_MS;

/** The connection pool, TypeORM over it and {@link Database} beside it. Every wait has an end: acquire, statement, lock, idle transaction. */
@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [AppConfig],
      useFactory: ({ database }: AppConfig) => ({
        type: 'postgres' as const,
        url: database.url,
        autoLoadEntities: true,
        synchronize: false,
        // A pod that starts before its database says so at once and is started again by its supervisor.
        retryAttempts: 0,
        // TypeORM makes the pool, so that it and Database share one.
        driver: { ...pg, Pool: database.pooler === 'none' ? TenantPool : TransactionPool },
        poolErrorHandler: () => undefined,
        extra: {
          max: database.poolSize,
          connectionTimeoutMillis: database.acquireTimeoutMs,
          // A connection holds the plans of all statements, which cost more than a hundred payments' statements to make anew.
          idleTimeoutMillis: IDLE_TIMEOUT_MS,
          ...settingsOf(database),
          keepAlive: true,
          application_name: 'upp',
        },
      }),
    }),
  ],
  providers: [Database],
  exports: [Database, TypeOrmModule],
})
export class DatabaseModule {}

function settingsOf(database: DatabaseConfig): object {
  const settings = {
    statement_timeout: database.statementTimeoutMs,
    lock_timeout: database.lockTimeoutMs,
    idle_in_transaction_session_timeout: database.idleInTransactionTimeoutMs,
  };
  return database.pooler === 'none' ? { ...settings, options: PLANNING } : { transactionSettings: settings };
}
