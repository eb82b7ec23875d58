import fc from 'fast-check';
import { AssertionError, localTimeAt } from '#kernel';
import { BILLING_UNITS, type BillingSchedule, dueRenewal, periodAt, periodOf } from './billing-schedule.js';

const aSpread: fc.Arbitrary<BillingSchedule> = fc.record({
  anchor: fc.date({ min: new Date('2015-01-01T00:00:00Z'), max: new Date('2030-01-01T00:00:00Z'), noInvalidDate: true }),
  unit: fc.constantFrom(...BILLING_UNITS),
  count: fc.integer({ min: 1, max: 12 }),
  timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Africa/Cairo'),
});

describe('periodOf', () => {
  it.each<[string, Partial<BillingSchedule>, readonly string[]]>([
    [
      'months from the 31st',
      { anchor: new Date('2026-01-31T09:00:00Z') },
      ['2026-01-31', '2026-02-28', '2026-03-31', '2026-04-30', '2026-05-31', '2026-06-30', '2026-07-31', '2026-08-31'],
    ],
    ['months from the 30th over a leap February', { anchor: new Date('2024-01-30T09:00:00Z') }, ['2024-01-30', '2024-02-29', '2024-03-30']],
    [
      'months over the end of a year',
      { anchor: new Date('2026-11-30T09:00:00Z') },
      ['2026-11-30', '2026-12-30', '2027-01-30', '2027-02-28'],
    ],
    [
      'years from 29 February',
      { anchor: new Date('2024-02-29T09:00:00Z'), unit: 'year' },
      ['2024-02-29', '2025-02-28', '2026-02-28', '2027-02-28', '2028-02-29'],
    ],
    ['quarters from 30 November', { anchor: new Date('2026-11-30T09:00:00Z'), count: 3 }, ['2026-11-30', '2027-02-28', '2027-05-30']],
    ['fortnights', { unit: 'week', count: 2 }, ['2026-01-15', '2026-01-29', '2026-02-12', '2026-02-26']],
    ['days', { unit: 'day' }, ['2026-01-15', '2026-01-16', '2026-01-17']],
  ])('knows %s', (_, rest, dates) => {
    const starts = dates.map((_date, index) => periodOf(aSchedule(rest), index).start.toISOString());

    expect(starts).toEqual(dates.map((date) => `${date}T09:00:00.000Z`));
  });

  it('keeps the time of day on the wall clock over both changes of a year', () => {
    const schedule = aSchedule({ anchor: new Date('2026-01-15T08:30:00.250Z'), timeZone: 'Europe/Berlin' });

    expect([0, 3, 6, 9, 10].map((index) => periodOf(schedule, index).start.toISOString())).toEqual([
      '2026-01-15T08:30:00.250Z',
      '2026-04-15T07:30:00.250Z',
      '2026-07-15T07:30:00.250Z',
      '2026-10-15T07:30:00.250Z',
      '2026-11-15T08:30:00.250Z',
    ]);
  });

  it.each([
    ['moves a skipped time on', '2026-02-28T01:30:00Z', 29, '2026-03-29T01:30:00.000Z'],
    ['takes the first of two', '2026-10-20T00:30:00Z', 5, '2026-10-25T00:30:00.000Z'],
  ])('%s', (_, anchor, index, expected) => {
    const schedule = aSchedule({ anchor: new Date(anchor), unit: 'day', timeZone: 'Europe/Berlin' });

    expect(periodOf(schedule, index).start.toISOString()).toBe(expected);
  });

  it('begins at the anchor itself, even where its time comes twice', () => {
    const anchor = new Date('2026-10-25T01:30:00Z');

    expect(periodOf(aSchedule({ anchor, timeZone: 'Europe/Berlin' }), 0).start).toEqual(anchor);
  });

  it.each([-1, 0.5, NaN])('refuses the index %p', (index) => {
    expect(() => periodOf(aSchedule({}), index)).toThrow(AssertionError);
  });

  it('neither overlaps nor leaves a gap, and falls on the anchor day or the end of a shorter month', () => {
    fc.assert(
      fc.property(aSpread, fc.nat({ max: 200 }), (schedule, index) => {
        const period = periodOf(schedule, index);
        const { day } = localTimeAt(period.start, schedule.timeZone);
        const anchorDay = localTimeAt(schedule.anchor, schedule.timeZone).day;

        expect(period.start.getTime()).toBeLessThan(period.end.getTime());
        expect(periodOf(schedule, index + 1).start).toEqual(period.end);
        if (schedule.unit === 'month' || schedule.unit === 'year') {
          expect(day === anchorDay || (day >= 28 && day < anchorDay)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('periodAt', () => {
  it('finds the period of each of its instants, and none before the anchor', () => {
    fc.assert(
      fc.property(aSpread, fc.nat({ max: 200 }), (schedule, index) => {
        const period = periodOf(schedule, index);

        expect(periodAt(schedule, period.start)).toEqual(period);
        expect(periodAt(schedule, new Date(period.end.getTime() - 1))).toEqual(period);
        expect(periodAt(schedule, new Date(schedule.anchor.getTime() - 1))).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });
});

describe('dueRenewal', () => {
  it.each([
    ['one millisecond early', '2026-02-15T08:59:59.999Z', 0, undefined],
    ['on time', '2026-02-15T09:00:00Z', 0, { index: 1, skipped: 0 }],
    ['charged already', '2026-02-15T09:00:00Z', 1, undefined],
    ['after an outage of two periods', '2026-04-20T09:00:00Z', 0, { index: 3, skipped: 2 }],
    ['before the first period', '2026-01-01T00:00:00Z', -1, undefined],
    ['at the first period', '2026-01-15T09:00:00Z', -1, { index: 0, skipped: 0 }],
  ])('answers %s', (_, now, lastCharged, expected) => {
    const due = dueRenewal(aSchedule({}), lastCharged, new Date(now));

    expect(due && { index: due.period.index, skipped: due.skipped }).toEqual(expected);
  });
});

function aSchedule(schedule: Partial<BillingSchedule>): BillingSchedule {
  return { anchor: new Date('2026-01-15T09:00:00Z'), unit: 'month', count: 1, timeZone: 'UTC', ...schedule };
}
