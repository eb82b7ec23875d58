import { FixedClock, HOUR_MS, MINUTE_MS } from '#kernel';
import { MemoryRateLimitStorage } from './memory.storage.js';

const QUOTA = { limit: 3, windowMs: MINUTE_MS };

describe('MemoryRateLimitStorage', () => {
  let clock: FixedClock;
  let storage: MemoryRateLimitStorage;
  const allowed = (tries: number, key = 'a') =>
    Array.from({ length: tries }, () => storage.takeNow({ key, quota: QUOTA }).isAllowed).filter(Boolean).length;

  beforeEach(() => {
    clock = new FixedClock(new Date('2026-11-23T12:00:00Z'));
    storage = new MemoryRateLimitStorage(clock);
  });

  it('counts each key by itself', () => {
    expect([allowed(5, 'a'), allowed(5, 'b')]).toEqual([3, 3]);
  });

  it('blocks longer each time and lets go at the end of the block', async () => {
    expect(await storage.block('a', 0)).toBe(5 * MINUTE_MS);
    expect(allowed(1)).toBe(0);

    clock.advance(5 * MINUTE_MS);

    expect(allowed(1)).toBe(1);
    expect(await storage.block('a', 0)).toBe(HOUR_MS);
  });

  it('forgets a count but not a block', async () => {
    allowed(3);
    await storage.forget('a');
    expect(allowed(1)).toBe(1);

    await storage.block('a', 0);
    await storage.forget('a');
    expect(allowed(1)).toBe(0);
  });

  it('serves @nestjs/throttler', async () => {
    const records = [];
    for (let index = 0; index < 4; index++) records.push(await storage.increment('a', MINUTE_MS, 3));

    expect(records).toEqual([
      { totalHits: 1, timeToExpire: 20, isBlocked: false, timeToBlockExpire: 0 },
      { totalHits: 2, timeToExpire: 40, isBlocked: false, timeToBlockExpire: 0 },
      { totalHits: 3, timeToExpire: 60, isBlocked: false, timeToBlockExpire: 0 },
      { totalHits: 4, timeToExpire: 60, isBlocked: true, timeToBlockExpire: 20 },
    ]);
  });
});
