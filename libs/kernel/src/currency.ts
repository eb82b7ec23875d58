/** The currencies Stripe names, with ISO 4217's exponent, Stripe's own and the step an amount must keep. */
import { assert } from './assert.js';

const TWO_DECIMALS =
  'aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd cad cdf chf cny cop crc cve czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl htg huf idr ils inr jmd kes kgs khr kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd scr sek sgd shp sle sos srd std szl thb tjs top try ttd twd tzs uah usd uyu uzs wst xcd yer zar zmw';
const ZERO_DECIMALS = 'bif clp djf gnf jpy kmf krw pyg rwf vnd vuv xaf xof xpf';
const THREE_DECIMALS = 'bhd jod kwd omr tnd';

/** A lower-case ISO 4217 code of {@link CURRENCIES}; checked by {@link isCurrencyCode}. */
export type CurrencyCode = string & { readonly __currencyCode: true };

/** How an amount of a currency is counted here and on Stripe's wire. */
export interface Currency {
  readonly code: CurrencyCode;
  /** Decimals of ISO 4217: what this product's amounts count. */
  readonly isoExponent: number;
  /** Decimals of Stripe's integers. */
  readonly stripeExponent: number;
  /** A chargeable amount is a multiple of this many ISO minor units. */
  readonly stepMinor: number;
  /** A payout is a multiple of this many ISO minor units. */
  readonly payoutStepMinor: number;
  /** `when_enabled`: Stripe's page contradicts itself (UGX), so an account must turn the currency on. */
  readonly charging: 'always' | 'when_enabled' | 'never';
}

/** Every currency known, by code. @see https://docs.stripe.com/currencies (checked 2026-11) */
export const CURRENCIES: ReadonlyMap<string, Currency> = new Map(
  [
    ...TWO_DECIMALS.split(' ').map((code) => currency(code, 2, 2)),
    ...ZERO_DECIMALS.split(' ').map((code) => currency(code, 0, 0)),
    // Stripe drops the third digit: it must be 0.
    ...THREE_DECIMALS.split(' ').map((code) => currency(code, 3, 3, { stepMinor: 10 })),
    // ISO counts iraimbilanja in hundredths; Stripe counts whole ariary.
    currency('mga', 2, 0, { stepMinor: 100 }),
    // Whole krónur and shillings, which Stripe keeps as two decimals of 00 for compatibility.
    currency('isk', 0, 2),
    currency('ugx', 0, 2, { charging: 'when_enabled' }),
    currency('clf', 4, 4, { charging: 'never' }),
    currency('huf', 2, 2, { payoutStepMinor: 100 }),
    currency('twd', 2, 2, { payoutStepMinor: 100 }),
  ].map((each) => [each.code, each]),
);

/** Whether `value` is a code of {@link CURRENCIES}, in lower case. */
export function isCurrencyCode(value: unknown): value is CurrencyCode {
  return typeof value === 'string' && CURRENCIES.has(value);
}

/** A code that is known to be one. @throws AssertionError otherwise: callers check input with {@link isCurrencyCode}. */
export function currencyCode(value: string): CurrencyCode {
  assert(isCurrencyCode(value), 'the code is one of the known currencies');
  return value;
}

/** The entry of a code. */
export function currencyOf(code: CurrencyCode): Currency {
  const found = CURRENCIES.get(code);
  assert(found, 'a CurrencyCode is one of the known currencies');
  return found;
}

function currency(code: string, isoExponent: number, stripeExponent: number, rest: Partial<Currency> = {}): Currency {
  return { code: code as CurrencyCode, isoExponent, stripeExponent, stepMinor: 1, payoutStepMinor: 1, charging: 'always', ...rest };
}
