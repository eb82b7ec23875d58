import { AssertionError } from './assert.js';
import { CURRENCIES, currencyCode, currencyOf, isCurrencyCode } from './currency.js';

/** The table of the documentation, written a second time. */
const SPECIAL: Readonly<Record<string, readonly [iso: number, stripe: number, step: number, payoutStep: number]>> = {
  ...Object.fromEntries('bif clp djf gnf jpy kmf krw pyg rwf vnd vuv xaf xof xpf'.split(' ').map((code) => [code, [0, 0, 1, 1]])),
  ...Object.fromEntries('bhd jod kwd omr tnd'.split(' ').map((code) => [code, [3, 3, 10, 1]])),
  mga: [2, 0, 100, 1],
  isk: [0, 2, 1, 1],
  ugx: [0, 2, 1, 1],
  huf: [2, 2, 1, 100],
  twd: [2, 2, 1, 100],
  clf: [4, 4, 1, 1],
};

describe('CURRENCIES', () => {
  it.each([...CURRENCIES.values()])('$code counts as the documentation says', (currency) => {
    const { code, isoExponent, stripeExponent, stepMinor, payoutStepMinor } = currency;

    expect([isoExponent, stripeExponent, stepMinor, payoutStepMinor]).toEqual(SPECIAL[code] ?? [2, 2, 1, 1]);
    expect(currencyOf(code)).toBe(currency);
  });

  it('has every special currency', () => {
    expect(Object.keys(SPECIAL).filter((code) => !CURRENCIES.has(code))).toEqual([]);
  });

  it('charges all but clf, and ugx only when enabled', () => {
    const others = [...CURRENCIES.values()].filter(({ charging }) => charging !== 'always');

    expect(others.map(({ code, charging }) => `${code} ${charging}`)).toEqual(['ugx when_enabled', 'clf never']);
  });
});

describe('isCurrencyCode', () => {
  it.each([
    ['usd', true],
    ['USD', false],
    ['xxx', false],
    ['', false],
    [840, false],
  ])('answers %p with %p', (value, expected) => {
    expect(isCurrencyCode(value)).toBe(expected);
  });

  it('stands between input and currencyCode', () => {
    expect(() => currencyCode('xxx')).toThrow(AssertionError);
  });
});
