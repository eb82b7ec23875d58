import { localTimeAt, MINUTE_MS, SECOND_MS } from '#kernel';
import {
  FEATURES_SCHEMA_VERSION,
  SUBJECTS,
  type FraudFeatures,
  type HistoryFeatures,
  type ModelFeatures,
  type SubjectHistory,
} from './domain/features.js';
import { type FraudAttempt } from './fraud-attempt.js';
import { type FraudEvidence } from './attempts.repository.js';

/** The snapshot that rules and models see, from what the request says and what the database knows. */
export function snapshotOf(attempt: FraudAttempt, evidence: FraudEvidence, model: ModelFeatures | null): FraudFeatures {
  const attemptedAt = new Date(evidence.attemptedAt);
  const { registeredAt, status, capabilityCount, fingerprintMatches, isAutomationAuthorised } = attempt.device;
  const ageSeconds = Math.floor((attemptedAt.getTime() - registeredAt.getTime()) / SECOND_MS);
  const list = (name: string) => (evidence.lists ?? []).filter((hit) => hit.list === name).map(({ entryId, kind }) => ({ entryId, kind }));
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
    lists: evidence.lists === null ? null : { block: list('block'), review: list('review'), allow: list('allow') },
    model,
  };
}

// Every zone is a multiple of this ahead of UTC, and changes its clocks at one: between two of them the hour stays.
const SAME_HOUR_MS = 15 * MINUTE_MS;
const MAX_ZONES = 2_000;
const localHours = new Map<string, { readonly span: number; readonly hour: number }>();

/** Asking the calendar costs as much as all the rules together, and its answer holds for minutes. */
function localHourAt(at: Date, timeZone: string): number {
  const span = Math.floor(at.getTime() / SAME_HOUR_MS);
  const known = localHours.get(timeZone);
  if (known?.span === span) return known.hour;
  const { hour } = localTimeAt(at, timeZone);
  if (localHours.size >= MAX_ZONES) localHours.clear();
  localHours.set(timeZone, { span, hour });
  return hour;
}

const NO_ATTEMPTS: SubjectHistory = {
  attempts5Minutes: 0,
  attempts1Hour: 0,
  attempts24Hours: 0,
  attempts7Days: 0,
  attempts30Days: 0,
  amountMinor24Hours: 0,
  amounts30Days: { count: 0, sumMinor: 0 },
};

function historyOf(attempt: FraudAttempt, evidence: FraudEvidence): HistoryFeatures | null {
  const { subjects, businessType, customerHours, deviceFrauds } = evidence;
  if (subjects === null) return null;
  const hasSubject = { device: true, card: attempt.card !== null, customer: attempt.customerId !== null, ip: attempt.ip !== null };
  const entries = SUBJECTS.map((subject) => [subject, hasSubject[subject] ? (subjects[subject] ?? NO_ATTEMPTS) : null] as const);
  return {
    subjects: Object.fromEntries(entries) as HistoryFeatures['subjects'],
    businessType,
    customerHours: attempt.customerId === null ? null : Array.from({ length: 24 }, (_, hour) => customerHours?.[hour] ?? 0),
    deviceFrauds,
  };
}
