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

  it('takes no longer for long text', () => {
    expect(holdsCardNumber('4 '.repeat(30_000))).toBe(false);
    expect(holdsCardNumber('1'.repeat(60_000))).toBe(false);
  });
});

describe('maskCardNumbers', () => {
  it('leaves everything else as it is', () => {
    expect(maskCardNumbers('a 4242 4242 4242 4242 b 378282246310005 c 12')).toBe('a [card number] b [card number] c 12');
  });
});
