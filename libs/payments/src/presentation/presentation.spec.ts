import fc from 'fast-check';
import { DEVICE_TYPES } from '#devices';
import { CURRENCIES, currencyCode, currencyOf, money } from '#kernel';
import { PAYMENT_STATUSES } from '../domain/payment-status.js';
import { decimalText, shownAmount, spokenAmountText } from './amount-text.js';
import { outcomeOf, type PresentablePayment, presentationFor, PRESENTATIONS_BY_DEVICE_TYPE } from './presentation.js';

describe('presentationFor', () => {
  it.each(DEVICE_TYPES)('gives %s every way it has, for every status', (deviceType) => {
    for (const status of PAYMENT_STATUSES) {
      const kinds = presentationFor(deviceType, aPayment({ status })).map(({ kind }) => kind);

      expect(kinds).toEqual(PRESENTATIONS_BY_DEVICE_TYPE[deviceType]);
    }
  });

  it('speaks the amount and what became of it', () => {
    expect(presentationFor('voice_assistant', aPayment({}))).toEqual([{ kind: 'speech', text: 'Paid: 10.99 US dollars. Thank you.' }]);
  });

  it('shows a green light and one high beep for a paid sensor', () => {
    expect(presentationFor('iot_device', aPayment({}))).toEqual([
      {
        kind: 'signal',
        led: { color: 'green', pattern: 'steady', durationMs: 3_000 },
        beeps: [{ frequencyHz: 1_760, durationMs: 120, pauseMs: 80 }],
      },
    ]);
  });

  it('shakes twice for a decline', () => {
    expect(presentationFor('smartphone', aPayment({ status: 'requires_payment_method', isDeclined: true }))).toEqual([
      expect.objectContaining({ kind: 'screen', tone: 'failure', title: 'Declined', amountText: '$10.99' }),
      { kind: 'haptic', patternMs: [200, 100, 200] },
    ]);
  });

  it.each([
    ['smartphone', 'button'],
    ['smart_tv', 'qr'],
  ] as const)('lets the payer pass a challenge: %s by %s', (deviceType, shownAs) => {
    const [screen] = presentationFor(deviceType, aPayment({ status: 'requires_action', actionUrl: 'https://example.com/3ds' }));

    expect(screen).toMatchObject({ action: { url: 'https://example.com/3ds', shownAs }, dismissAfterMs: null });
  });

  it('gives no address once the challenge is over', () => {
    expect(presentationFor('web_browser', aPayment({ actionUrl: 'https://example.com/3ds' }))[0]).toMatchObject({ action: null });
  });

  it('prints base, tip, tax and total', () => {
    expect(presentationFor('pos_terminal', aPayment({ tipMinor: 150, taxMinor: 49 }))[0]).toEqual({
      kind: 'receipt',
      widthCharacters: 32,
      lines: [
        'Corner Bakery',
        '2026-06-10 14:05',
        '--------------------------------',
        'Amount                  USD 9.00',
        'Tip                     USD 1.50',
        'Tax                     USD 0.49',
        'Total                  USD 10.99',
        '--------------------------------',
        'PAID',
        'pay_01jd8y3v5kq2e9c7x4m6n0r1st',
      ],
    });
  });

  it('prints no line that is too long and no command to the printer, whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.maxSafeNat(), (merchantName, amountMinor) => {
        const amount = money(amountMinor, currencyCode('usd'));
        const [receipt] = presentationFor('pos_terminal', aPayment({ merchantName, amount }));
        const lines = receipt?.kind === 'receipt' ? receipt.lines : [];

        expect(lines.filter((line) => Array.from(line).length > 32 || /[\p{Cc}\p{Cf}]/u.test(line))).toEqual([]);
        expect(lines.join('')).toContain(decimalText(amount));
      }),
    );
  });
});

describe('outcomeOf', () => {
  it.each([
    ['processing', 'known', false, 'waiting'],
    ['processing', 'unknown', false, 'unknown'],
    ['requires_payment_method', 'known', true, 'declined'],
    ['requires_payment_method', 'known', false, 'waiting'],
    ['blocked', 'known', false, 'refused'],
    ['accumulating', 'known', false, 'noted'],
    ['requires_capture', 'known', false, 'authorized'],
  ] as const)('of %s (%s, declined: %p) is %s', (status, outcomeCertainty, isDeclined, expected) => {
    expect(outcomeOf({ status, outcomeCertainty, isDeclined })).toBe(expected);
  });
});

describe('amount texts', () => {
  it.each([
    ['usd', 1_099, '10.99', '$10.99', '10.99 US dollars'],
    ['usd', 2_500, '25.00', '$25.00', '25 US dollars'],
    ['usd', 100, '1.00', '$1.00', '1 US dollar'],
    ['jpy', 1_099, '1099', '¥1,099', '1,099 Japanese yen'],
    ['kwd', 1_500, '1.500', 'KWD\u00a01.500', '1.500 Kuwaiti dinars'],
  ])('of %s %i', (code, amountMinor, decimal, shown, spoken) => {
    const amount = money(amountMinor, currencyCode(code));

    expect([decimalText(amount), shownAmount(amount)]).toEqual([decimal, shown]);
    expect(spokenAmountText(amount)).toBe(spoken);
  });

  it('keep every digit of every amount of every currency', () => {
    fc.assert(
      fc.property(fc.constantFrom(...CURRENCIES.values()), fc.maxSafeNat(), ({ code }, amountMinor) => {
        const amount = money(amountMinor, code);
        const digits = String(amountMinor).padStart(currencyOf(code).isoExponent + 1, '0');

        expect(decimalText(amount).replace('.', '')).toBe(digits);
        expect(shownAmount(amount).replace(/\D/g, '')).toBe(digits);
      }),
    );
  });
});

function aPayment(payment: Partial<PresentablePayment>): PresentablePayment {
  return {
    id: 'pay_01jd8y3v5kq2e9c7x4m6n0r1st',
    status: 'succeeded',
    outcomeCertainty: 'known',
    amount: money(1_099, currencyCode('usd')),
    tipMinor: 0,
    taxMinor: 0,
    isDeclined: false,
    actionUrl: null,
    merchantName: 'Corner Bakery',
    timeZone: 'Europe/Berlin',
    createdAt: new Date('2026-06-10T12:05:59Z'),
    ...payment,
  };
}
