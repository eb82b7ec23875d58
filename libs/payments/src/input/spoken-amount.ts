/** The one amount in an utterance, in words or digits. */
import { type CurrencyCode, currencyOf } from '#kernel';
import { dollarsOf, type MoneyWord, moneyWord, resolveCurrency } from './currency-names.js';
import { parseDecimalAmount } from './decimal-amount.js';
import { type AmountResult, type InputRefusalCode } from './native-input.js';
import { isNumberWord, readDigitWord, readNumberWords } from './number-words.js';

/** Words that turn an amount into something else, or into a guess. */
const UNCLEAR = new Set(
  (
    'about above almost approximately around below between billion cancel dont double dozen each except grand half hundreds least ' +
    'less maybe million minus more most nearly negative never no not or over per percent plus quarter roughly stop thousands times triple ' +
    'twice under unless until versus without wont'
  ).split(' '),
);
/** A hyphen counts before an amount only: "-25" and "25-30" are not amounts to pay, "twenty-five" is. */
const TOKEN = /[-−–](?=\s*[\d.$€£¥])|(?:us|ca|c|au|a)?\$|[€£¥¢%]|\d[\d.,]*\d|\d|\.\d+|[a-z]+/g;
/** The largest number of whole units that is taken from speech. */
const MAX_MAJOR = 99_999;

/** A number as said: its digits before and behind the decimal point, as text, so that nothing is rounded. */
interface SaidNumber {
  readonly text: string;
  readonly next: number;
}

/** An amount found among the words, not yet in a currency. */
interface FoundAmount {
  readonly major: string;
  /** Hundredths that were said beside the whole units. */
  readonly minor: number;
  readonly currencies: readonly CurrencyCode[];
  readonly next: number;
}

/**
 * The amount of an utterance such as "pay twenty five dollars and fifty cents" or "send $1,250.50".
 *
 * @param byDefault - The currency that "dollars" or "cents" mean when it is one of theirs.
 * @returns The amount when there is exactly one, positive and at most 99 999 whole units, or the code of what is unclear.
 */
