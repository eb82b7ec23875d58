import { DAY_MS, HOUR_MS, SECOND_MS } from '#kernel';
import { deliveryWaitMs, retryAfterMs } from './delivery-schedule.js';

describe('deliveryWaitMs', () => {
  it('makes ten attempts over a little more than three days', () => {
    const waits = Array.from({ length: 10 }, (_, index) => deliveryWaitMs(index + 1, null, 0));
    const total = waits.reduce<number>((sum, wait) => sum + (wait ?? 0), 0);

    expect(waits[9]).toBeNull();
    expect(total).toBeGreaterThan(3 * DAY_MS);
    expect(total).toBeLessThan(3.5 * DAY_MS);
  });

  it('is up to a fifth longer by chance', () => {
    expect([deliveryWaitMs(1, null, 0), deliveryWaitMs(1, null, 0.999)]).toEqual([5 * SECOND_MS, 5_999]);
  });

  it('grants the patience that a receiver asks for, up to a day', () => {
    expect([deliveryWaitMs(1, HOUR_MS, 0), deliveryWaitMs(1, 100 * DAY_MS, 0), deliveryWaitMs(9, SECOND_MS, 0)]).toEqual([
      HOUR_MS,
      DAY_MS,
      DAY_MS,
    ]);
  });
});

describe('retryAfterMs', () => {
  const now = new Date('2026-11-01T00:00:00Z');

  it.each([
    { header: undefined, expected: null },
    { header: '120', expected: 120_000 },
    { header: 'Sun, 01 Nov 2026 00:01:00 GMT', expected: 60_000 },
    { header: 'Sun, 01 Nov 2020 00:01:00 GMT', expected: 0 },
    { header: 'soon', expected: null },
  ])('reads $header as $expected', ({ header, expected }) => {
    expect(retryAfterMs(header, now)).toBe(expected);
  });
});
