import { DAY_MS, MINUTE_MS, SECOND_MS } from '#kernel';
import { failureWaitMs, parkedWaitMs } from './retry-schedule.js';

const ALMOST_ONE = 1 - Number.EPSILON;

describe('failureWaitMs', () => {
  it('grows from ten seconds to a day and then gives up', () => {
    const bounds = [1, 2, 3, 4, 5, 6, 7, 8].map((attempts) => failureWaitMs(attempts, ALMOST_ONE));

    expect(bounds).toEqual([10 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 120 * MINUTE_MS, 360 * MINUTE_MS, DAY_MS, null]);
  });

  it('spreads over the whole bound but never comes back at once', () => {
    expect(failureWaitMs(3, 0)).toBe(SECOND_MS / 2);
    expect(failureWaitMs(3, 0.5)).toBe(150_250);
  });
});

describe('parkedWaitMs', () => {
  it('looks often in the first half minute and gives up after a day and a half', () => {
    const bounds = Array.from({ length: 11 }, (_, index) => parkedWaitMs(index + 1, ALMOST_ONE));

    expect(bounds.slice(0, 4)).toEqual([1_000, 2_000, 5_000, 15_000]);
    expect(bounds.slice(-2)).toEqual([DAY_MS, null]);
  });
});
