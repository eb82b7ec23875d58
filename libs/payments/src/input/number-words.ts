/**
 * English number words, 0 … 99 999, as people say amounts.
 *
 * | rule | reads | example |
 * |---|---|---|
 * | under a hundred | tens and a digit, or one word | twenty five, nineteen |
 * | hundreds | a digit or `a`, then `hundred`, then `and` or nothing | a hundred and five |
 * | hundreds above nine | 11 … 99 without round tens | twelve hundred fifty |
 * | thousands | 1 … 99 or `a`, then `thousand`, then the rest | ten thousand and one |
 *
 * What could be read in two ways is not read: "one twenty five" is 1.25 to some and 125 to others.
 */

const WORDS: ReadonlyMap<string, number> = new Map(
  (
    'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'
      .split(' ')
      .map((word, index) => [word, index] as const) satisfies (readonly [string, number])[]
  ).concat('twenty thirty forty fifty sixty seventy eighty ninety'.split(' ').map((word, index) => [word, (index + 2) * 10] as const)),
);

/** A number found at some place among the words. */
export interface ReadNumber {
  readonly value: number;
  /** The place behind its last word. */
  readonly next: number;
}

/** Whether a word is part of numbers, so that one which no amount has used makes the whole utterance unclear. */
export function isNumberWord(word: string | undefined): boolean {
  return word !== undefined && (WORDS.has(word) || word === 'hundred' || word === 'thousand');
}

/**
 * Reads the longest number that begins at `start`.
 *
 * @returns `undefined` when no number begins there, or when another number word follows at once and the whole could mean several things.
 */
export function readNumberWords(words: readonly string[], start: number): ReadNumber | undefined {
  const found = readThousands(words, start);
  return found && !isNumberWord(words[found.next]) ? found : undefined;
}

/** Reads one digit, 0 … 9, as it is said behind "point"; `oh` is 0 there. */
export function readDigitWord(word: string | undefined): number | undefined {
  if (word === 'oh') return 0;
  const value = word === undefined ? undefined : WORDS.get(word);
  return value !== undefined && value <= 9 ? value : undefined;
}

function readThousands(words: readonly string[], start: number): ReadNumber | undefined {
  const count = readCount(words, start, 'thousand');
  if (!count) return readHundreds(words, start, 99);
  const rest = readRest(words, count.next, (at) => readHundreds(words, at, 9));
  return { value: count.value * 1_000 + (rest?.value ?? 0), next: rest?.next ?? count.next };
}

function readHundreds(words: readonly string[], start: number, maxCount: number): ReadNumber | undefined {
  const count = readCount(words, start, 'hundred');
  if (!count) return readUnderHundred(words, start);
  if (count.value > maxCount || (count.value >= 10 && count.value % 10 === 0)) return undefined;
  const rest = readRest(words, count.next, (at) => readUnderHundred(words, at));
  return { value: count.value * 100 + (rest?.value ?? 0), next: rest?.next ?? count.next };
}

/** "twelve" or "a", if the word behind it is `scale`. */
function readCount(words: readonly string[], start: number, scale: 'hundred' | 'thousand'): ReadNumber | undefined {
  const count = words[start] === 'a' ? { value: 1, next: start + 1 } : readUnderHundred(words, start);
  return count && count.value > 0 && words[count.next] === scale ? { value: count.value, next: count.next + 1 } : undefined;
}

/** What follows a scale, with or without `and`; zero does not follow one. */
function readRest(words: readonly string[], at: number, read: (at: number) => ReadNumber | undefined): ReadNumber | undefined {
  const rest = read(words[at] === 'and' ? at + 1 : at);
  return rest && rest.value > 0 ? rest : undefined;
}

function readUnderHundred(words: readonly string[], start: number): ReadNumber | undefined {
  const value = WORDS.get(words[start] ?? '');
  if (value === undefined) return undefined;
  const digit = WORDS.get(words[start + 1] ?? '');
  const isWithDigit = value >= 20 && digit !== undefined && digit >= 1 && digit <= 9;
  return isWithDigit ? { value: value + digit, next: start + 2 } : { value, next: start + 1 };
}
