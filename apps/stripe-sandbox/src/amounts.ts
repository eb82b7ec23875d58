/** Amounts and currencies as Stripe accepts them. */
import { CURRENCIES } from '#kernel';
import { invalidParameter, StripeError } from './errors.js';

/** The most one charge may be, in Stripe's minor units. */
const MAX_AMOUNT = 99_999_999;
/** Smallest charge by currency; others have none of their own. @see https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts (checked 2026-11) */
const MINIMUMS: Readonly<Record<string, number>> = {
  usd: 50,
  aed: 200,
  aud: 50,
  bgn: 100,
  brl: 50,
  cad: 50,
  chf: 50,
  czk: 1_500,
  dkk: 250,
  eur: 50,
  gbp: 30,
  hkd: 400,
  huf: 17_500,
  inr: 50,
  jpy: 50,
  mxn: 1_000,
  myr: 200,
  nok: 300,
  nzd: 50,
  pln: 200,
  ron: 200,
  sek: 300,
  sgd: 50,
  thb: 1_000,
};

const TOO_SMALL =
  'The amount must be greater than or equal to the minimum charge amount allowed for your account and the currency set. If you want to save ' +
  'a Payment Method for future use without an immediate payment, use a Setup Intent instead: ' +
  'https://docs.stripe.com/payments/save-and-reuse. To understand minimum charge amounts refer to: ' +
  'https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts';

/** The lower-case code. @throws StripeError 400 for a currency Stripe does not charge. */
export function checkCurrency(currency: string, param = 'currency'): string {
  const code = currency.toLowerCase();
  if (CURRENCIES.get(code)?.charging === undefined || CURRENCIES.get(code)?.charging === 'never') {
    throw invalidParameter(
      `Invalid currency: ${currency}. Stripe currently supports these currencies: ${[...CURRENCIES.keys()].join(', ')}`,
      param,
    );
  }
  return code;
}

/** @throws StripeError 400 for an amount that is below the currency's minimum, above Stripe's maximum, or not a whole step of the currency. */
export function checkAmount(amount: number, currency: string, param = 'amount'): void {
  if (amount < 1) throw invalidParameter(TOO_SMALL, param, 'parameter_invalid_integer');
  if (amount < (MINIMUMS[currency] ?? 1)) throw invalidParameter(TOO_SMALL, param, 'amount_too_small');
  if (amount > MAX_AMOUNT) throw invalidParameter('Amount must be no more than 999,999.99', param, 'amount_too_large');
  checkStep(amount, currency, param);
}

/** Three-decimal currencies end in 0, and those with decimals of 00 end so. */
function checkStep(amount: number, currency: string, param: string): void {
  const entry = CURRENCIES.get(currency);
  if (!entry) return;
  const step = entry.isoExponent === 3 ? 10 : 10 ** Math.max(0, entry.stripeExponent - entry.isoExponent);
  if (amount % step === 0) return;
  throw new StripeError(
    400,
    {
      type: 'invalid_request_error',
      code: 'parameter_invalid_integer',
      message: `Invalid ${currency} amount: must be a multiple of ${String(step)}.`,
      param,
    },
    true,
  );
}
