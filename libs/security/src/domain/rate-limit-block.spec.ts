import { DAY_MS, HOUR_MS, MINUTE_MS } from '#kernel';
import { nextBlock } from './rate-limit-block.js';

describe('nextBlock', () => {
  it.each([
    { last: null, firstStep: 0, durationMs: 5 * MINUTE_MS },
    { last: null, firstStep: 1, durationMs: HOUR_MS },
    { last: { step: 0, remainingMs: -1 }, firstStep: 0, durationMs: HOUR_MS },
    { last: { step: 1, remainingMs: -1 }, firstStep: 0, durationMs: DAY_MS },
    { last: { step: 2, remainingMs: -1 }, firstStep: 0, durationMs: 7 * DAY_MS },
    { last: { step: 3, remainingMs: -1 }, firstStep: 0, durationMs: 7 * DAY_MS },
    { last: { step: 3, remainingMs: -7 * DAY_MS }, firstStep: 0, durationMs: 7 * DAY_MS },
    { last: { step: 3, remainingMs: -7 * DAY_MS - 1 }, firstStep: 0, durationMs: 5 * MINUTE_MS },
  ])('after $last from step $firstStep blocks for $durationMs ms', ({ last, firstStep, durationMs }) => {
    expect(nextBlock(last, firstStep).durationMs).toBe(durationMs);
  });

  it('changes nothing while a block lasts', () => {
    expect(nextBlock({ step: 2, remainingMs: 1_234 }, 0)).toEqual({ step: 2, durationMs: 1_234 });
  });
});
