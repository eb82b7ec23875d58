import {
  FEATURES_SCHEMA_VERSION,
  SUBJECTS,
  type AttemptFeatures,
  type DeviceFeatures,
  type FraudFeatures,
  type HistoryFeatures,
  type LocationFeatures,
  type Subject,
  type SubjectHistory,
} from './features.js';

/** Parts of a snapshot that a test is about; whatever it leaves out is harmless. */
export interface FeatureParts extends Partial<Pick<FraudFeatures, 'lists' | 'model'>> {
  readonly attempt?: Partial<AttemptFeatures>;
  readonly device?: Partial<DeviceFeatures> | null;
  readonly history?: Partial<HistoryFeatures> | null;
  readonly location?: Partial<LocationFeatures>;
}

/** A harmless snapshot: a known device at noon, a usual amount, no list entry, no model. */
export function someFeatures(parts: FeatureParts = {}): FraudFeatures {
  return {
    schemaVersion: FEATURES_SCHEMA_VERSION,
    attempt: {
      occurredAt: '2026-11-02T12:00:00.000Z',
      amountMinor: 1_099,
      currency: 'usd',
      businessType: 'retail',
      method: 'card',
      hasCustomerEmail: true,
      localHour: 12,
      ...parts.attempt,
    },
    device:
      parts.device === null
        ? null
        : {
            status: 'active',
            capabilityCount: 2,
            fingerprintMatches: true,
            ageSeconds: 86_400,
            isAutomationAuthorised: true,
            ...parts.device,
          },
    history:
      parts.history === null
        ? null
        : {
            subjects: someSubjects({}),
            businessType: { count: 0, sumMinor: 0 },
            customerHours: null,
            deviceFrauds: null,
            ...parts.history,
          },
    location: { current: null, last: null, countries: { ip: null, card: null, device: null }, ...parts.location },
    lists: parts.lists === undefined ? { block: [], review: [], allow: [] } : parts.lists,
    model: parts.model ?? null,
  };
}

/** Histories of the four subjects; those left out have none. */
export function someSubjects(parts: Partial<Record<Subject, Partial<SubjectHistory>>>): HistoryFeatures['subjects'] {
  const entries = SUBJECTS.map((subject) => {
    const part = parts[subject];
    return [subject, part === undefined ? null : { ...NO_HISTORY, ...part }] as const;
  });
  return Object.fromEntries(entries) as HistoryFeatures['subjects'];
}

const NO_HISTORY: SubjectHistory = {
  attempts5Minutes: 0,
  attempts1Hour: 0,
  attempts24Hours: 0,
  attempts7Days: 0,
  attempts30Days: 0,
  amountMinor24Hours: 0,
  amounts30Days: { count: 0, sumMinor: 0 },
};
