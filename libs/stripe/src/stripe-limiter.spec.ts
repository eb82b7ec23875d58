import { FixedClock, SystemClock } from '#kernel';
import { type Lane, StripeLimiter } from './stripe-limiter.js';

const FAR_MS = 60_000;

describe(StripeLimiter.name, () => {
  it('lets as many run at once as it may, and the next when one ends', async () => {
    const clock = new SystemClock();
    const limiter = new StripeLimiter({ callsPerSecond: 1_000, concurrentCalls: 2 }, clock);
    await limiter.acquire('look', clock.monotonicMs() + FAR_MS);
    await limiter.acquire('look', clock.monotonicMs() + FAR_MS);
    let hasStarted = false;

    const third = limiter.acquire('look', clock.monotonicMs() + FAR_MS).then((may) => (hasStarted = may));
    await Promise.resolve();
    expect(hasStarted).toBe(false);
    limiter.release();

    expect(await third).toBe(true);
  });

  it('serves money before its preparation before looks, and each lane in order', async () => {
    const clock = new SystemClock();
    const limiter = new StripeLimiter({ callsPerSecond: 1_000, concurrentCalls: 1 }, clock);
    await limiter.acquire('look', clock.monotonicMs() + FAR_MS);
    const served: string[] = [];
    const lanes: readonly [string, Lane][] = [
      ['look 1', 'look'],
      ['prepare 1', 'prepare'],
      ['money 1', 'money'],
      ['money 2', 'money'],
      ['look 2', 'look'],
    ];

    const turns = lanes.map(async ([name, lane]) => {
      await limiter.acquire(lane, clock.monotonicMs() + FAR_MS);
      served.push(name);
      limiter.release();
    });
    limiter.release();
    await Promise.all(turns);

    expect(served).toEqual(['money 1', 'money 2', 'prepare 1', 'look 1', 'look 2']);
  });

  it('allows a second’s worth at once and then as many as time earns', async () => {
    const clock = new FixedClock(new Date(0));
    const limiter = new StripeLimiter({ callsPerSecond: 3, concurrentCalls: 100 }, clock);
    const allowed = async (): Promise<boolean> => {
      const may = await limiter.acquire('money', 0);
      if (may) limiter.release();
      return may;
    };

    expect([await allowed(), await allowed(), await allowed()]).toEqual([true, true, true]);
    expect(await allowed()).toBe(false);
    clock.advance(334);
    expect(await allowed()).toBe(true);
  });

  it('turns away a call whose deadline comes before its turn', async () => {
    const clock = new SystemClock();
    const limiter = new StripeLimiter({ callsPerSecond: 1_000, concurrentCalls: 1 }, clock);
    await limiter.acquire('money', clock.monotonicMs() + FAR_MS);

    expect(await limiter.acquire('money', clock.monotonicMs() + 10)).toBe(false);
    expect(limiter.waitingCount).toBe(0);
  });
});
