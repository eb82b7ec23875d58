import fc from 'fast-check';
import { currencyCode } from '#kernel';
import { spokenAmount } from './spoken-amount.js';

const usd = currencyCode('usd');

/** How a speaker puts it. */
interface Style {
  readonly form: 'words' | 'sign' | 'digits';
  readonly hyphen: '-' | ' ';
  readonly and: ' and ' | ' ';
  readonly saysA: boolean;
  readonly centsLink: ' and ' | ' ' | ', ';
}

const aStyle: fc.Arbitrary<Style> = fc.record({
  form: fc.constantFrom('words' as const, 'sign' as const, 'digits' as const),
  hyphen: fc.constantFrom('-' as const, ' ' as const),
  and: fc.constantFrom(' and ' as const, ' ' as const),
  saysA: fc.boolean(),
  centsLink: fc.constantFrom(' and ' as const, ' ' as const, ', ' as const),
});

const FRAMES: readonly ((amount: string) => string)[] = [
  (amount) => amount,
  (amount) => `Pay ${amount}.`,
  (amount) => `Hey, please send ${amount} to Maria's bakery!`,
  (amount) => amount.toUpperCase(),
];

const ONES =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');

describe('spokenAmount', () => {
  it.each<[string, number]>([
    ['twenty five dollars', 2_500],
    ['Pay twenty-five dollars to the coffee shop, please.', 2_500],
    ['$1,250.50', 125_050],
    ['send $25 dollars', 2_500],
    ['send 25 bucks', 2_500],
    ['25 usd', 2_500],
    ['USD 25.00', 2_500],
    ['twenty us dollars', 2_000],
    ['a dollar', 100],
    ['a hundred dollars', 10_000],
    ['one hundred and five dollars', 10_500],
    ['twelve hundred fifty dollars', 125_000],
    ['a thousand and one dollars', 100_100],
    ['twenty five dollars and fifty cents', 2_550],
    ['twenty five dollars fifty cents', 2_550],
    ['twenty five dollars fifty', 2_550],
    ['twenty five dollars ten', 2_510],
    ['twenty five dollars and five cents', 2_505],
    ['fifty cents', 50],
    ['150 cents', 150],
    ['zero dollars and five cents', 5],
    ['twenty five point five dollars', 2_550],
    ['twenty five point oh five dollars', 2_505],
    ['$.50', 50],
    ['ninety nine thousand nine hundred ninety nine dollars and ninety nine cents', 9_999_999],
  ])('reads %p as %i US cents', (utterance, amountMinor) => {
    expect(spokenAmount(utterance, usd)).toEqual({ kind: 'amount', amountMinor, currency: 'usd' });
  });

  it.each<[string, string | undefined, number, string]>([
    ['twenty five dollars', 'cad', 2_500, 'cad'],
    ['twenty five dollars', undefined, 2_500, 'usd'],
    ['twenty five us dollars', 'cad', 2_500, 'usd'],
    ['twenty five canadian dollars', 'usd', 2_500, 'cad'],
    ['five euros and ten cents', 'usd', 510, 'eur'],
    ['five pounds fifty', 'eur', 550, 'gbp'],
    ['five pounds and one penny', 'gbp', 501, 'gbp'],
    ['five hundred yen', 'usd', 500, 'jpy'],
    ['€12.50', 'usd', 1_250, 'eur'],
    ['ten cents', 'eur', 10, 'eur'],
  ])('reads %p where %p is usual as %i %s', (utterance, byDefault, amountMinor, currency) => {
    expect(spokenAmount(utterance, byDefault === undefined ? undefined : currencyCode(byDefault))).toEqual({
      kind: 'amount',
      amountMinor,
      currency,
    });
  });

  it.each([
    ['', 'amount_missing'],
    ['pay the coffee shop', 'amount_missing'],
    ['zero dollars', 'amount_missing'],
    ['twenty five', 'amount_unit_missing'],
    ['pay 25', 'amount_unit_missing'],
    ['one twenty five dollars', 'amount_ambiguous'],
    ['twenty five fifty dollars', 'amount_ambiguous'],
    ['twenty hundred dollars', 'amount_ambiguous'],
    ['2 thousand dollars', 'amount_ambiguous'],
    ['hundred dollars', 'amount_ambiguous'],
    ['twenty dollars or thirty dollars', 'amount_ambiguous'],
    ['twenty dollars thirty dollars', 'amount_ambiguous'],
    ['twenty dollars, I mean thirty dollars', 'amount_ambiguous'],
    ['twenty dollars and fifty', 'amount_ambiguous'],
    ['twenty dollars five', 'amount_ambiguous'],
    ['twenty dollars and one hundred cents', 'amount_ambiguous'],
    ['about twenty dollars', 'amount_ambiguous'],
    ['do not pay twenty dollars', 'amount_ambiguous'],
    ["don't pay twenty dollars", 'amount_ambiguous'],
    ['two and a half dollars', 'amount_ambiguous'],
    ['point five dollars', 'amount_ambiguous'],
    ['-25 dollars', 'amount_ambiguous'],
    ['$-25', 'amount_ambiguous'],
    ['25-30 dollars', 'amount_ambiguous'],
    ['twenty percent of fifty dollars', 'amount_ambiguous'],
    ['$', 'amount_ambiguous'],
    ['dollars', 'amount_ambiguous'],
    ['$ twenty', 'amount_ambiguous'],
    ['cents 5', 'amount_ambiguous'],
    ['twenty dollars nine', 'amount_ambiguous'],
    ['$12,50', 'amount_ambiguous'],
    ['$1.250.50', 'amount_ambiguous'],
    ['$12.345', 'amount_too_precise'],
    ['five euros and ten pence', 'amount_ambiguous'],
    ['$25 euros', 'amount_ambiguous'],
    ['five yen and ten cents', 'amount_ambiguous'],
    ['$100,000', 'amount_out_of_range'],
    ['one hundred thousand dollars', 'amount_ambiguous'],
    ['two million dollars', 'amount_ambiguous'],
  ])('refuses %p with %s', (utterance, code) => {
    expect(spokenAmount(utterance, usd)).toEqual({ kind: 'problem', code });
  });

  it('does not guess whose dollars are meant where euros are usual', () => {
    expect(spokenAmount('five dollars', currencyCode('eur'))).toEqual({ kind: 'problem', code: 'currency_ambiguous' });
  });

  it('reads every way to say every amount up to 99 999.99', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9_999_999 }), aStyle, fc.constantFrom(...FRAMES), (amountMinor, style, frame) => {
        expect(spokenAmount(frame(say(amountMinor, style)), usd)).toEqual({ kind: 'amount', amountMinor, currency: 'usd' });
      }),
      { numRuns: 2_000 },
    );
  });

  it('refuses every pair of amounts', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9_999_999 }), fc.integer({ min: 1, max: 9_999_999 }), aStyle, (first, second, style) => {
        expect(spokenAmount(`${say(first, style)} then ${say(second, style)}`, usd)).toEqual({ kind: 'problem', code: 'amount_ambiguous' });
      }),
    );
  });

  it('answers any heap of words, with an amount that is a positive integer or a code', () => {
    const words =
      'a and oh point zero one five twelve twenty ninety hundred thousand dollars dollar cents cent euros pay $ £ 5 1,250.50 .5 - us';
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words.split(' ')), { maxLength: 12 }), (heap) => {
        const result = spokenAmount(heap.join(' '), usd);

        if (result.kind === 'amount') expect(Number.isSafeInteger(result.amountMinor) && result.amountMinor > 0).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('answers hostile text in time', () => {
    const text = 'nine '.repeat(100_000);

    expect(spokenAmount(text, usd).kind).toBe('problem');
  });
});

