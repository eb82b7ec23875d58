/** Recognises card numbers in text, so that none is ever taken, stored or logged. */

// Issuer prefixes of https://en.wikipedia.org/wiki/Payment_card_number (checked 2026-11) with the lengths they are issued in. A prefix halves the
// false alarms of the checksum many times over: times in milliseconds and most order numbers do not begin like a card.
const ISSUERS: readonly { readonly prefix: RegExp; readonly lengths: readonly number[] }[] = [
  { prefix: /^4/, lengths: [13, 16, 18, 19] },
  { prefix: /^(5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, lengths: [16] },
  { prefix: /^3[47]/, lengths: [15] },
  { prefix: /^(30[0-5]|3[689])/, lengths: [14, 15, 16, 17, 18, 19] },
  { prefix: /^35(2[89]|[3-8])/, lengths: [16, 17, 18, 19] },
  { prefix: /^(6011|64[4-9]|65|62|81|60|508)/, lengths: [16, 17, 18, 19] },
  { prefix: /^(50|5[6-9]|6)/, lengths: [13, 14, 15, 16, 17, 18, 19] },
  { prefix: /^220[0-4]/, lengths: [16, 17, 18, 19] },
];
const MIN_LENGTH = 13;
const MAX_LENGTH = 19;
// Groups of digits with one or two separators between them: "4242 4242 4242 4242", "4242-4242-…", "4242 – 4242"; spaces and dashes of every script, and
// those that nobody sees.
const RUN = /\d(?:[\s.\-_/\u00ad\u200b-\u200f\u2010-\u2015\u2060\u2212\ufe58\ufe63\uff0d\uff0e\uff3f]{0,3}\d){12,}/g;
// Where the digits 0 to 9 of other scripts begin that people type on their keyboards: full width, Arabic, Persian, Devanagari, Bengali, Thai.
const OTHER_ZEROS = [0xff10, 0x0660, 0x06f0, 0x0966, 0x09e6, 0x0e50];
const BEYOND_ASCII = /[^\0-\u007f]/g;
// One random UUID in 1 300 and one SHA-256 in 1 000 has a card number's digits in it, and clients name their requests and orders by them. One of
// digits alone is none that anybody will ever draw.
const RANDOM_NAME =
  /(?<![0-9a-z])(?=[0-9-]{0,127}[a-f])(?:[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|[0-9a-f]{32,128})(?![0-9a-z])/gi;

/** Whether the text holds what looks like a card number: 13 to 19 digits of a known issuer with a valid checksum, whole or in groups. */
export function holdsCardNumber(text: string): boolean {
  return text.length >= MIN_LENGTH && cardNumberSpans(text).length > 0;
}

/** The text with each card number replaced. */
export function maskCardNumbers(text: string, mask = '[card number]'): string {
  let masked = text;
  for (const [start, end] of cardNumberSpans(text).reverse()) masked = masked.slice(0, start) + mask + masked.slice(end);
  return masked;
}

/** The text with digits of other scripts as ASCII, each character in its place. */
function withPlainDigits(text: string): string {
  return text.replace(BEYOND_ASCII, (character) => {
    const code = character.charCodeAt(0);
    const zero = OTHER_ZEROS.find((each) => code >= each && code <= each + 9);
    return zero === undefined ? character : String(code - zero);
  });
}

/** The text with each UUID and each hash blanked out, everything else in its place. */
function withoutRandomNames(text: string): string {
  return text.replace(RANDOM_NAME, (name) => 'x'.repeat(name.length));
}

/** Start and end of each card number. A number begins and ends where a group does: the middle of a longer number is not a card. */
function cardNumberSpans(text: string): [number, number][] {
  const spans: [number, number][] = [];
  for (const run of withoutRandomNames(withPlainDigits(text)).matchAll(RUN)) {
    const groups = Array.from(run[0].matchAll(/\d+/g), (group) => ({ digits: group[0], start: run.index + group.index }));
    for (let first = 0; first < groups.length; first++) {
      const last = lastGroupOfCard(groups, first);
      if (last === null) continue;
      const start = groups[first]?.start ?? 0;
      const end = groups[last] ?? groups[first];
      spans.push([start, (end?.start ?? 0) + (end?.digits.length ?? 0)]);
      first = last;
    }
  }
  return spans;
}

function lastGroupOfCard(groups: readonly { digits: string }[], first: number): number | null {
  let digits = '';
  for (let last = first; last < groups.length; last++) {
    digits += groups[last]?.digits ?? '';
    if (digits.length > MAX_LENGTH) return null;
    if (isCardNumber(digits)) return last;
  }
  return null;
}

function isCardNumber(digits: string): boolean {
  return ISSUERS.some(({ prefix, lengths }) => lengths.includes(digits.length) && prefix.test(digits)) && hasLuhnChecksum(digits);
}

/** ISO/IEC 7812-1, annex B. */
function hasLuhnChecksum(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 48;
    sum += index % 2 === 0 ? digit : digit > 4 ? 2 * digit - 9 : 2 * digit;
  }
  return sum % 10 === 0;
}
