/**
 * What security costs a request: `npm run bench:security`, with DATABASE_URL or on a server of its own; REDIS_URL adds the Redis figures.
 *
 * CPU of this process, requests injected in waves of 32, the same route bare and behind the guards. One line of JSON.
 */
import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type DynamicModule, Controller, Get, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ThrottlerStorageService } from '@nestjs/throttler';
import { newId } from '#kernel';
import { runMigrations } from '#migrations';
import { AppConfig, ClockModule, ConfigurationModule, createHttpApplication, Database, DatabaseModule, EmbeddedPostgres } from '#platform';
import { ApiKeysService, AuditLog, RateLimiter, RateLimitStorage, RequireScope, SecurityModule } from '#security';

const REQUESTS = Number(process.env['REQUESTS'] ?? 8_000);
const WAVE = 32;
const DISTINCT_KEYS = 1_000_000;

@Controller('api/probe')
class ProbeController {
  @RequireScope('payments:read')
  @Get()
  probe(): object {
    return { ok: true };
  }
}

@Module({})
class BenchModule {}

async function start(databaseUrl: string, isSecured: boolean, environment: Record<string, string> = {}): Promise<NestFastifyApplication> {
  const config = new AppConfig({
    NODE_ENV: 'test',
    DATABASE_URL: databaseUrl,
    STRIPE_SECRET_KEY: 'sk_test_0123456789',
    API_KEY_PEPPER: 'pepper-of-the-benchmark-0123456789',
    ENCRYPTION_KEY: 'encryption-key-of-the-benchmark-01',
    RATE_LIMIT_API_PER_15_MINUTES: '1000000',
    // The benchmark leaves the event loop no rest, which is what overload looks like.
    OVERLOAD_EVENT_LOOP_DELAY_MS: '60000',
    // A line for each request is measured elsewhere.
    LOG_LEVEL: 'warn',
    ...environment,
  });
  const imports = [ConfigurationModule.forRoot(config), ClockModule, DatabaseModule, ...(isSecured ? [SecurityModule] : [])];
  const module: DynamicModule = { module: BenchModule, imports, controllers: [ProbeController] };
  const app = await createHttpApplication(module, config);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return app;
}

/** Microseconds of this process's CPU for each of `count` runs of `work`, in waves, after a warm-up. */
async function cpuMicrosOf(count: number, work: (index: number) => Promise<unknown>): Promise<number> {
  const run = async (upTo: number): Promise<void> => {
    for (let index = 0; index < upTo; index += WAVE) await Promise.all(Array.from({ length: WAVE }, (_, offset) => work(index + offset)));
  };
  await run(Math.ceil(count / 4));
  const before = process.cpuUsage();
  await run(count);
  const { user, system } = process.cpuUsage(before);
  return Math.round((user + system) / count);
}

async function requestMicros(app: NestFastifyApplication, key: string): Promise<number> {
  const headers = { authorization: `Bearer ${key}` };
  return cpuMicrosOf(REQUESTS, async () => {
    const { statusCode } = await app.inject({ url: '/api/probe', headers });
    if (statusCode !== 200) throw new Error(`the probe answered ${statusCode}`);
  });
}

async function auditMicros(app: NestFastifyApplication): Promise<number> {
  const [database, auditLog] = [app.get(Database), app.get(AuditLog)];
  const entry = {
    merchantId: null,
    actor: 'system:bench',
    action: 'bench',
    objectId: 'pay_x',
    changes: { status: { before: 'a', after: 'b' } },
  };
  const empty = await cpuMicrosOf(REQUESTS / 4, () => database.transaction((transaction) => transaction.query('select 1')));
  const audited = await cpuMicrosOf(REQUESTS / 4, () =>
    database.transaction(async (transaction) => {
      await transaction.query('select 1');
      await auditLog.record(transaction, entry);
    }),
  );
  return audited - empty;
}

/** Megabytes that a million distinct keys leave behind. */
async function memoryOfDistinctKeys(app: NestFastifyApplication): Promise<number> {
  const limiter = app.get(RateLimiter);
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < DISTINCT_KEYS; index++) await limiter.take('api', { key: `10.${index}` });
  globalThis.gc?.();
  return Math.round((process.memoryUsage().heapUsed - before) / 1e6);
}

/** Microseconds of one decision on a key that is counted a thousand times, ours and the stock storage's. */
async function decisionMicros(app: NestFastifyApplication): Promise<{ ours: number; stock: number }> {
  const storage = app.get(RateLimitStorage);
  const stock = new ThrottlerStorageService();
  const decisions = 20_000;
  const ours = await timed(decisions, () => storage.increment('one', 900_000, 1_000));
  const theirs = await timed(decisions, () => stock.increment('one', 900_000, 1_000, 900_000, 'api'));
  stock.onApplicationShutdown();
  return { ours, stock: theirs };
}

async function timed(count: number, work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  for (let index = 0; index < count; index++) await work();
  const { user, system } = process.cpuUsage(before);
  return Math.round(((user + system) / count) * 100) / 100;
}

async function main(databaseUrl: string): Promise<void> {
  await runMigrations(databaseUrl);
  const bare = await start(databaseUrl, false);
  const memory = await start(databaseUrl, true, { RATE_LIMIT_STORAGE: 'memory' });
  const postgres = await start(databaseUrl, true);
  const redisUrl = process.env['REDIS_URL'];
  const redis = redisUrl === undefined ? null : await start(databaseUrl, true, { REDIS_URL: redisUrl });

  const merchantId = newId('merchant');
  await memory
    .get(Database)
    .query(
      `insert into merchants (id, name, country, time_zone, default_business_type, enabled_business_types) values ($1, 'Bench', 'us', 'UTC', 'retail', '{retail}')`,
      [merchantId],
    );
  const { text } = await memory
    .get(ApiKeysService)
    .create({ merchantId, livemode: false, name: 'bench', scopes: null }, { actor: 'system:bench' });

  const bareMicros = await requestMicros(bare, text);
  const memoryMicros = await requestMicros(memory, text);
  const postgresMicros = await requestMicros(postgres, text);
  const redisMicros = redis === null ? null : await requestMicros(redis, text);
  const audit = await auditMicros(memory);
  const decision = await decisionMicros(memory);
  const figures = {
    bareRequestMicros: bareMicros,
    authAndLimitMemoryMicros: memoryMicros - bareMicros,
    authAndLimitPostgresMicros: postgresMicros - bareMicros,
    ...(redisMicros === null ? {} : { authAndLimitRedisMicros: redisMicros - bareMicros }),
    auditLineMicros: audit,
    allWithPostgresMicros: postgresMicros - bareMicros + audit,
    decisionMicros: decision.ours,
    stockDecisionMicros: decision.stock,
    heapMegabytesAfterAMillionKeys: await memoryOfDistinctKeys(memory),
  };
  const ratios = { stockToOurDecision: Math.round((decision.stock / decision.ours) * 10) / 10 };
  console.log(JSON.stringify({ name: 'security', figures, ratios }));
  for (const app of [bare, memory, postgres, redis]) await app?.close();
}

const given = process.env['DATABASE_URL'];
if (given === undefined) {
  const folder = mkdtempSync(path.join(tmpdir(), 'upp-bench-'));
  const embedded = await EmbeddedPostgres.start({ dataDir: folder, database: 'bench', durable: false });
  try {
    await main(embedded.url);
  } finally {
    await embedded.stop();
    rmSync(folder, { recursive: true, force: true });
  }
} else {
  await main(given);
}
