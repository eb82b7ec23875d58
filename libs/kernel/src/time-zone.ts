/** Clocks and calendars of a place: a merchant's day, month and hour are counted in its own IANA time zone. */
import { assert } from './assert.js';
import { DAY_MS } from './clock.js';

/** What a wall clock and a calendar of some place show at an instant. */
export interface LocalTime {
  readonly year: number;
  /** 1 … 12. */
  readonly month: number;
  /** 1 … 31. */
  readonly day: number;
  /** 0 … 23. */
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** A day of the Gregorian calendar; `day` may run over or under its month, as in "the 32nd of January" or "the 0th of March". */
export type LocalDate = Pick<LocalTime, 'year' | 'month' | 'day'>;

/** Formatters cost 50 µs to make and 2 µs to use; there are about 600 zones, and twice as many spellings. */
const MAX_FORMATTERS = 2_000;
const formatters = new Map<string, Intl.DateTimeFormat>();

/** Whether `value` is the name of a time zone, such as `Europe/Berlin`, that this machine's tables know. */
export function isTimeZone(value: unknown): value is string {
  if (typeof value !== 'string' || value.length === 0) return false;
  try {
    formatterOf(value);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** What the clocks of a place show at an instant. @throws RangeError for an unknown zone: input is checked with {@link isTimeZone}. */
export function localTimeAt(at: Date, timeZone: string): LocalTime {
  const shown: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
  for (const part of formatterOf(timeZone).formatToParts(at)) {
    if (part.type !== 'literal') shown[part.type] = Number(part.value);
  }
  const { year, month, day, hour, minute, second } = shown;
  const isWhole = year !== undefined && month !== undefined && day !== undefined && hour !== undefined;
  assert(isWhole && minute !== undefined && second !== undefined, 'the formatter was asked for every part');
  return { year, month, day, hour, minute, second };
}

/** Minutes since midnight on the wall clock, 0 … 1439, whatever the clocks did in between. */
export function minuteOfDay(at: Date, timeZone: string): number {
  const { hour, minute } = localTimeAt(at, timeZone);
  return hour * 60 + minute;
}

/**
 * The instant at which a calendar day begins in a place.
 *
 * - Ordinary: 00:00.
 * - The clocks skip midnight (Beirut in spring, 00:00 → 01:00): the instant of the change, which the clocks call 01:00.
 * - Midnight comes twice (Havana in autumn, 01:00 → 00:00): the first of the two.
 * - The day does not exist (Apia, 30 December 2011): the instant at which the next one begins.
 *
 * So days neither overlap nor leave a gap: a day ends where the next begins, and lasts 23, 24 or 25 hours.
 */
export function startOfLocalDay(date: LocalDate, timeZone: string): Date {
  const midnightMs = Date.UTC(date.year, date.month - 1, date.day);
  const offsetBeforeMs = offsetAt(midnightMs - DAY_MS, timeZone);
  const offsetAfterMs = offsetAt(midnightMs + DAY_MS, timeZone);
  const candidates = [midnightMs - offsetBeforeMs, midnightMs - offsetAfterMs].sort((a, b) => a - b);
  for (const candidate of candidates) {
    if (candidate + offsetAt(candidate, timeZone) === midnightMs) return new Date(candidate);
  }
  return firstInstantShowing(midnightMs, timeZone, midnightMs - offsetAfterMs - DAY_MS, midnightMs - offsetBeforeMs + DAY_MS);
}

/**
 * The instant at which the clocks of a place show a time of a day.
 *
 * A time that the clocks skip is moved on by as much as they are (02:30 becomes 03:30); of a time that comes twice the first is meant.
 */
export function instantAt(local: LocalTime, timeZone: string): Date {
  const shownMs = Date.UTC(local.year, local.month - 1, local.day, local.hour, local.minute, local.second);
  const beforeMs = shownMs - offsetAt(shownMs - DAY_MS, timeZone);
  const afterMs = shownMs - offsetAt(shownMs + DAY_MS, timeZone);
  const exact = [beforeMs, afterMs].filter((each) => each + offsetAt(each, timeZone) === shownMs);
  return new Date(exact.length > 0 ? Math.min(...exact) : beforeMs);
}

/** Between two instants around a jump, the first whose wall clock shows `shownMs` or later. Halves the span: at most 28 steps. */
function firstInstantShowing(shownMs: number, timeZone: string, fromMs: number, toMs: number): Date {
  let before = fromMs;
  let after = toMs;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (middle + offsetAt(middle, timeZone) >= shownMs) after = middle;
    else before = middle;
  }
  return new Date(after);
}

/** How far the clocks of a place run ahead of UTC, in milliseconds. */
function offsetAt(atMs: number, timeZone: string): number {
  const shown = localTimeAt(new Date(atMs), timeZone);
  const shownMs = Date.UTC(shown.year, shown.month - 1, shown.day, shown.hour, shown.minute, shown.second);
  const wholeSecondsMs = atMs - (((atMs % 1_000) + 1_000) % 1_000);
  return shownMs - wholeSecondsMs;
}

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  if (formatters.size >= MAX_FORMATTERS) formatters.clear();
  formatters.set(timeZone, made);
  return made;
}
