/** Chooses where rate limits are counted. */
import type { Clock } from '#kernel';
import type { AppConfig, Database } from '#platform';
import { MemoryRateLimitStorage } from './memory.storage.js';
import { PostgresRateLimitStorage } from './postgres.storage.js';
import type { RateLimitStorage } from './rate-limit-storage.js';
import { RedisRateLimitStorage } from './redis.storage.js';
import { ResilientRateLimitStorage } from './resilient.storage.js';

/** Redis when REDIS_URL is set; else RATE_LIMIT_STORAGE decides between the database and this process alone. */
export function createRateLimitStorage({ rateLimits }: AppConfig, database: Database, clock: Clock): RateLimitStorage {
  const own = new MemoryRateLimitStorage(clock);
  if (rateLimits.redisUrl !== null) return new ResilientRateLimitStorage(new RedisRateLimitStorage(rateLimits.redisUrl), own, clock);
  if (rateLimits.storage === 'memory') return own;
  return new ResilientRateLimitStorage(new PostgresRateLimitStorage(database, clock), own, clock);
}
