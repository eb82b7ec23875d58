/** What a person typed on a keypad or into a field. */
import { isCurrencyCode, currencyOf, type CurrencyCode } from '#kernel';
import { type PaymentMethod } from '#merchants';
import { moneyWord, resolveCurrency } from './currency-names.js';
import { type DecimalMark, parseDecimalAmount } from './decimal-amount.js';
import {
  currencyFrom,
  type InputDefaults,
  type InputRefusalCode,
  type InputResult,
  type RawInput,
  referenceFrom,
  refused,
} from './native-input.js';

type EntryUnit = 'major' | 'minor';
/** A sign or code on either side of the digits: `$1,250.50`, `1250.50 usd`, `USD 12`. */
const ENTRY = /^(us\$|ca\$|c\$|au\$|a\$|[$€£¥]|[a-z]{3})?\s*([\d.,]+)\s*([€£¥]|[a-z]{3})?$/;
const MAX_ENTRY_LENGTH = 40;

const PROMPT = 'Please enter the amount again, for example 12.50.';

/**
 * `{ entry, currency?, unit?, decimalMark?, reference? }`.
 *
 * Digits alone are ambiguous: `1099` is 10.99 on the keypad of a till and 1 099 in a text field. They need `unit` (`major` or `minor`), unless
 * the entry has a sign of money or decimals, or the currency has none.
 */
export function translateManualEntry(input: RawInput, defaults: InputDefaults, method: PaymentMethod): InputResult {
  const { entry, unit, decimalMark = '.' } = input;
  if (unit !== undefined && unit !== 'major' && unit !== 'minor') return refused('input_malformed', 'unit');
  if (decimalMark !== '.' && decimalMark !== ',') return refused('input_malformed', 'decimalMark');
  if (typeof entry !== 'string' || entry.length > MAX_ENTRY_LENGTH) return refused('input_malformed', 'entry');
  if (entry.trim() === '') return refused('amount_missing', 'entry', PROMPT);
  const [, before, digits, behind] = ENTRY.exec(entry.trim().toLowerCase()) ?? [];
  if (digits === undefined) return refused('amount_ambiguous', 'entry', PROMPT);
  const currency = currencyOfEntry(input, defaults, [before, behind]);
  if (!isCurrencyCode(currency)) return refused(currency, 'currency');
  const isSigned = before !== undefined || behind !== undefined;
  const amountMinor = minorOf({ digits, currency, isSigned, unit, decimalMark });
  if (typeof amountMinor !== 'number') return refused(amountMinor, 'entry', PROMPT);
  if (amountMinor === 0) return refused('amount_missing', 'entry', PROMPT);
  return { kind: 'translated', fields: { amountMinor, currency, method, ...referenceFrom(input.reference) } };
}

interface Entry {
  readonly digits: string;
  readonly currency: CurrencyCode;
  readonly isSigned: boolean;
  readonly unit: EntryUnit | undefined;
  readonly decimalMark: DecimalMark;
}

function minorOf({ digits, currency, isSigned, unit, decimalMark }: Entry): number | InputRefusalCode {
  if (unit === 'minor') {
    // Whole minor units written with decimals or beside a sign of money would be two statements that disagree.
    if (isSigned || !/^\d+$/.test(digits)) return 'amount_ambiguous';
    const { isoExponent } = currencyOf(currency);
    const padded = digits.padStart(isoExponent + 1, '0');
    const whole = padded.slice(0, padded.length - isoExponent);
    return parseDecimalAmount(isoExponent === 0 ? whole : `${whole}.${padded.slice(-isoExponent)}`, currency);
  }
  const amountMinor = parseDecimalAmount(digits, currency, decimalMark);
  const hasDecimals = digits.includes(decimalMark);
  const isPlain = unit === undefined && !isSigned && !hasDecimals && currencyOf(currency).isoExponent > 0;
  return isPlain && typeof amountMinor === 'number' ? 'amount_unit_missing' : amountMinor;
}

/** All that names a currency must agree: the field, the sign before the digits and the one behind them. */
function currencyOfEntry(
  input: RawInput,
  defaults: InputDefaults,
  signs: readonly (string | undefined)[],
): CurrencyCode | InputRefusalCode {
  const written = signs.filter((sign) => sign !== undefined);
  if (written.length === 0) return currencyFrom(input, defaults);
  if (input.currency !== undefined && !isCurrencyCode(input.currency)) return 'currency_unknown';
  const meanings = written.map((sign) => moneyWord(sign)?.currencies ?? (isCurrencyCode(sign) ? [sign] : []));
  if (meanings.some((codes) => codes.length === 0)) return 'currency_unknown';
  const shared = (meanings[0] ?? []).filter((code) => meanings.every((codes) => codes.includes(code)));
  if (shared.length === 0) return 'currency_ambiguous';
  const named = input.currency;
  if (named !== undefined) return shared.includes(named) ? named : 'currency_ambiguous';
  return resolveCurrency(shared, defaults.currency) ?? 'currency_ambiguous';
}
