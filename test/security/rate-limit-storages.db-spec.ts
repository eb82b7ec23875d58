import { randomUUID } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { createClient } from '@redis/client';
import { MINUTE_MS, SECOND_MS } from '#kernel';
import { RateLimiter, RateLimitStorage, type TakeResult } from '#security';
import { asOwner, requiresProgram, spawnProcess, type SpawnedProcess, waitFor } from '#test';
import { type SecuredApp, startSecuredApp } from './secured-app.js';

const QUOTA = { limit: 10, windowMs: MINUTE_MS };

function allowedOf(results: readonly TakeResult[]): number {
  return results.filter(({ isAllowed }) => isAllowed).length;
}

function takeMany(storage: RateLimitStorage, key: string, tries: number): Promise<TakeResult[]> {
  return Promise.all(Array.from({ length: tries }, () => storage.take({ key, quota: QUOTA })));
}

describe('rate limits in PostgreSQL', () => {
  let replicas: SecuredApp[];
  let storages: RateLimitStorage[];

  beforeAll(async () => {
    const first = await startSecuredApp();
    const second = await startSecuredApp({ databaseUrl: first.databaseUrl });
    const third = await startSecuredApp({ databaseUrl: first.databaseUrl });
    replicas = [third, second, first];
    storages = replicas.map(({ app }) => app.get(RateLimitStorage));
  });
  afterAll(async () => {
    for (const replica of replicas) await replica.close();
  });

  it('gives the limit once, however many replicas are asked at the same time', async () => {
    const results = await Promise.all(storages.map((storage) => takeMany(storage, 'payments|dev_1', 20)));

    expect(allowedOf(results.flat())).toBe(QUOTA.limit);
  });

  it('counts many keys in one statement without mixing them', async () => {
    const keys = Array.from({ length: 60 }, (_, index) => `api|key-${index}`);

    const results = await Promise.all(keys.flatMap((key) => storages.map((storage) => takeMany(storage, key, 6))));

    for (let index = 0; index < keys.length; index++) {
      expect(allowedOf(results.slice(index * storages.length, (index + 1) * storages.length).flat())).toBe(QUOTA.limit);
    }
  });

  it('tells each request what remained after itself', async () => {
    const results = await takeMany(storages[0]!, 'api|remaining', 12);

    expect(results.map(({ remaining }) => remaining)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0]);
    expect(results.at(-1)).toMatchObject({ isAllowed: false });
  });

  it('gives one back after a tenth of the window', async () => {
    await takeMany(storages[0]!, 'api|sliding', 10);

    await replicas[0]!.database.query(`update rate_limit_tracking set arrival_us = arrival_us - 6.5e6 where key = 'api|sliding'`);

    expect(allowedOf(await takeMany(storages[1]!, 'api|sliding', 5))).toBe(1);
  });

  it('blocks on all replicas, longer each time, and lets go at the end', async () => {
    const first = await storages[0]!.block('payments|dev_2', 0);
    const again = await storages[1]!.block('payments|dev_2', 0);
    const blocked = await storages[2]!.take({ key: 'payments|dev_2', quota: QUOTA });

    await replicas[0]!.database.query(
      `update rate_limit_blocks set blocked_until = now() - interval '1 second' where key = 'payments|dev_2'`,
    );
    for (const { clock } of replicas) clock.advance(5 * MINUTE_MS);
    const second = await takeMany(storages[2]!, 'payments|dev_2', 1);
    const longer = await storages[2]!.block('payments|dev_2', 0);

    expect(first).toBe(5 * MINUTE_MS);
    expect(again).toBeLessThanOrEqual(5 * MINUTE_MS);
    expect(blocked).toMatchObject({ isAllowed: false, remaining: 0 });
    expect(allowedOf(second)).toBe(1);
    expect(longer).toBe(60 * MINUTE_MS);
  });

  it('keeps counting by itself, at half the limit, while the database does not answer', async () => {
    const alone = await startSecuredApp({ databaseUrl: replicas[0]!.databaseUrl });
    const storage = alone.app.get(RateLimitStorage);
    await asOwner(alone.database, 'alter table rate_limit_tracking rename to gone');

    const results = await takeMany(storage, 'api|outage', 20);

    await asOwner(alone.database, 'alter table gone rename to rate_limit_tracking');
    await alone.close();
    expect(allowedOf(results)).toBe(QUOTA.limit / 2);
  });

  it('blocks nobody for a refusal that only the outage made', async () => {
    const alone = await startSecuredApp({ databaseUrl: replicas[0]!.databaseUrl });
    const limiter = alone.app.get(RateLimiter);
    const { limit } = limiter.policy('device_registration');
    await asOwner(alone.database, 'alter table rate_limit_tracking rename to gone');

    const outcomes = await Promise.all(Array.from({ length: limit }, () => limiter.take('device_registration', { key: 'outage' })));

    await asOwner(alone.database, 'alter table gone rename to rate_limit_tracking');
    await alone.close();
    expect(outcomes.filter(({ isAllowed }) => !isAllowed).length).toBeGreaterThan(0);
    expect(outcomes.map(({ blockedForMs }) => blockedForMs)).toEqual(outcomes.map(() => 0));
  });
});

