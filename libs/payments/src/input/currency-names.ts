/** What people call currencies and their parts. */
import { currencyCode, type CurrencyCode } from '#kernel';

/** A word or sign of money. */
export interface MoneyWord {
  /** The currencies it may mean, the most usual first. */
  readonly currencies: readonly CurrencyCode[];
  /** Whole units, or hundredths of them. */
  readonly unit: 'major' | 'minor';
}

const DOLLARS = 'usd cad aud nzd sgd hkd';

const NAMES: readonly (readonly [words: string, currencies: string, unit: MoneyWord['unit']])[] = [
  ['dollar dollars buck bucks $', DOLLARS, 'major'],
  ['cent cents ¢', `usd eur cad aud nzd sgd hkd`, 'minor'],
  ['euro euros €', 'eur', 'major'],
  ['pound pounds quid £', 'gbp', 'major'],
  ['penny pence', 'gbp', 'minor'],
  ['pennies', 'gbp usd cad', 'minor'],
  ['yen', 'jpy', 'major'],
  ['¥', 'jpy cny', 'major'],
  ['us$', 'usd', 'major'],
  ['ca$ c$', 'cad', 'major'],
  ['au$ a$', 'aud', 'major'],
  ...'usd eur gbp cad aud jpy nzd sgd hkd chf'.split(' ').map((code) => [code, code, 'major'] as const),
];

const MONEY_WORDS: ReadonlyMap<string, MoneyWord> = new Map(
  NAMES.flatMap(([words, codes, unit]) => {
    const meaning: MoneyWord = { currencies: codes.split(' ').map(currencyCode), unit };
    return words.split(' ').map((word) => [word, meaning] as const);
  }),
);

/** Words before "dollars" that say whose. */
const COUNTRIES: ReadonlyMap<string, CurrencyCode> = new Map([
  ['us', currencyCode('usd')],
  ['american', currencyCode('usd')],
  ['canadian', currencyCode('cad')],
  ['australian', currencyCode('aud')],
]);

/** The meaning of a lower-case word or sign of money; `undefined` for any other word. */
export function moneyWord(word: string | undefined): MoneyWord | undefined {
  return word === undefined ? undefined : MONEY_WORDS.get(word);
}

/** The dollars of a country: "canadian" is `cad`. */
export function dollarsOf(word: string | undefined): CurrencyCode | undefined {
  return word === undefined ? undefined : COUNTRIES.get(word);
}

/**
 * The one currency that a word of money means here.
 *
 * The default decides when the word fits it ("dollars" in a Canadian shop); without a default the most usual meaning counts; when the
 * default does not fit and several others would, nothing is guessed.
 */
export function resolveCurrency(currencies: readonly CurrencyCode[], byDefault: CurrencyCode | undefined): CurrencyCode | undefined {
  if (byDefault !== undefined && currencies.includes(byDefault)) return byDefault;
  return byDefault === undefined || currencies.length === 1 ? currencies[0] : undefined;
}
