import fc from 'fast-check';
import { HOUR_MS } from '#kernel';
import { applyProfileOverrides, DEFAULT_PROFILES } from '#merchants';
import { bucketsFor, calendarWindow, decideReservation, type LimitedPayment } from './spending-limit.js';

const { retail, restaurant, gaming, iot } = DEFAULT_PROFILES;

describe('bucketsFor', () => {
  it('counts payments of a shop device in the hour before', () => {
    expect(bucketsFor(aPayment({}), retail)).toEqual([
      {
        key: 'device:dev_1:count',
        name: 'device_payment_count',
        subject: { kind: 'device', id: 'dev_1' },
        window: { kind: 'rolling', start: new Date('2026-06-10T11:00:00Z'), end: new Date('2026-06-10T13:00:00Z') },
        currency: null,
        limit: 10,
        take: 1,
      },
    ]);
  });

  it('takes the amount from the day of a game console', () => {
    expect(bucketsFor(aPayment({ timeZone: 'America/New_York' }), gaming)).toEqual([
      {
        key: 'device:dev_1:day:usd:2026-06-10T04:00:00.000Z',
        name: 'device_daily_amount',
        subject: { kind: 'device', id: 'dev_1' },
        window: { kind: 'day', start: new Date('2026-06-10T04:00:00Z'), end: new Date('2026-06-11T04:00:00Z') },
        currency: 'usd',
        limit: 20_000,
        take: 1_000,
      },
    ]);
  });

  it('takes the amount from the month of an iot device', () => {
    expect(bucketsFor(aPayment({}), iot)).toMatchObject([{ key: 'device:dev_1:month:usd:2026-06-01T00:00:00.000Z', limit: 50_000 }]);
  });

  it('needs none in a restaurant, and none in a currency that is refused anyway', () => {
    expect(bucketsFor(aPayment({}), restaurant)).toEqual([]);
    expect(bucketsFor(aPayment({ currency: 'chf' }), gaming)).toEqual([]);
  });

  it.each([
    [undefined, 20_000],
    [5_000, 5_000],
    [0, 0],
    [90_000, 20_000],
  ])('lets a guardian lower the limit and not raise it: %p', (deviceDailyMinor, limit) => {
    const own = deviceDailyMinor === undefined ? {} : { deviceDailyMinor };

    expect(bucketsFor(aPayment(own), gaming)[0]?.limit).toBe(limit);
  });

  it('orders buckets by key, so that two payments take shared ones in the same order', () => {
    const rules = { deviceMonthlyMinor: 5, customerDailyMinor: 4, customerMonthlyMinor: 3 };
    const profile = applyProfileOverrides(gaming, { currencies: { usd: rules }, devicePaymentCount: { max: 5, windowMs: HOUR_MS } });
    const names = bucketsFor(aPayment({ customerId: 'cus_1' }), profile).map(({ name }) => name);

    expect(names).toEqual([
      'customer_daily_amount',
      'customer_monthly_amount',
      'device_payment_count',
      'device_daily_amount',
      'device_monthly_amount',
    ]);
  });

  it('needs no customer bucket for a payment without a customer', () => {
    const profile = applyProfileOverrides(restaurant, { currencies: { usd: { customerDailyMinor: 4 } } });

    expect(bucketsFor(aPayment({ customerId: null }), profile)).toEqual([]);
  });

  it('gives payments of one day one key, and those of the next another', () => {
    const keyAt = (at: string) => bucketsFor(aPayment({ at: new Date(at), timeZone: 'Europe/Berlin' }), gaming)[0]?.key;

    expect(keyAt('2026-06-09T22:00:00Z')).toBe(keyAt('2026-06-10T21:59:59.999Z'));
    expect(keyAt('2026-06-10T22:00:00Z')).not.toBe(keyAt('2026-06-10T21:59:59.999Z'));
  });
});

describe('calendarWindow', () => {
  it.each([
    ['day', 'Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'],
    ['day', 'Europe/Berlin', '2026-10-25T12:00:00Z', '2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z'],
    ['day', 'America/Havana', '2024-11-03T04:30:00Z', '2024-11-03T04:00:00.000Z', '2024-11-04T05:00:00.000Z'],
    ['month', 'America/New_York', '2026-03-31T23:00:00Z', '2026-03-01T05:00:00.000Z', '2026-04-01T04:00:00.000Z'],
    ['month', 'UTC', '2024-02-29T23:59:59Z', '2024-02-01T00:00:00.000Z', '2024-03-01T00:00:00.000Z'],
    ['month', 'UTC', '2026-12-31T23:59:59Z', '2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
  ] as const)('knows the %s in %s at %s', (kind, zone, at, start, end) => {
    expect(calendarWindow(kind, new Date(at), zone)).toEqual({ kind, start: new Date(start), end: new Date(end) });
  });

  it('gives every instant exactly one window, in every zone', () => {
    const instants = fc.date({ min: new Date('2012-01-01T00:00:00Z'), max: new Date('2035-01-01T00:00:00Z'), noInvalidDate: true });
    const zones = fc.constantFrom(...Intl.supportedValuesOf('timeZone'));
    fc.assert(
      fc.property(fc.constantFrom('day' as const, 'month' as const), instants, zones, (kind, at, zone) => {
        const window = calendarWindow(kind, at, zone);

        expect(window.start.getTime() <= at.getTime() && at.getTime() < window.end.getTime()).toBe(true);
        expect(calendarWindow(kind, window.start, zone)).toEqual(window);
        expect(calendarWindow(kind, new Date(window.end.getTime() - 1), zone)).toEqual(window);
        expect(calendarWindow(kind, window.end, zone).start).toEqual(window.end);
      }),
      { numRuns: 300 },
    );
  });
});

describe('decideReservation', () => {
  it.each([
    ['just under', 19_000, 0, 999, true, 1_000],
    ['at', 19_000, 0, 1_000, true, 1_000],
    ['just over', 19_000, 0, 1_001, false, 1_000],
    ['both kinds of use', 9_000, 10_000, 1_001, false, 1_000],
    ['a limit lowered below its use', 0, 30_000, 1, false, 0],
  ])('answers %s the limit', (_, reserved, settled, take, fits, remaining) => {
    expect(decideReservation({ limit: 20_000, take }, { reserved, settled })).toEqual({ fits, remaining });
  });

  it('never lets the sum pass the limit, whatever comes', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10_000 }), fc.array(fc.integer({ min: 1, max: 1_000 }), { maxLength: 200 }), (limit, takes) => {
        let reserved = 0;
        for (const take of takes) if (decideReservation({ limit, take }, { reserved, settled: 0 }).fits) reserved += take;

        expect(reserved).toBeLessThanOrEqual(limit);
      }),
    );
  });
});

function aPayment(payment: Partial<LimitedPayment>): LimitedPayment {
  return {
    amountMinor: 1_000,
    currency: 'usd',
    deviceId: 'dev_1',
    customerId: null,
    at: new Date('2026-06-10T12:00:00Z'),
    timeZone: 'UTC',
    ...payment,
  };
}
