/** Amounts written with digits, in major units, read exactly: no float is ever made of them. */
import { type CurrencyCode, currencyOf } from '#kernel';
import { type InputRefusalCode, MAX_AMOUNT_MINOR } from './native-input.js';

/** The sign between whole units and their parts; the other one groups thousands. */
export type DecimalMark = '.' | ',';

const PATTERNS: Readonly<Record<DecimalMark, RegExp>> = {
  '.': /^(\d{1,3}(?:,\d{3})+|\d*)(?:\.(\d+))?$/,
  ',': /^(\d{1,3}(?:\.\d{3})+|\d*)(?:,(\d+))?$/,
};
/** More digits than any amount has; bounds the work on hostile text. */
const MAX_LENGTH = 24;

/**
 * The minor units of an amount such as `1,250.50`, `12.5` or `.50`.
 *
 * The meaning of a comma is never guessed: with `.` as the mark, `12,50` is malformed and therefore ambiguous, and so is `1,2500`.
 *
 * @returns Minor units, 0 … 999 999 999 999, or the code of what is wrong: more decimals than the currency has are not cut off.
 */
export function parseDecimalAmount(text: string, currency: CurrencyCode, mark: DecimalMark = '.'): number | InputRefusalCode {
  const match = text.length <= MAX_LENGTH ? PATTERNS[mark].exec(text) : null;
  const [, whole = '', decimals = ''] = match ?? [];
  if (whole === '' && decimals === '') return 'amount_ambiguous';
  const { isoExponent } = currencyOf(currency);
  if (decimals.length > isoExponent) return 'amount_too_precise';
  const digits = whole.replace(/[.,]/g, '') + decimals.padEnd(isoExponent, '0');
  const amountMinor = BigInt(digits);
  return amountMinor <= BigInt(MAX_AMOUNT_MINOR) ? Number(amountMinor) : 'amount_out_of_range';
}
