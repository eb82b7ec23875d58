import { currencyCode } from '#kernel';
import { DEFAULT_PROFILES } from '#merchants';
import { mustAccumulate, processorMinimumMinor } from './processor-minimum.js';

const usd = currencyCode('usd');

describe('mustAccumulate', () => {
  it.each([
    ['iot', 49, true],
    ['iot', 50, false],
    ['iot', 1, true],
    ['retail', 49, false],
  ] as const)('answers for %s and %i cents with %p', (type, amountMinor, expected) => {
    expect(mustAccumulate({ amountMinor, currency: usd }, DEFAULT_PROFILES[type])).toBe(expected);
  });
});

describe('processorMinimumMinor', () => {
  it.each([
    ['usd', 50],
    ['gbp', 30],
    ['jpy', 50],
    ['huf', 17_500],
  ])('of %s is %i', (code, expected) => {
    expect(processorMinimumMinor(currencyCode(code))).toBe(expected);
  });

  it('is one minor unit where Stripe names no bound', () => {
    expect(processorMinimumMinor(currencyCode('isk'))).toBe(1);
  });
});