requiresProgram('redis-server')('rate limits in Redis', () => {
  let redis: SpawnedProcess;
  let port: number;
  let replicas: SecuredApp[];
  let storages: RateLimitStorage[];

  beforeAll(async () => {
    port = await freePort();
    redis = startRedis(port);
    const environment = { REDIS_URL: `redis://127.0.0.1:${port}/0` };
    const first = await startSecuredApp({ environment });
    const second = await startSecuredApp({ environment, databaseUrl: first.databaseUrl });
    replicas = [second, first];
    storages = replicas.map(({ app }) => app.get(RateLimitStorage));
    for (const replica of replicas) await waitFor(() => asksRedis(replica));
  });
  afterAll(async () => {
    for (const replica of replicas) await replica.close();
    redis.killTree();
    await redis.exited;
  });

  it('gives the limit once, however many replicas are asked at the same time', async () => {
    const results = await Promise.all(storages.map((storage) => takeMany(storage, 'payments|dev_1', 20)));

    expect(allowedOf(results.flat())).toBe(QUOTA.limit);
  });

  it('blocks on all replicas, longer each time', async () => {
    expect(await storages[0]!.block('payments|dev_2', 0)).toBe(5 * MINUTE_MS);
    expect(await storages[1]!.block('payments|dev_2', 0)).toBeLessThanOrEqual(5 * MINUTE_MS);
    expect(allowedOf(await takeMany(storages[1]!, 'payments|dev_2', 3))).toBe(0);
  });

  it('does not give the limit again after Redis was flushed', async () => {
    const before = await takeMany(storages[0]!, 'payments|dev_3', 10);
    await flush(port);

    const after = await takeMany(storages[0]!, 'payments|dev_3', 10);

    expect([allowedOf(before), allowedOf(after)]).toEqual([10, 0]);
  });

  it('keeps counting by itself, at half the limit, while Redis is gone, and asks it again when it is back', async () => {
    redis.killTree();
    await redis.exited;
    const gone = await takeMany(storages[0]!, 'payments|dev_4', 20);
    redis = startRedis(port);

    const isBack = await waitFor(() => asksRedis(replicas[0]!));

    expect(allowedOf(gone)).toBe(QUOTA.limit / 2);
    expect(isBack).toBe(true);
  });
});

/** Whether a fresh key gets its whole limit, that is an answer of Redis: without one it would be half. */
async function asksRedis({ app, clock }: SecuredApp): Promise<boolean> {
  clock.advance(SECOND_MS);
  return allowedOf(await takeMany(app.get(RateLimitStorage), randomUUID(), QUOTA.limit)) === QUOTA.limit;
}

function startRedis(port: number): SpawnedProcess {
  return spawnProcess(['redis-server', '--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']);
}

async function flush(port: number): Promise<void> {
  const client = createClient({ url: `redis://127.0.0.1:${port}` });
  await client.connect();
  await client.flushAll();
  await client.close();
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