function say(amountMinor: number, style: Style): string {
  const cents = amountMinor % 100;
  const whole = (amountMinor - cents) / 100;
  if (style.form === 'sign') return `$${whole.toLocaleString('en-US')}.${String(cents).padStart(2, '0')}`;
  const number = (value: number) => (style.form === 'words' ? inWords(value, style) : value.toLocaleString('en-US'));
  const dollars = whole === 1 && style.saysA ? 'a dollar' : `${number(whole)} ${whole === 1 ? 'dollar' : 'dollars'}`;
  if (cents === 0) return dollars;
  const rest = `${number(cents)} ${cents === 1 ? 'cent' : 'cents'}`;
  return whole === 0 ? rest : dollars + style.centsLink + rest;
}

function inWords(value: number, style: Style): string {
  if (value < 20) return ONES[value]!;
  if (value < 100) return TENS[Math.floor(value / 10) - 2]! + (value % 10 === 0 ? '' : style.hyphen + ONES[value % 10]!);
  const scale = value < 1_000 ? 100 : 1_000;
  const count = Math.floor(value / scale);
  const rest = value % scale;
  const head = `${count === 1 && style.saysA ? 'a' : inWords(count, style)} ${scale === 100 ? 'hundred' : 'thousand'}`;
  // "a" may only begin a number: "a thousand one hundred", never "a thousand a hundred".
  return head + (rest === 0 ? '' : style.and + inWords(rest, { ...style, saysA: false }));
}
