/** The feature snapshot: everything a fraud rule or a model may look at, taken once, stored with the assessment and replayed from there. */
import { type BusinessType } from '#merchants';

/** Version of the shape below; a stored snapshot of an older version is never read with newer rules. */
export const FEATURES_SCHEMA_VERSION = 1;

/** Who or what an attempt is counted under. */
export const SUBJECTS = ['device', 'card', 'customer', 'ip'] as const;
/** One of {@link SUBJECTS}. */
export type Subject = (typeof SUBJECTS)[number];

/** All inputs of an assessment. `null` always means *unknown*; it is never a stand-in for zero. */
export interface FraudFeatures {
  readonly schemaVersion: typeof FEATURES_SCHEMA_VERSION;
  readonly attempt: AttemptFeatures;
  /** `null`: the attempt names a device that is not registered with this merchant. */
  readonly device: DeviceFeatures | null;
  /** `null`: the past could not be read in time, so that the assessment is degraded. */
  readonly history: HistoryFeatures | null;
  readonly location: LocationFeatures;
  /** `null`: the lists could not be read in time. */
  readonly lists: ListFeatures | null;
  /** `null`: no model looked at this attempt. */
  readonly model: ModelFeatures | null;
}

/** What the payer asks for. */
export interface AttemptFeatures {
  /** RFC 3339 UTC, stamped by the database once the attempt's place in the order is certain. */
  readonly occurredAt: string;
  /** Minor units of `currency`. */
  readonly amountMinor: number;
  /** Lower-case ISO 4217 code. */
  readonly currency: string;
  readonly businessType: BusinessType;
  /** How the device presented the payment method: `card`, `qr` … */
  readonly method: string;
  readonly hasCustomerEmail: boolean;
  /** Hour of the day in the merchant's time zone, 0 … 23; `null` when the zone is unknown. */
  readonly localHour: number | null;
}

/** The paying device as registered. */
export interface DeviceFeatures {
  readonly status: 'active' | 'suspended' | 'revoked';
  readonly capabilityCount: number;
  /** `null`: the request carried no fingerprint to compare. */
  readonly fingerprintMatches: boolean | null;
  /** Seconds since registration; negative when the registration lies in the future of a skewed clock. */
  readonly ageSeconds: number;
  /** Whether the owner allowed the device to pay by itself. */
  readonly isAutomationAuthorised: boolean;
}

/** Earlier attempts, the present one not counted, whether or not they succeeded. */
export interface HistoryFeatures {
  /** By subject; `null` for a subject the attempt does not have. */
  readonly subjects: Readonly<Record<Subject, SubjectHistory | null>>;
  /** Latest attempts of the merchant in this business type and currency; `null` when an own average made them needless, or for want of time. */
  readonly businessType: AmountHistory | null;
  /** The customer's earlier attempts by hour of the day in the merchant's time zone, 24 counts; `null` without a customer. */
  readonly customerHours: readonly number[] | null;
  /** Frauds on the device that have become known by now; `null` when labels were not read. */
  readonly deviceFrauds: KnownFrauds | null;
}

/** Earlier attempts of one device, card, customer or IP address. A hot one is counted to {@link COUNT_CAP}, a device to five times that. */
export interface SubjectHistory {
  readonly attempts5Minutes: number;
  readonly attempts1Hour: number;
  readonly attempts24Hours: number;
  readonly attempts7Days: number;
  readonly attempts30Days: number;
  /** Minor units of the attempt's currency over 24 h. */
  readonly amountMinor24Hours: number;
  /** Attempts and their sum in the attempt's currency over 30 days. */
  readonly amounts30Days: AmountHistory;
}

/** What labels say of a device's past. */
export interface KnownFrauds {
  /** Payments of the last 28 days known as frauds. */
  readonly count28Days: number;
  /** How many of its latest labelled payments were frauds without a break. */
  readonly latestRun: number;
}

/** How many attempts in one currency, and their sum: an average without rounding. */
export interface AmountHistory {
  readonly count: number;
  /** Minor units. */
  readonly sumMinor: number;
}

/** A hot subject is counted only this far, so that one shared address cannot slow every assessment. */
export const COUNT_CAP = 1_000;

/** A point on Earth in degrees. */
export interface Place {
  /** −90 … 90. */
  readonly latitude: number;
  /** −180 … 180. */
  readonly longitude: number;
}

/** Where the attempt and its predecessors took place. */
export interface LocationFeatures {
  readonly current: Place | null;
  /** The device's last known place before this attempt. */
  readonly last: (Place & { readonly seenAt: string }) | null;
  /** Upper-case ISO 3166 codes. */
  readonly countries: { readonly ip: string | null; readonly card: string | null; readonly device: string | null };
}

/** Active entries that name the attempt's device, email, address, card or customer, by list. */
export interface ListFeatures {
  readonly block: readonly ListHit[];
  readonly review: readonly ListHit[];
  readonly allow: readonly ListHit[];
}

/** One matching entry; it carries no value, since values may be personal. */
export interface ListHit {
  /** Id of the entry. */
  readonly entryId: string;
  /** `device`, `email`, `cidr` … */
  readonly kind: string;
}

/** A model's estimate. */
export interface ModelFeatures {
  readonly version: string;
  readonly mode: 'live' | 'shadow';
  /** Calibrated probability of fraud, 0 … 1; null or NaN when the model gave none, which the rule reports as unavailable. */
  readonly probability: number | null;
  /** What the model saw, in the order of its features; null for what was unknown. */
  readonly inputs: readonly (number | null)[];
  /** What moved its estimate most, the strongest first, in log-odds; absent when it gave none. */
  readonly reasons?: readonly { readonly feature: string; readonly share: number }[];
}
