import { type Money } from '#kernel';
import { type BusinessProfile, type BusinessType } from '#merchants';
import { type DeviceFeatures, type LocationFeatures, type Place } from './domain/features.js';

/** A payment that is about to be made, as the fraud rules are told of it. */
export interface FraudAttempt {
  readonly paymentId: string;
  readonly merchantId: string;
  readonly livemode: boolean;
  readonly amount: Money;
  readonly businessType: BusinessType;
  /** The profile in force, for its failure policy and its review rule; without one the product's default for the business type holds. */
  readonly profile?: Pick<BusinessProfile, 'riskFailurePolicy' | 'review'>;
  /** How the device presented the payment method. */
  readonly method: string;
  /** The merchant's IANA time zone. */
  readonly timeZone: string;
  readonly device: { readonly id: string; readonly registeredAt: Date } & Omit<DeviceFeatures, 'ageSeconds'>;
  /** What stands for the card: its fingerprint where known, else the payment method's id; null for a one-time token. */
  readonly card: string | null;
  /** First six to eight digits of the card, where known. */
  readonly bin?: string | null;
  readonly customerId: string | null;
  /** The customer's address, for the lists; it is matched and never stored here. */
  readonly email: string | null;
  readonly ip: string | null;
  readonly location: Place | null;
  /** In `shadow` the judgement is recorded and only lists block; `enforce` when absent. */
  readonly mode?: 'enforce' | 'shadow';
  /** Upper-case ISO 3166 codes, where known. */
  readonly countries?: LocationFeatures['countries'];
}
