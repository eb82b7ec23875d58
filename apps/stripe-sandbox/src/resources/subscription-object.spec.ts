import { addInterval } from './subscription-object.js';

const seconds = (text: string) => Date.parse(`${text}T12:00:00Z`) / 1_000;

describe(addInterval.name, () => {
  it.each<[string, Parameters<typeof addInterval>[1], string]>([
    ['2026-01-15', { interval: 'month', interval_count: 1 }, '2026-02-15'],
    ['2026-01-31', { interval: 'month', interval_count: 1 }, '2026-02-28'],
    ['2028-01-31', { interval: 'month', interval_count: 1 }, '2028-02-29'],
    ['2026-11-30', { interval: 'month', interval_count: 3 }, '2027-02-28'],
    ['2028-02-29', { interval: 'year', interval_count: 1 }, '2029-02-28'],
    ['2026-12-31', { interval: 'week', interval_count: 2 }, '2027-01-14'],
    ['2026-12-31', { interval: 'day', interval_count: 1 }, '2027-01-01'],
  ])('takes %s by %o to %s', (from, interval, to) => {
    expect(addInterval(seconds(from), interval)).toBe(seconds(to));
  });
});
