import fc from 'fast-check';
import { holdsCardNumber, maskCardNumbers } from './card-number.js';

// Numbers that Stripe and the schemes publish for tests: https://docs.stripe.com/testing (checked 2026-11)
const CARDS = [
  '4242424242424242',
  '4000056655665556',
  '5555555555554444',
  '2223003122003222',
  '5105105105105100',
  '378282246310005',
  '371449635398431',
  '6011111111111117',
  '3056930009020004',
  '36227206271667',
  '6555900000604105',
  '3566002020360505',
  '6200000000000005',
  '6759649826438453',
  '4222222222222',
];

describe('holdsCardNumber', () => {
  it.each(CARDS)('finds %s, whole, in groups and in a sentence', (card) => {
    expect(holdsCardNumber(card)).toBe(true);
    expect(holdsCardNumber(`my card is ${card}, expires 12/30`)).toBe(true);
    expect(holdsCardNumber(card.replace(/(\d{4})(?=\d)/g, '$1 '))).toBe(true);
    expect(holdsCardNumber(card.replace(/(\d{4})(?=\d)/g, '$1-'))).toBe(true);
    expect(holdsCardNumber(`order 12 ${card}`)).toBe(true);
  });

  it.each([
    '4242\u00a04242\u00a04242\u00a04242',
    '4242 – 4242 – 4242 – 4242',
    '4242  4242  4242  4242',
    '4242\u200b4242\u200b4242\u200b4242',
    '4242\n4242\r\n4242\t4242',
    '４２４２ ４２４２ ４２４２ ４２４２',
    '٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢',
    '۴۲۴۲-۴۲۴۲-۴۲۴۲-۴۲۴۲',
  ])('finds %j, however it is written, and masks it', (text) => {
    expect(holdsCardNumber(text)).toBe(true);
    expect(maskCardNumbers(`<${text}>`)).toBe('<[card number]>');
  });

  it.each([
    '',
    '4242424242424241',
    '424242424242',
    '42424242424242424242424242424242',
    '1795409845544',
    '0000000000000000',
    '9999999999999995',
    'pm_card_visa',
    'pay_01jd8y3v5kq2e9c7x4m6n0r1st',
    '+49 170 1234567',
    '2026-11-23T12:00:00.000Z',
    'a4242b4242c4242d4242',
    '68002182-7981-4781-b542-1fc16790031e',
    '{"order":"1a624288-9460-4881-b9bd-a0b2c6155a9e"}',
    'renewal_63250149-7927-44CA-9281-B2CB80F9835E',
    'cf27b1e9c5850757209985022c152293316922de4e26d4e41d089ac89ae92313',
  ])('finds none in %j', (text) => {
    expect(holdsCardNumber(text)).toBe(false);
  });

  it('finds none with any one digit changed', () => {
    fc.assert(
      fc.property(fc.constantFrom(...CARDS), fc.nat(18), fc.integer({ min: 1, max: 9 }), (card, at, by) => {
        const index = at % card.length;
        const digit = (Number(card.charAt(index)) + by) % 10;
        expect(holdsCardNumber(card.slice(0, index) + String(digit) + card.slice(index + 1))).toBe(false);
      }),
    );
  });

  it('finds none in any UUID and any hash, and any card beside one', () => {
    const hash = fc.stringMatching(/^[0-9a-f]{63}[a-f]$/);
    fc.assert(
      fc.property(fc.oneof(fc.uuid(), hash), fc.constantFrom(...CARDS), (name, card) => {
        expect(holdsCardNumber(name)).toBe(false);
        expect(holdsCardNumber(`${name} ${card}`)).toBe(true);
        expect(maskCardNumbers(`${card} ${name}`)).toBe(`[card number] ${name}`);
      }),
      { numRuns: 5_000 },
    );
  });

  it('finds a card number that is disguised as a UUID of digits', () => {
    expect(holdsCardNumber('42424242-4242-4242-8000-000000000000')).toBe(true);
  });

  it('takes no longer for long text', () => {
    expect(holdsCardNumber('4 '.repeat(30_000))).toBe(false);
    expect(holdsCardNumber('1-'.repeat(30_000))).toBe(false);
    expect(holdsCardNumber('1'.repeat(60_000))).toBe(false);
  });
});

describe('maskCardNumbers', () => {
  it('leaves everything else as it is', () => {
    expect(maskCardNumbers('a 4242 4242 4242 4242 b 378282246310005 c 12')).toBe('a [card number] b [card number] c 12');
  });
});
