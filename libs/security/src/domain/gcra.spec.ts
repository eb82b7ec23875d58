import fc from 'fast-check';
import { outlook, type Quota, takeFromQuota } from './gcra.js';

const NOW = 1_795_000_000_000;

function burst(quota: Quota, tries: number, atMs = NOW, from = 0): { allowed: number; arrivalMs: number } {
  let arrivalMs = from;
  let allowed = 0;
  for (let index = 0; index < tries; index++) {
    const taken = takeFromQuota(arrivalMs, atMs, quota);
    arrivalMs = taken.arrivalMs;
    if (taken.decision.isAllowed) allowed += 1;
  }
  return { allowed, arrivalMs };
}

describe('takeFromQuota', () => {
  it.each([
    { limit: 1, windowMs: 1_000 },
    { limit: 3, windowMs: 60_000 },
    { limit: 7, windowMs: 60_000 },
    { limit: 10, windowMs: 60_000 },
    { limit: 50, windowMs: 60_000 },
    { limit: 1_000, windowMs: 900_000 },
  ])('lets exactly $limit through at once', (quota) => {
    expect(burst(quota, quota.limit + 5).allowed).toBe(quota.limit);
  });

  it('gives one back after each part of the window, not all at its edge', () => {
    const quota = { limit: 10, windowMs: 60_000 };
    const { arrivalMs } = burst(quota, 10);

    expect(takeFromQuota(arrivalMs, NOW + 5_999, quota).decision).toMatchObject({ isAllowed: false });
    expect(burst(quota, 10, NOW + 6_000, arrivalMs).allowed).toBe(1);
    expect(burst(quota, 10, NOW + 59_999, arrivalMs).allowed).toBe(9);
    expect(burst(quota, 20, NOW + 60_000, arrivalMs).allowed).toBe(10);
  });

  it('tells what remains and when to come back', () => {
    const quota = { limit: 2, windowMs: 60_000 };

    const first = takeFromQuota(0, NOW, quota);
    const second = takeFromQuota(first.arrivalMs, NOW, quota);
    const third = takeFromQuota(second.arrivalMs, NOW + 1_000, quota);

    expect(first.decision).toEqual({ isAllowed: true, remaining: 1, resetMs: 30_000, retryAfterMs: 0 });
    expect(second.decision).toEqual({ isAllowed: true, remaining: 0, resetMs: 60_000, retryAfterMs: 30_000 });
    expect(third.decision).toEqual({ isAllowed: false, remaining: 0, resetMs: 59_000, retryAfterMs: 29_000 });
  });

  it('never lets a sustained client exceed the limit per window, nor any window exceed twice the limit', () => {
    const quota = { limit: 10, windowMs: 60_000 };

    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 1, maxLength: 300 }), (gaps) => {
        let nowMs = NOW;
        let arrivalMs = 0;
        const passed: number[] = [];
        for (const gap of gaps) {
          nowMs += gap;
          const taken = takeFromQuota(arrivalMs, nowMs, quota);
          arrivalMs = taken.arrivalMs;
          if (taken.decision.isAllowed) passed.push(nowMs);
        }
        const most = Math.max(0, ...passed.map((start) => passed.filter((at) => at >= start && at < start + quota.windowMs).length));
        expect(most).toBeLessThan(2 * quota.limit);
        expect(passed.length).toBeLessThanOrEqual(quota.limit + Math.floor((nowMs - NOW) / (quota.windowMs / quota.limit)));
      }),
    );
  });

  it('mints nothing when the clock steps back', () => {
    const quota = { limit: 10, windowMs: 60_000 };
    const { arrivalMs } = burst(quota, 10);

    expect(burst(quota, 10, NOW - 3_600_000, arrivalMs).allowed).toBe(0);
  });
});

describe('outlook', () => {
  it('is whole for a key at rest', () => {
    expect(outlook(0, { limit: 10, windowMs: 60_000 })).toEqual({ remaining: 10, resetMs: 0, retryAfterMs: 0 });
  });
});
