/** Amounts for people's eyes and ears, written from integers: no float is ever made of them. */
import { type CurrencyCode, currencyOf, type Money } from '#kernel';

/** Digits with a point where the currency has decimals: 1099 of usd is `10.99`, of jpy `1099`. */
export function decimalText({ amountMinor, currency }: Money): `${number}` {
  const { isoExponent } = currencyOf(currency);
  const digits = String(amountMinor).padStart(isoExponent + 1, '0');
  const whole = digits.slice(0, digits.length - isoExponent);
  return (isoExponent === 0 ? whole : `${whole}.${digits.slice(-isoExponent)}`) as `${number}`;
}

/** What a screen shows: `$10.99`, `¥1,099`. */
export function shownAmount(amount: Money): string {
  return formatterOf(amount.currency, 'symbol', true).format(decimalText(amount));
}

/** What a voice says: `10.99 US dollars`, `25 US dollars` without `.00`. */
export function spokenAmountText(amount: Money): string {
  const { isoExponent } = currencyOf(amount.currency);
  const isWhole = BigInt(amount.amountMinor) % 10n ** BigInt(isoExponent) === 0n;
  return formatterOf(amount.currency, 'name', !isWhole).format(decimalText(amount));
}

/** What a receipt prints, in letters that every printer has: `USD 10.99`. */
export function printedAmount(amount: Money): string {
  return `${amount.currency.toUpperCase()} ${decimalText(amount)}`;
}

/** Three kinds for each of the known currencies, so the cache is bounded by them. */
const formatters = new Map<string, Intl.NumberFormat>();

/** Decimals follow ISO 4217, not the digits in daily use that this machine's tables would choose. */
function formatterOf(currency: CurrencyCode, currencyDisplay: 'symbol' | 'name', hasDecimals: boolean): Intl.NumberFormat {
  const key = `${currency} ${currencyDisplay} ${hasDecimals}`;
  const known = formatters.get(key);
  if (known) return known;
  const digits = hasDecimals ? currencyOf(currency).isoExponent : 0;
  const options = { style: 'currency', currency, currencyDisplay, minimumFractionDigits: digits, maximumFractionDigits: digits } as const;
  const made = new Intl.NumberFormat('en-US', options);
  formatters.set(key, made);
  return made;
}
