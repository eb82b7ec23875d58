import { localTimeAt, SECOND_MS } from '#kernel';
import {
  FEATURES_SCHEMA_VERSION,
  SUBJECTS,
  type FraudFeatures,
  type HistoryFeatures,
  type ModelFeatures,
  type SubjectHistory,
} from './domain/features.js';
import { type FraudAttempt } from './fraud-attempt.js';
import { type FraudEvidence } from './fraud.repository.js';

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
      localHour: localTimeAt(attemptedAt, attempt.timeZone).hour,
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
