import { newId } from '#kernel';

/** The part of an id that is its time; zeros behind it come before every id of that instant. */
const TIME_LENGTH = 10;

/** An id that comes before every assessment made since then: ids sort by time, so that a range of days is a range of the primary key. */
export function firstAssessmentIdSince(since: Date): string {
  const id = newId('assessment', Math.max(0, since.getTime()));
  const prefix = id.indexOf('_') + 1;
  return id.slice(0, prefix + TIME_LENGTH).padEnd(id.length, '0');
}
