import { type Money } from '#kernel';
import { type BusinessType } from '#merchants';
import { type DeviceFeatures, type Place } from './domain/features.js';

/** A payment that is about to be made, as the fraud rules are told of it. */
export interface FraudAttempt {
  readonly paymentId: string;
  readonly merchantId: string;
  readonly livemode: boolean;
  readonly amount: Money;
  readonly businessType: BusinessType;
  /** How the device presented the payment method. */
  readonly method: string;
  /** The merchant's IANA time zone. */
  readonly timeZone: string;
  readonly device: { readonly id: string; readonly registeredAt: Date } & Omit<DeviceFeatures, 'ageSeconds'>;
  /** What stands for the card: its fingerprint where known, else the payment method's id; null for a one-time token. */
  readonly card: string | null;
  readonly customerId: string | null;
  /** The customer's address, for the lists; it is matched and never stored here. */
  readonly email: string | null;
  readonly ip: string | null;
  readonly location: Place | null;
}
