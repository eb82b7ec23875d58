import { applyProfileOverrides, type BusinessType, DEFAULT_PROFILES } from '#merchants';
import { checkPaymentPolicy, isOpenAt, type PolicyFacts, type PolicyRequest } from './payment-policy.js';

const NOON = new Date('2026-06-10T12:00:00Z');
const MISMATCH = 'amount_breakdown_mismatch';
const LATE = 'outside_opening_hours';
const aService = { customerEmail: 'a@example.com' };

describe('checkPaymentPolicy', () => {
  describe.each<[BusinessType, number, number, Partial<PolicyRequest>]>([
    ['retail', 50, 1_000_000, { customerEmail: 'a@example.com' }],
    ['restaurant', 100, 100_000, {}],
    ['service', 500, 5_000_000, { customerEmail: 'a@example.com' }],
    ['subscription', 99, 99_900, { customerEmail: 'a@example.com' }],
    ['gaming', 99, 50_000, {}],
    ['iot', 1, 100_000, {}],
  ])('%s', (type, min, max, rest) => {
    it.each([
      ['just under the minimum', min - 1, ['amount_too_small']],
      ['the minimum', min, []],
      ['the maximum', max, []],
      ['just over the maximum', max + 1, ['amount_too_large']],
    ])('judges %s', (_, amountMinor, codes) => {
      expect(codesOf(type, { ...rest, amountMinor })).toEqual(codes);
    });

    it('refuses a currency without an entry and does not judge its amount', () => {
      expect(codesOf(type, { ...rest, currency: 'chf', amountMinor: 99_999_999 })).toEqual(['currency_not_accepted']);
    });
  });

  it('takes no currency from the prototype of objects', () => {
    expect(codesOf('retail', { currency: 'constructor' })).toEqual(['currency_not_accepted']);
  });

  it.each<[string, BusinessType, Partial<PolicyRequest>, Partial<PolicyFacts>, readonly string[]]>([
    ['retail at the email threshold', 'retail', { amountMinor: 500_000 }, {}, []],
    ['retail just over it', 'retail', { amountMinor: 500_001 }, {}, ['customer_email_required']],
    ['retail just over it with an email', 'retail', { amountMinor: 500_001, customerEmail: 'a@example.com' }, {}, []],
    ['service at the email threshold', 'service', { amountMinor: 50_000 }, {}, []],
    ['service just over it', 'service', { amountMinor: 50_001 }, {}, ['customer_email_required']],
    ['subscription without an email', 'subscription', { amountMinor: 99 }, {}, ['customer_email_required']],
    ['subscription with an empty email', 'subscription', { amountMinor: 99, customerEmail: '' }, {}, ['customer_email_required']],
    ['a first service at the limit', 'service', { ...aService, amountMinor: 100_000 }, { completedPayments: 0 }, []],
    [
      'a first service just over it',
      'service',
      { ...aService, amountMinor: 100_001 },
      { completedPayments: 0 },
      ['first_payment_limit_exceeded'],
    ],
    ['a second service over it', 'service', { ...aService, amountMinor: 100_001 }, { completedPayments: 1 }, []],
    ['an unauthorized iot device', 'iot', {}, { device: aDevice({ isAuthorizedForAutomation: false }) }, ['device_not_authorized']],
    ['an unauthorized device elsewhere', 'retail', {}, { device: aDevice({ isAuthorizedForAutomation: false }) }, []],
    ['a suspended device', 'retail', {}, { device: aDevice({ status: 'suspended' }) }, ['device_not_active']],
    ['nfc from a browser', 'retail', { method: 'nfc' }, { device: aDevice({ type: 'web_browser' }) }, ['method_not_available_on_device']],
    ['nfc in a game', 'gaming', { method: 'nfc' }, {}, ['method_not_accepted']],
    [
      'voice from a browser in a shop',
      'retail',
      { method: 'voice' },
      { device: aDevice({ type: 'web_browser' }) },
      ['method_not_available_on_device', 'method_not_accepted'],
    ],
    ['an item from 18 without a verified age', 'gaming', { minimumAge: 18 }, {}, ['verified_age_required']],
    ['an item from 18 at 17', 'gaming', { minimumAge: 18 }, { verifiedAge: 17 }, ['verified_age_required']],
    ['an item from 18 at 18', 'gaming', { minimumAge: 18 }, { verifiedAge: 18 }, []],
  ])('judges %s', (_, type, request, facts, codes) => {
    expect(codesOf(type, request, facts)).toEqual(codes);
  });

  it.each<[string, BusinessType, Partial<PolicyRequest>, readonly string[]]>([
    ['half of the base', 'restaurant', { amountMinor: 1_500, tipMinor: 500 }, []],
    ['one unit more', 'restaurant', { amountMinor: 1_501, tipMinor: 501 }, ['tip_too_large']],
    ['half of an odd base, rounded down', 'restaurant', { amountMinor: 1_501, tipMinor: 500 }, []],
    ['more than half of an odd base', 'restaurant', { amountMinor: 1_502, tipMinor: 501 }, ['tip_too_large']],
    ['a base that tax reduces', 'restaurant', { amountMinor: 1_600, tipMinor: 500, taxMinor: 101 }, ['tip_too_large']],
    ['base, tip and tax exactly', 'restaurant', { amountMinor: 1_600, baseMinor: 1_000, tipMinor: 500, taxMinor: 100 }, []],
    ['a sum one unit off', 'restaurant', { amountMinor: 1_601, baseMinor: 1_000, tipMinor: 500, taxMinor: 100 }, [MISMATCH]],
    ['parts above the whole', 'restaurant', { amountMinor: 1_000, tipMinor: 0, taxMinor: 1_001 }, [MISMATCH]],
    ['a tip in a shop', 'retail', { amountMinor: 1_500, tipMinor: 1 }, ['tip_not_accepted']],
    ['no tip in a shop', 'retail', { amountMinor: 1_500, tipMinor: 0, taxMinor: 100 }, []],
    ['a tip alone', 'restaurant', { amountMinor: 500, tipMinor: 500 }, ['tip_too_large']],
  ])('judges a breakdown: %s', (_, type, request, codes) => {
    expect(codesOf(type, request)).toEqual(codes);
  });

  it.each([
    ['at 05:59 in winter', '2026-01-15T04:59:00Z', 20_001, [LATE]],
    ['at 06:00 in winter', '2026-01-15T05:00:00Z', 20_001, []],
    ['at 23:59 in winter', '2026-01-15T22:59:59Z', 20_001, []],
    ['at midnight in winter', '2026-01-15T23:00:00Z', 20_001, [LATE]],
    ['at midnight up to the limit', '2026-01-15T23:00:00Z', 20_000, []],
    ['at 05:59 on the day the clocks go forward', '2026-03-29T03:59:00Z', 20_001, [LATE]],
    ['at 06:00 on the day the clocks go forward', '2026-03-29T04:00:00Z', 20_001, []],
    ['at 05:59 on the day the clocks go back', '2026-10-25T04:59:00Z', 20_001, [LATE]],
    ['at 06:00 on the day the clocks go back', '2026-10-25T05:00:00Z', 20_001, []],
  ])('judges a restaurant in Berlin %s', (_, at, amountMinor, codes) => {
    expect(codesOf('restaurant', { amountMinor }, { at: new Date(at), timeZone: 'Europe/Berlin' })).toEqual(codes);
  });

  it('lets a restaurant be late when the merchant removed the limit', () => {
    const profile = applyProfileOverrides(DEFAULT_PROFILES.restaurant, { currencies: { usd: { lateHoursMaxMinor: null } } });

    expect(checkPaymentPolicy(aRequest({ amountMinor: 20_001 }), profile, someFacts({ at: new Date('2026-01-15T03:00:00Z') }))).toEqual([]);
  });

  it('does not refuse a shop at night: that is a risk signal', () => {
    expect(codesOf('retail', { amountMinor: 20_001 }, { at: new Date('2026-01-15T03:00:00Z') })).toEqual([]);
  });

  it('lists all violations with their limits and what remains', () => {
    const request = aRequest({ amountMinor: 5_000_001, method: 'qr', tipMinor: 1 });

    expect(checkPaymentPolicy(request, DEFAULT_PROFILES.service, someFacts({ completedPayments: 0 }))).toEqual([
      { code: 'amount_too_large', param: 'amount', limit: 5_000_000, remaining: 5_000_000 },
      { code: 'customer_email_required', param: 'customerEmail', limit: 50_000, remaining: 50_000 },
      { code: 'first_payment_limit_exceeded', param: 'amount', limit: 100_000, remaining: 100_000 },
      { code: 'tip_not_accepted', param: 'tipAmount', limit: 0, remaining: 0 },
      { code: 'method_not_accepted', param: 'method', limit: ['card', 'mobile_wallet'], remaining: null },
    ]);
  });
});

