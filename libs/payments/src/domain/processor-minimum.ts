/** The least that Stripe charges at once; what is smaller waits for its sum. */
import { type CurrencyCode } from '#kernel';
import { type BusinessProfile } from '#merchants';

/**
 * Minor units by currency; where Stripe names no bound the account's own currency decides.
 *
 * @see https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts (checked 2026-11)
 */
export const PROCESSOR_MINIMUMS_MINOR: ReadonlyMap<string, number> = new Map([
  ...'usd ars aud brl cad chf cop eur idr ils inr jpy krw nzd php rub sgd zar'.split(' ').map((code) => [code, 50] as const),
  ...'aed myr pln ron'.split(' ').map((code) => [code, 200] as const),
  ...'nok sek'.split(' ').map((code) => [code, 300] as const),
  ...'mxn thb'.split(' ').map((code) => [code, 1_000] as const),
  ['gbp', 30],
  ['dkk', 250],
  ['hkd', 400],
  ['czk', 1_500],
  ['huf', 17_500],
]);

/** The least that Stripe charges at once in a currency; 1 where it names no bound and the account's own currency decides. */
export function processorMinimumMinor(currency: CurrencyCode): number {
  return PROCESSOR_MINIMUMS_MINOR.get(currency) ?? 1;
}

/** Whether a payment waits for others of its device and currency, because alone it is too small to be charged. */
export function mustAccumulate(
  payment: { readonly amountMinor: number; readonly currency: CurrencyCode },
  profile: BusinessProfile,
): boolean {
  return profile.accumulatesSmallAmounts && payment.amountMinor < processorMinimumMinor(payment.currency);
}
