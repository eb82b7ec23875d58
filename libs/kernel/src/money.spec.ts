import fc from 'fast-check';
import { CURRENCIES, currencyCode, type Currency } from './currency.js';
import { AssertionError } from './assert.js';
import {
  addMoney,
  AmountNotRepresentableError,
  CurrencyNotChargeableError,
  fromStripeAmount,
  money,
  percentageOf,
  subtractMoney,
  toStripeAmount,
} from './money.js';

const usd = currencyCode('usd');
const eur = currencyCode('eur');
const all = [...CURRENCIES.values()];
const enabled = new Set(all.map(({ code }) => code));
const chargeable = all.filter(({ charging }) => charging !== 'never');
const amounts = fc.maxSafeNat();
const smallAmounts = fc.nat({ max: 1_000_000_000 });

describe('money', () => {
  it.each([0.5, -1, NaN, Infinity, 2 ** 53, -0.1])('refuses %p', (amount) => {
    expect(() => money(amount, usd)).toThrow(AssertionError);
  });

  it.each([0, 1, Number.MAX_SAFE_INTEGER])('takes %p', (amount) => {
    expect(money(amount, usd)).toEqual({ amountMinor: amount, currency: 'usd' });
  });
});

describe('addMoney and subtractMoney', () => {
  it('undo each other', () => {
    fc.assert(
      fc.property(smallAmounts, smallAmounts, (first, second) => {
        expect(subtractMoney(addMoney(money(first, usd), money(second, usd)), money(second, usd))).toEqual(money(first, usd));
      }),
    );
  });

  it('refuse mixed currencies, sums that are not safe and results below zero', () => {
    expect(() => addMoney(money(1, usd), money(1, eur))).toThrow(AssertionError);
    expect(() => subtractMoney(money(1, usd), money(1, eur))).toThrow(AssertionError);
    expect(() => addMoney(money(Number.MAX_SAFE_INTEGER, usd), money(1, usd))).toThrow(AssertionError);
    expect(() => subtractMoney(money(1, usd), money(2, usd))).toThrow(AssertionError);
  });
});

describe('percentageOf', () => {
  it.each([
    [1050, 1500, 158],
    [1030, 1500, 154],
    [1010, 1500, 152],
    [50, 100, 0],
    [150, 100, 2],
    [1, 10_000, 1],
  ])('rounds half to even: of %i, %i basis points are %i', (amount, basisPoints, expected) => {
    expect(percentageOf(money(amount, usd), basisPoints).amountMinor).toBe(expected);
  });

  it('is exact within half a unit for any amount', () => {
    fc.assert(
      fc.property(amounts, fc.nat({ max: 10_000 }), (amount, basisPoints) => {
        const share = BigInt(percentageOf(money(amount, usd), basisPoints).amountMinor);
        const error = share * 10_000n - BigInt(amount) * BigInt(basisPoints);

        expect(error >= -5_000n && error <= 5_000n).toBe(true);
      }),
    );
  });
});

describe.each(chargeable)('$code on the wire', (currency) => {
  it('is representable exactly when the way there and back changes nothing', () => {
    fc.assert(
      fc.property(amounts, (amount) => {
        const there = tryToStripe(amount, currency);
        const isRepresentable = amount % currency.stepMinor === 0 && wireOf(amount, currency) <= BigInt(Number.MAX_SAFE_INTEGER);

        expect(there !== undefined).toBe(isRepresentable);
        if (there === undefined) return;
        expect(Number.isSafeInteger(there)).toBe(true);
        expect(BigInt(there)).toBe(wireOf(amount, currency));
        expect(fromStripeAmount(there, currency.code)).toEqual(money(amount, currency.code));
      }),
      { numRuns: 50 },
    );
  });

  it('names legal amounts when it refuses one, the nearest on each side', () => {
    fc.assert(
      fc.property(amounts, (amount) => {
        const nearest = nearestOf(amount, currency);
        if (!nearest) return;

        expect(nearest.length).toBeGreaterThan(0);
        for (const each of nearest) {
          expect(each).toBeGreaterThan(0);
          expect(tryToStripe(each, currency)).toBeDefined();
        }
        if (nearest.length === 2) {
          expect(nearest[0]).toBeLessThan(amount);
          expect(nearest[1]).toBeGreaterThan(amount);
          expect(Number(nearest[1]) - Number(nearest[0])).toBe(currency.stepMinor);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('toStripeAmount', () => {
  it.each([
    ['usd', 1099, 1099],
    ['jpy', 1099, 1099],
    ['kwd', 5120, 5120],
    ['mga', 500, 5],
    ['isk', 5, 500],
    ['ugx', 5, 500],
    ['huf', 175_01, 175_01],
  ])('sends %s %i as %i', (code, amount, wire) => {
    expect(toStripeAmount(money(amount, currencyCode(code)), enabled)).toBe(wire);
  });

  it.each([
    ['kwd', 5124, [5120, 5130]],
    ['kwd', 4, [10]],
    ['mga', 501, [500, 600]],
    ['isk', Number.MAX_SAFE_INTEGER, [90_071_992_547_409]],
  ])('refuses %s %i and names %j', (code, amount, nearest) => {
    expect(nearestOf(amount, CURRENCIES.get(code)!)).toEqual(nearest);
  });

  it('refuses clf always and ugx until it is enabled', () => {
    expect(() => toStripeAmount(money(10, currencyCode('clf')), enabled)).toThrow(CurrencyNotChargeableError);
    expect(() => toStripeAmount(money(10, currencyCode('ugx')))).toThrow(CurrencyNotChargeableError);
  });
});

describe('fromStripeAmount', () => {
  it.each([
    ['isk', 501],
    ['ugx', 50],
    ['usd', 1.5],
    ['usd', -1],
    ['isk', 2 ** 53],
  ])('refuses %s %p, which Stripe never sends', (code, wire) => {
    expect(() => fromStripeAmount(wire, currencyCode(code))).toThrow(AssertionError);
  });
});

function wireOf(amount: number, { isoExponent, stripeExponent }: Currency): bigint {
  return (BigInt(amount) * 10n ** BigInt(stripeExponent)) / 10n ** BigInt(isoExponent);
}

function tryToStripe(amount: number, currency: Currency): number | undefined {
  try {
    return toStripeAmount(money(amount, currency.code), enabled);
  } catch (error) {
    expect(error).toBeInstanceOf(AmountNotRepresentableError);
    return undefined;
  }
}

function nearestOf(amount: number, currency: Currency): readonly number[] | undefined {
  try {
    toStripeAmount(money(amount, currency.code), enabled);
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(AmountNotRepresentableError);
    return (error as AmountNotRepresentableError).details.nearest as readonly number[];
  }
}
