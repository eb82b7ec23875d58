import fc from 'fast-check';
import { HOUR_MS } from './clock.js';
import { instantAt, isTimeZone, localTimeAt, minuteOfDay, startOfLocalDay } from './time-zone.js';

describe('isTimeZone', () => {
  it.each([
    ['Europe/Berlin', true],
    ['UTC', true],
    ['Mars/Olympus', false],
    ['', false],
    [undefined, false],
  ])('answers %p with %p', (value, expected) => {
    expect(isTimeZone(value)).toBe(expected);
  });
});

describe('localTimeAt', () => {
  it('shows what the clocks of the place show', () => {
    expect(localTimeAt(new Date('2026-07-01T22:30:15Z'), 'Asia/Kolkata')).toEqual({
      year: 2026,
      month: 7,
      day: 2,
      hour: 4,
      minute: 0,
      second: 15,
    });
  });

  it.each([
    ['before the jump', '2026-03-29T00:59:00Z', 119],
    ['after it', '2026-03-29T01:00:00Z', 180],
  ])('follows the wall clock over a jump: %s', (_, at, minute) => {
    expect(minuteOfDay(new Date(at), 'Europe/Berlin')).toBe(minute);
  });
});

describe('instantAt', () => {
  it.each([
    ['an ordinary time', 'Europe/Berlin', [2026, 7, 1, 2, 30], '2026-07-01T00:30:00.000Z'],
    ['a time that is skipped, moved on', 'Europe/Berlin', [2026, 3, 29, 2, 30], '2026-03-29T01:30:00.000Z'],
    ['the first of two', 'Europe/Berlin', [2026, 10, 25, 2, 30], '2026-10-25T00:30:00.000Z'],
    ['the time after the two', 'Europe/Berlin', [2026, 10, 25, 3, 0], '2026-10-25T02:00:00.000Z'],
  ])('finds %s', (_, zone, [year = 0, month = 0, day = 0, hour = 0, minute = 0], expected) => {
    expect(instantAt({ year, month, day, hour, minute, second: 0 }, zone).toISOString()).toBe(expected);
  });
});

describe('startOfLocalDay', () => {
  it.each([
    ['an ordinary day', 'Europe/Berlin', [2026, 7, 1], '2026-06-30T22:00:00.000Z'],
    ['the day of a spring change at two', 'America/New_York', [2026, 3, 8], '2026-03-08T05:00:00.000Z'],
    ['the day after it', 'America/New_York', [2026, 3, 9], '2026-03-09T04:00:00.000Z'],
    ['the day of an autumn change', 'America/New_York', [2026, 11, 1], '2026-11-01T04:00:00.000Z'],
    ['a midnight that is skipped', 'Africa/Cairo', [2024, 4, 26], '2024-04-25T22:00:00.000Z'],
    ['a midnight that comes twice', 'America/Havana', [2024, 11, 3], '2024-11-03T04:00:00.000Z'],
    ['a day that does not exist', 'Pacific/Apia', [2011, 12, 30], '2011-12-30T10:00:00.000Z'],
    ['the day that follows it', 'Pacific/Apia', [2011, 12, 31], '2011-12-30T10:00:00.000Z'],
    ['the 32nd of January', 'UTC', [2026, 1, 32], '2026-02-01T00:00:00.000Z'],
    ['a zone fourteen hours ahead', 'Pacific/Kiritimati', [2026, 1, 1], '2025-12-31T10:00:00.000Z'],
    ['a zone of three quarters of an hour', 'Asia/Kathmandu', [2026, 1, 1], '2025-12-31T18:15:00.000Z'],
  ])('finds %s', (_, zone, [year = 0, month = 0, day = 0], expected) => {
    expect(startOfLocalDay({ year, month, day }, zone).toISOString()).toBe(expected);
  });

  it('begins each day at the first instant of its date, in every zone', () => {
    const zones = Intl.supportedValuesOf('timeZone');
    const instants = fc.date({ min: new Date('2012-01-01T00:00:00Z'), max: new Date('2035-01-01T00:00:00Z'), noInvalidDate: true });
    fc.assert(
      fc.property(fc.constantFrom(...zones), instants, (zone, at) => {
        const today = localTimeAt(at, zone);
        const start = startOfLocalDay(today, zone);
        const end = startOfLocalDay({ ...today, day: today.day + 1 }, zone);

        expect(start.getTime()).toBeLessThanOrEqual(at.getTime());
        expect(end.getTime()).toBeGreaterThan(at.getTime());
        expect(localTimeAt(start, zone)).toMatchObject({ year: today.year, month: today.month, day: today.day });
        expect(localTimeAt(new Date(start.getTime() - 1), zone)).not.toMatchObject({ month: today.month, day: today.day });
        expect([23, 23.5, 24, 24.5, 25]).toContain((end.getTime() - start.getTime()) / HOUR_MS);
      }),
      { numRuns: 500 },
    );
  });
});