export function spokenAmount(utterance: string, byDefault: CurrencyCode | undefined): AmountResult {
  const words = utterance.toLowerCase().replace(/['’]/g, '').match(TOKEN) ?? [];
  if (words.some((word) => UNCLEAR.has(word) || /^[-−–%]$/.test(word))) return problem('amount_ambiguous');
  const found: FoundAmount[] = [];
  const unused: string[] = [];
  let at = 0;
  while (at < words.length) {
    const amount = readAmount(words, at);
    if (amount) found.push(amount);
    else unused.push(words[at] ?? '');
    at = amount ? amount.next : at + 1;
  }
  const isNumberLeft = unused.some((word) => isNumber(word) || word === 'point');
  const isMoneyLeft = unused.some((word) => moneyWord(word) !== undefined);
  const [first, second] = found;
  if (!first && !isMoneyLeft) return problem(isNumberLeft ? 'amount_unit_missing' : 'amount_missing');
  if (!first || second || isNumberLeft || isMoneyLeft) return problem('amount_ambiguous');
  return inCurrency(first, byDefault);
}

function inCurrency(found: FoundAmount, byDefault: CurrencyCode | undefined): AmountResult {
  const currency = resolveCurrency(found.currencies, byDefault);
  if (currency === undefined) return problem('currency_ambiguous');
  if (found.minor > 0 && currencyOf(currency).isoExponent !== 2) return problem('amount_ambiguous');
  const majorMinor = parseDecimalAmount(found.major, currency);
  if (typeof majorMinor !== 'number') return problem(majorMinor);
  const amountMinor = majorMinor + found.minor;
  if (amountMinor === 0) return problem('amount_missing');
  const maxMinor = (MAX_MAJOR + 1) * 10 ** currencyOf(currency).isoExponent - 1;
  return amountMinor <= maxMinor ? { kind: 'amount', amountMinor, currency } : problem('amount_out_of_range');
}

function readAmount(words: readonly string[], start: number): FoundAmount | undefined {
  const sign = moneyWord(words[start]);
  if (sign) return readSignedAmount(words, start, sign);
  const number = readNumber(words, start);
  if (!number) return undefined;
  const unit = readUnit(words, number.next);
  if (!unit) return undefined;
  if (unit.unit === 'minor') {
    const minor = wholeOf(number.text, MAX_MAJOR);
    return minor === undefined ? undefined : { major: '0', minor, currencies: unit.currencies, next: unit.next };
  }
  return withHundredths(words, number.text, unit);
}

/** "$25" or "USD 25", also when the transcript adds what was heard: "$25 dollars". */
function readSignedAmount(words: readonly string[], start: number, sign: MoneyWord): FoundAmount | undefined {
  const digits = words[start + 1];
  const isBefore = /^([a-z]{3}|.*[$€£¥])$/.test(words[start] ?? '') && words[start] !== 'yen';
  if (!isBefore || digits === undefined || !isDigits(digits)) return undefined;
  const unit = readUnit(words, start + 2);
  if (unit?.unit !== 'major') return { major: digits, minor: 0, currencies: sign.currencies, next: start + 2 };
  const shared = sign.currencies.filter((code) => unit.currencies.includes(code));
  return shared.length === 0 ? undefined : { major: digits, minor: 0, currencies: shared, next: unit.next };
}

/** Whole units, and the hundredths behind them: "and fifty cents", "fifty cents", or "fifty" alone, which must then have two digits. */
function withHundredths(words: readonly string[], major: string, unit: MoneyWord & { next: number }): FoundAmount | undefined {
  const alone = { major, minor: 0, currencies: unit.currencies, next: unit.next };
  const isAnd = words[unit.next] === 'and';
  const number = readNumber(words, isAnd ? unit.next + 1 : unit.next);
  if (!number) return alone;
  const said = readUnit(words, number.next);
  if (said?.unit === 'major') return alone;
  const minor = wholeOf(number.text, 99);
  if (minor === undefined || major.includes('.')) return undefined;
  if (!said) return isAnd || minor < 10 ? undefined : { ...alone, minor, next: number.next };
  const shared = unit.currencies.filter((code) => said.currencies.includes(code));
  return shared.length === 0 ? undefined : { major, minor, currencies: shared, next: said.next };
}

function readNumber(words: readonly string[], start: number): SaidNumber | undefined {
  const word = words[start];
  if (word === undefined) return undefined;
  if (isDigits(word)) return isNumber(words[start + 1]) ? undefined : { text: word, next: start + 1 };
  if (word === 'a' && moneyWord(words[start + 1])) return { text: '1', next: start + 1 };
  const whole = readNumberWords(words, start);
  return whole && withDecimals(words, whole.value, whole.next);
}

/** "point five oh": each word a digit. */
function withDecimals(words: readonly string[], whole: number, next: number): SaidNumber | undefined {
  if (words[next] !== 'point') return { text: String(whole), next };
  let decimals = '';
  let at = next + 1;
  for (let digit = readDigitWord(words[at]); digit !== undefined; digit = readDigitWord(words[at])) {
    decimals += String(digit);
    at += 1;
  }
  return decimals === '' || isNumberWord(words[at]) ? undefined : { text: `${whole}.${decimals}`, next: at };
}

/** A word of money behind a number; "dollars" may have a country before it. */
function readUnit(words: readonly string[], at: number): (MoneyWord & { next: number }) | undefined {
  const country = dollarsOf(words[at]);
  const word = moneyWord(words[country ? at + 1 : at]);
  if (!word) return undefined;
  if (!country) return { ...word, next: at + 1 };
  return word.currencies.includes(country) ? { unit: word.unit, currencies: [country], next: at + 2 } : undefined;
}

function wholeOf(text: string, max: number): number | undefined {
  const digits = text.replaceAll(',', '');
  return /^\d{1,6}$/.test(digits) && Number(digits) <= max ? Number(digits) : undefined;
}

function isNumber(word: string | undefined): boolean {
  return word !== undefined && (isDigits(word) || isNumberWord(word));
}

function isDigits(word: string): boolean {
  return /^[\d.]/.test(word);
}

function problem(code: InputRefusalCode): AmountResult {
  return { kind: 'problem', code };
}
