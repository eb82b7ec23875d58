/** Amounts: integers in minor units that never leave their currency. */
import { assert } from './assert.js';
import { type CurrencyCode, currencyOf, type Currency } from './currency.js';
import { DomainError } from './domain-error.js';

/** An amount of one currency. */
export interface Money {
  /** ISO 4217 minor units, a safe integer ≥ 0: 1099 is USD 10.99, JPY 1 099 or KWD 1.099. */
  readonly amountMinor: number;
  /** Lower-case ISO 4217 code. */
  readonly currency: CurrencyCode;
}

/** The amount cannot be said to Stripe in its own minor unit without rounding. */
export class AmountNotRepresentableError extends DomainError {
  constructor(amount: Money, nearest: readonly number[]) {
    super(
      'invalid',
      'amount_not_representable',
      `${amount.currency} amounts must be a multiple of ${currencyOf(amount.currency).stepMinor} minor units that Stripe can count.`,
      {
        param: 'amount',
        details: { nearest },
      },
    );
  }
}

/** The currency exists but cannot be charged through Stripe, or only after the account has enabled it. */
export class CurrencyNotChargeableError extends DomainError {
  constructor(currency: CurrencyCode) {
    super('invalid', 'currency_not_chargeable', `${currency} cannot be charged here.`, { param: 'currency' });
  }
}

/**
 * The only maker of {@link Money}.
 *
 * @param amountMinor - Minor units of `currency`, 0 … 2^53−1.
 * @throws AssertionError for a float, a negative or an unsafe integer: callers validate first.
 */
export function money(amountMinor: number, currency: CurrencyCode): Money {
  assert(Number.isSafeInteger(amountMinor) && amountMinor >= 0, 'an amount is a safe integer of minor units, 0 or more');
  return { amountMinor, currency };
}

/** The sum of amounts of one currency. @throws AssertionError on mixed currencies or an unsafe sum. */
export function addMoney(first: Money, ...others: readonly Money[]): Money {
  let sum = first.amountMinor;
  for (const other of others) {
    assert(other.currency === first.currency, 'amounts of different currencies are never added');
    sum += other.amountMinor;
  }
  return money(sum, first.currency);
}

/** `from` less `amount`. @throws AssertionError on mixed currencies or when the result would be negative. */
export function subtractMoney(from: Money, amount: Money): Money {
  assert(amount.currency === from.currency, 'amounts of different currencies are never subtracted');
  return money(from.amountMinor - amount.amountMinor, from.currency);
}

/**
 * A percentage of an amount in integers, half to even: 15 % of 1050 is 158 (157.5 rounds to the even 158).
 *
 * @param basisPoints - Hundredths of a percent, 0 … 1 000 000: 1500 is 15 %.
 */
export function percentageOf(amount: Money, basisPoints: number): Money {
  assert(Number.isInteger(basisPoints) && basisPoints >= 0 && basisPoints <= 1_000_000, 'basis points are an integer, 0 to 1 000 000');
  const product = BigInt(amount.amountMinor) * BigInt(basisPoints);
  const quotient = product / 10_000n;
  const remainder = product % 10_000n;
  const roundsUp = remainder > 5_000n || (remainder === 5_000n && quotient % 2n === 1n);
  return money(Number(roundsUp ? quotient + 1n : quotient), amount.currency);
}

/**
 * The integer that Stripe expects on the wire for an amount.
 *
 * @throws CurrencyNotChargeableError for a currency Stripe does not charge (CLF), or that needs enabling (UGX).
 * @throws AmountNotRepresentableError with the two nearest legal amounts in `details.nearest`; nothing is ever rounded.
 * @see https://docs.stripe.com/currencies#special-cases (checked 2026-11)
 */
export function toStripeAmount(amount: Money, enabledCurrencies: ReadonlySet<CurrencyCode> = NONE): number {
  const currency = currencyOf(amount.currency);
  if (!isChargeable(currency, enabledCurrencies)) throw new CurrencyNotChargeableError(amount.currency);
  const largest = largestRepresentable(currency);
  const below = amount.amountMinor - (amount.amountMinor % currency.stepMinor);
  if (below !== amount.amountMinor || below > largest) {
    const nearest = below > largest ? [largest] : [below, below + currency.stepMinor];
    throw new AmountNotRepresentableError(
      amount,
      nearest.filter((each) => each > 0 && each <= largest),
    );
  }
  return Number((BigInt(amount.amountMinor) * 10n ** BigInt(currency.stripeExponent)) / 10n ** BigInt(currency.isoExponent));
}

/** The amount that a wire integer from Stripe means. @throws AssertionError when it is not a whole number of minor units. */
export function fromStripeAmount(wireAmount: number, code: CurrencyCode): Money {
  assert(Number.isSafeInteger(wireAmount) && wireAmount >= 0, 'Stripe sends amounts as integers, 0 or more');
  const currency = currencyOf(code);
  const scaled = BigInt(wireAmount) * 10n ** BigInt(currency.isoExponent);
  const divisor = 10n ** BigInt(currency.stripeExponent);
  assert(scaled % divisor === 0n, 'Stripe sends whole minor units');
  return money(Number(scaled / divisor), code);
}

/** The largest amount that is a safe integer here and on the wire, where ISK and UGX count a hundred times as much. */
function largestRepresentable({ isoExponent, stripeExponent, stepMinor }: Currency): number {
  const safe = BigInt(Number.MAX_SAFE_INTEGER);
  const wire = (safe * 10n ** BigInt(isoExponent)) / 10n ** BigInt(stripeExponent);
  const largest = wire < safe ? wire : safe;
  return Number(largest - (largest % BigInt(stepMinor)));
}

const NONE: ReadonlySet<CurrencyCode> = new Set();

function isChargeable(currency: Currency, enabled: ReadonlySet<CurrencyCode>): boolean {
  return currency.charging === 'always' || (currency.charging === 'when_enabled' && enabled.has(currency.code));
}
