/** Counts shared by all replicas, in Redis: one command for each decision. */
import { setTimeout as delay } from 'node:timers/promises';
import { createClient, defineScript, type CommandParser } from '@redis/client';
import { SECOND_MS } from '#kernel';
import { BLOCK_DURATIONS_MS, QUIET_MS } from '../domain/rate-limit-block.js';
import { outlook } from '../domain/gcra.js';
import { refusedFor } from './memory.storage.js';
import { NOT_BLOCKED, RateLimitStorage, type Take, type TakeResult } from './rate-limit-storage.js';

// A limit that takes longer to ask than this is not worth asking: the caller falls back to its own count.
const COMMAND_TIMEOUT_MS = 100;
const RECONNECT_MS = SECOND_MS;
// Without Redis the product starts as well, and each replica counts for itself.
const FIRST_CONNECTION_MS = 2 * SECOND_MS;
const KEY_PREFIX = 'upp:rate:';

// The clock is the server's, so that no replica's clock matters. All of a key's names share a hash slot, as Redis Cluster demands.
const TAKE = defineScript({
  NUMBER_OF_KEYS: 2,
  SCRIPT: `
    local time = redis.call('time')
    local now = time[1] * 1000 + time[2] / 1000
    local blocked = redis.call('pttl', KEYS[2])
    if blocked > 0 then return { 0, '0', tostring(blocked) } end
    local interval, window = tonumber(ARGV[1]), tonumber(ARGV[2])
    local start = math.max(tonumber(redis.call('get', KEYS[1]) or '0'), now)
    local next = start + interval
    if next > now + window + 0.001 then return { 0, tostring(start - now), '0' } end
    redis.call('set', KEYS[1], string.format('%.3f', next), 'PX', math.ceil(next - now))
    return { 1, tostring(next - now), '0' }`,
  parseCommand(parser: CommandParser, key: string, intervalMs: number, windowMs: number) {
    parser.pushKeys([`${KEY_PREFIX}{${key}}`, `${KEY_PREFIX}{${key}}:blocked`]);
    parser.push(String(intervalMs), String(windowMs));
  },
  transformReply: (reply: unknown) => reply as [number, string, string],
});

// The step outlives the block itself by the quiet time, so that the next breach knows how many came before.
const BLOCK = defineScript({
  NUMBER_OF_KEYS: 2,
  SCRIPT: `
    local lasting = redis.call('pttl', KEYS[1])
    if lasting > 0 then return lasting end
    local last = redis.call('get', KEYS[2])
    local step = math.min(last and last + 1 or tonumber(ARGV[1]), #ARGV - 3)
    local duration = tonumber(ARGV[step + 3])
    redis.call('set', KEYS[1], '1', 'PX', duration)
    redis.call('set', KEYS[2], step, 'PX', duration + ARGV[2])
    return duration`,
  parseCommand(parser: CommandParser, key: string, firstStep: number) {
    parser.pushKeys([`${KEY_PREFIX}{${key}}:blocked`, `${KEY_PREFIX}{${key}}:step`]);
    parser.push(String(firstStep), String(QUIET_MS), ...BLOCK_DURATIONS_MS.map(String));
  },
  transformReply: (reply: unknown) => reply as number,
});

/** Redis, or Valkey. Errors and slowness are the caller's to bear: see ResilientRateLimitStorage. */
export class RedisRateLimitStorage extends RateLimitStorage {
  override readonly backend = 'redis';
  private readonly client;

  constructor(url: string) {
    super();
    this.client = createClient({
      url,
      socket: { connectTimeout: RECONNECT_MS, reconnectStrategy: RECONNECT_MS },
      // A command that waits for a reconnection would be a request that waits: it fails at once instead.
      disableOfflineQueue: true,
      commandOptions: { timeout: COMMAND_TIMEOUT_MS },
      scripts: { take: TAKE, block: BLOCK },
    });
    // Without a listener the process would end. The failed commands say the same, and the caller logs those.
    this.client.on('error', () => undefined);
  }

  /** Waits a moment for the first connection, so that the first requests are counted together; the client goes on trying by itself. */
  override async onModuleInit(): Promise<void> {
    const connected = this.client.connect().catch(() => undefined);
    await Promise.race([connected, delay(FIRST_CONNECTION_MS, undefined, { ref: false })]);
  }

  override async take({ key, quota }: Take): Promise<TakeResult> {
    const [isAllowed, resetMs, blockedForMs] = await this.client.take(key, quota.windowMs / quota.limit, quota.windowMs);
    if (Number(blockedForMs) > 0) return refusedFor(Number(blockedForMs), quota);
    return { isAllowed: isAllowed === 1, ...outlook(Number(resetMs), quota), blockedForMs: NOT_BLOCKED };
  }

  override async block(key: string, firstStep: number): Promise<number> {
    return this.client.block(key, firstStep);
  }

  override async forget(key: string): Promise<void> {
    await this.client.del(`${KEY_PREFIX}{${key}}`);
  }

  override onApplicationShutdown(): void {
    if (this.client.isOpen) this.client.destroy();
  }
}
