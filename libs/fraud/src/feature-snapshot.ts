import { HOUR_MS, localTimeAt, MINUTE_MS, SECOND_MS } from '#kernel';
import {
  FEATURES_SCHEMA_VERSION,
  SUBJECTS,
  type FraudFeatures,
  type HistoryFeatures,
  type ListFeatures,
  type ListHit,
  type ModelFeatures,
} from './domain/features.js';
import { type FraudAttempt } from './fraud-attempt.js';
import { type FraudEvidence } from './attempts.repository.js';
import { type ListName } from './blacklist/list-value.js';
import { customerHours, subjectHistory } from './past-attempts.js';

/** The snapshot that rules and models see, from what the request says and what the database knows. */
export function snapshotOf(attempt: FraudAttempt, evidence: FraudEvidence, model: ModelFeatures | null): FraudFeatures {
  const attemptedAt = new Date(evidence.attemptedAt);
  const { registeredAt, status, capabilityCount, fingerprintMatches, isAutomationAuthorised } = attempt.device;
  const ageSeconds = Math.floor((attemptedAt.getTime() - registeredAt.getTime()) / SECOND_MS);
  return {
    schemaVersion: FEATURES_SCHEMA_VERSION,
    attempt: {
      occurredAt: attemptedAt.toISOString(),
      amountMinor: attempt.amount.amountMinor,
      currency: attempt.amount.currency,
      businessType: attempt.businessType,
      method: attempt.method,
      hasCustomerEmail: attempt.email !== null,
      localHour: localHourAt(attemptedAt, attempt.timeZone),
    },
    device: { status, capabilityCount, fingerprintMatches, isAutomationAuthorised, ageSeconds },
    history: historyOf(attempt, evidence),
    location: {
      current: attempt.location,
      last: evidence.lastPlace,
      countries: attempt.countries ?? { ip: null, card: null, device: null },
    },
    lists: listsOf(evidence.lists),
    model,
  };
}

function listsOf(hits: FraudEvidence['lists']): ListFeatures | null {
  if (hits === null) return null;
  const of = (name: ListName): ListHit[] =>
    hits.filter(({ list, mode }) => list === name && mode === 'live').map(({ entryId, kind }) => ({ entryId, kind }));
  const shadow = hits.filter(({ mode }) => mode === 'shadow').map(({ entryId, kind, list }) => ({ entryId, kind, list }));
  return { block: of('block'), review: of('review'), allow: of('allow'), ...(shadow.length > 0 && { shadow }) };
}

// Every zone is a multiple of this ahead of UTC, and changes its clocks at one: between two of them the offset stays.
const SAME_OFFSET_MS = 15 * MINUTE_MS;
const MAX_ZONES = 2_000;
const offsets = new Map<string, { readonly span: number; readonly offsetMs: number }>();

function localHourAt(at: Date, timeZone: string): number {
  return Math.floor((at.getTime() + localOffsetMs(at, timeZone)) / HOUR_MS) % 24;
}

/** How far the clocks of a zone are ahead of UTC. Asking the calendar costs as much as all the rules together, and its answer holds for minutes. */
function localOffsetMs(at: Date, timeZone: string): number {
  const span = Math.floor(at.getTime() / SAME_OFFSET_MS);
  const known = offsets.get(timeZone);
  if (known?.span === span) return known.offsetMs;
  const { year, month, day, hour, minute } = localTimeAt(at, timeZone);
  const offsetMs = Date.UTC(year, month - 1, day, hour, minute) - Math.floor(at.getTime() / MINUTE_MS) * MINUTE_MS;
  if (offsets.size >= MAX_ZONES) offsets.clear();
  offsets.set(timeZone, { span, offsetMs });
  return offsetMs;
}

function historyOf(attempt: FraudAttempt, { attemptedAt, past, businessType, labels }: FraudEvidence): HistoryFeatures | null {
  if (past === null) return null;
  const hasSubject = { device: true, card: attempt.card !== null, customer: attempt.customerId !== null, ip: attempt.ip !== null };
  const subjects = SUBJECTS.map((subject) => [subject, hasSubject[subject] ? subjectHistory(past, subject) : null] as const);
  const at = new Date(attemptedAt);
  return {
    subjects: Object.fromEntries(subjects) as HistoryFeatures['subjects'],
    businessType,
    // The offset of today holds for 30 days well enough.
    customerHours: attempt.customerId === null ? null : customerHours(past, at, localOffsetMs(at, attempt.timeZone)),
    deviceFrauds: labels && (labels.known ?? { count28Days: 0, latestRun: 0 }),
  };
}