describe('an item that is sold from an age on', () => {
  it('asks for the age in the field that says it', () => {
    expect(checkPaymentPolicy(aRequest({ minimumAge: 18 }), DEFAULT_PROFILES.gaming, someFacts({}))).toEqual([
      { code: 'verified_age_required', param: 'verifiedAge', limit: 18, remaining: null },
    ]);
  });
});

describe('isOpenAt', () => {
  it.each([
    ['07:59', false],
    ['08:00', true],
    ['22:59', true],
    ['23:00', false],
  ])("knows a shop's hours at %s", (time, expected) => {
    expect(isOpenAt(DEFAULT_PROFILES.retail.openingHours, new Date(`2026-06-10T${time}:00Z`), 'UTC')).toBe(expected);
  });

  const overnight = { opensAtMinute: 18 * 60, closesAtMinute: 2 * 60, outside: 'limit_amount' } as const;

  it.each([
    ['17:59', false],
    ['18:00', true],
    ['23:59', true],
    ['00:00', true],
    ['01:59', true],
    ['02:00', false],
  ])('knows hours that run over midnight at %s', (time, expected) => {
    expect(isOpenAt(overnight, new Date(`2026-06-10T${time}:00Z`), 'UTC')).toBe(expected);
  });
});

function aRequest(request: Partial<PolicyRequest>): PolicyRequest {
  return { amountMinor: 1_000, currency: 'usd', method: 'card', ...request };
}

function aDevice(device: Partial<PolicyFacts['device']>): PolicyFacts['device'] {
  return { type: 'smartphone', status: 'active', isAuthorizedForAutomation: true, ...device };
}

function someFacts(facts: Partial<PolicyFacts>): PolicyFacts {
  return { at: NOON, timeZone: 'UTC', device: aDevice({}), completedPayments: 3, verifiedAge: null, ...facts };
}

function codesOf(type: BusinessType, request: Partial<PolicyRequest>, facts: Partial<PolicyFacts> = {}): readonly string[] {
  return checkPaymentPolicy(aRequest(request), DEFAULT_PROFILES[type], someFacts(facts)).map(({ code }) => code);
}
