/** A payment as its row holds it. */
import type { CurrencyCode } from '#kernel';
import type { DeviceType } from '#devices';
import type { BusinessType, PaymentMethod } from '#merchants';
import type { PaymentStatus } from './domain/payment-status.js';
import type { GatewayDecline } from './payment-gateway.js';

/** The current row; every change raises `version` by one and leaves an adjustment with that sequence. */
export interface Payment {
  readonly id: string;
  readonly merchantId: string;
  readonly livemode: boolean;
  readonly status: PaymentStatus;
  /** `unknown` while nobody can say whether the processor moved money. */
  readonly outcomeCertainty: 'known' | 'unknown';
  /** Base + tip + tax; this and all amounts in minor units of `currency`. */
  readonly amountMinor: number;
  readonly tipMinor: number;
  readonly taxMinor: number;
  readonly amountCapturableMinor: number;
  readonly amountReceivedMinor: number;
  readonly amountRefundedMinor: number;
  readonly amountDisputedMinor: number;
  readonly currency: CurrencyCode;
  readonly deviceId: string;
  readonly deviceType: DeviceType;
  readonly customerId: string | null;
  readonly businessType: BusinessType;
  /** Which version of the merchant's profile it was judged by; 0 is the product's default. */
  readonly profileVersion: number;
  readonly method: PaymentMethod;
  /** Stripe's payment method id or test token, or the id of a saved method of ours. */
  readonly paymentMethod: string;
  /** Whether nobody is present who could pass a challenge. */
  readonly isOffSession: boolean;
  readonly captureMethod: 'automatic' | 'manual';
  readonly description: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly returnUrl: string | null;
  readonly riskScore: number | null;
  readonly riskLevel: 'low' | 'medium' | 'high' | 'critical' | null;
  readonly riskDecision: 'allow' | 'review' | 'block' | null;
  readonly stripePaymentIntentId: string | null;
  readonly stripeChargeId: string | null;
  /** Of a held amount: when the authorization ends by itself; null when the processor does not say. */
  readonly captureBefore: Date | null;
  /** Whether the authorization was asked for as one that can be raised. */
  readonly isIncreasable: boolean;
  /** The payment that charges this small amount together with others; the money is that payment's alone. */
  readonly accumulatedInto: string | null;
  readonly nextAction: Readonly<Record<string, unknown>> | null;
  readonly lastError: GatewayDecline | null;
  readonly version: number;
  readonly nextCheckAt: Date | null;
  readonly checkCount: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What a change may set. */
export type PaymentChange = Partial<
  Pick<
    Payment,
    | 'status'
    | 'outcomeCertainty'
    | 'amountMinor'
    | 'tipMinor'
    | 'amountCapturableMinor'
    | 'amountReceivedMinor'
    | 'amountRefundedMinor'
    | 'amountDisputedMinor'
    | 'stripePaymentIntentId'
    | 'stripeChargeId'
    | 'captureBefore'
    | 'accumulatedInto'
    | 'nextAction'
    | 'lastError'
    | 'nextCheckAt'
    | 'checkCount'
  >
>;

/** Who or what changed a payment, for its adjustments. */
export interface ChangeSource {
  readonly source: 'api' | 'webhook' | 'completer' | 'reconciliation' | 'admin';
  /** The request, event or job. */
  readonly sourceId: string | null;
}

/** Who asks: a merchant's key or one of its devices, already authenticated. */
export interface PaymentCaller {
  readonly merchantId: string;
  readonly livemode: boolean;
  /** `key_…`, `dev_…` or `usr_…`, for the records. */
  readonly actorId: string;
  /** The device itself when it calls with its own credential; it sees its own payments only. */
  readonly deviceId: string | null;
  readonly ip: string | null;
  /** Upper-case ISO 3166 code of the address, where a trusted proxy told it. */
  readonly ipCountry?: string | null;
  readonly requestId: string;
}

/** A change that a request makes. */
export function sourceOf(caller: Pick<PaymentCaller, 'requestId'>): ChangeSource {
  return { source: 'api', sourceId: caller.requestId };
}
