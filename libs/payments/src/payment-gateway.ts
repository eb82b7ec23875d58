/**
 * The one port of this product: what payments ask of a processor, in our words. `libs/stripe` implements it.
 *
 * No call throws for what the processor says. A timeout, a broken connection, a 5xx and a stored 500 that is replayed are all `unknown`:
 * the money may or may not have moved, and only a later look can tell.
 */
import type { CurrencyCode, Money } from '#kernel';
import type { DisputeEvidence } from './domain/dispute-evidence.js';
import type { DisputeStatus } from './domain/dispute-status.js';
import type { ChargeFacts } from './domain/evidence-assembly.js';
import type { PaymentStatus } from './domain/payment-status.js';

/** A payment intent as the processor has it at one moment. */
export interface GatewayPayment {
  readonly gatewayId: string;
  readonly chargeId: string | null;
  readonly status: Extract<
    PaymentStatus,
    'requires_payment_method' | 'requires_confirmation' | 'requires_action' | 'processing' | 'requires_capture' | 'succeeded' | 'canceled'
  >;
  readonly currency: CurrencyCode;
  /** ISO minor units, as all amounts here. */
  readonly amountMinor: number;
  readonly amountCapturableMinor: number;
  readonly amountReceivedMinor: number;
  /** Of a held amount: when the authorization ends by itself; null when the answer does not say. */
  readonly captureBefore: Date | null;
  /** What the payer must do next, as the processor describes it; of type `confirm_on_session` when they were away and are needed; null when nothing. */
  readonly nextAction: Readonly<Record<string, unknown>> | null;
  /** Why the last attempt did not succeed. */
  readonly lastError: GatewayDecline | null;
  readonly livemode: boolean;
  /** Our own ids, as sent when the intent was made; null for an intent that somebody made elsewhere. */
  readonly merchantId: string | null;
  readonly paymentId: string | null;
}

/** A refusal by the issuer or the processor's own rules. */
export interface GatewayDecline {
  /** `card_declined`, `expired_card`, `authentication_required`, … */
  readonly code: string;
  /** `insufficient_funds`, `lost_card`, …; null when the code says all. */
  readonly declineCode: string | null;
  /** The issuer's advice: `try_again_later`, `do_not_try_again`, `confirm_card_data`; null when none. */
  readonly advice: string | null;
  /** For people. */
  readonly message: string;
}

/** A refund as the processor has it. */
export interface GatewayRefund {
  readonly gatewayId: string;
  readonly paymentGatewayId: string;
  readonly status: 'pending' | 'requires_action' | 'succeeded' | 'failed' | 'canceled';
  readonly amountMinor: number;
  readonly currency: CurrencyCode;
  readonly failureReason: string | null;
  /** Our refund id, when we made it. */
  readonly refundId: string | null;
}

/** A dispute as the processor has it. */
export interface GatewayDispute {
  readonly gatewayId: string;
  readonly paymentGatewayId: string;
  readonly status: DisputeStatus;
  /** Whether it was lost before and is judged once more. */
  readonly isAppeal: boolean;
  readonly reason: string;
  readonly networkReasonCode: string | null;
  readonly amountMinor: number;
  readonly currency: CurrencyCode;
  /** Everything that was withdrawn and reinstated so far. */
  readonly movements: readonly GatewayMovement[];
  /** Whether a refund could still settle it. */
  readonly isChargeRefundable: boolean;
  /** Whether evidence lies with the processor, staged or submitted. */
  readonly hasEvidence: boolean;
  /** null when the issuer takes no answer. */
  readonly evidenceDueBy: Date | null;
  readonly evidenceSubmissionCount: number;
  /** Evidence programmes of the networks under which it may be answered. */
  readonly enhancedEligibility: readonly string[];
}

/** Money of a dispute in the processor's books. */
export interface GatewayMovement {
  readonly gatewayId: string;
  /** Minor units of the balance's currency; negative when it was withdrawn. */
  readonly amountMinor: number;
  readonly feeMinor: number;
  readonly currency: CurrencyCode;
  readonly bookedAt: Date;
}

/** A review that the processor's own rules, or a person at its console, opened on a payment. */
export interface GatewayReview {
  readonly gatewayId: string;
  readonly paymentGatewayId: string;
  /** `rule` or `manual`. */
  readonly openedReason: string;
  /** null while it is open. */
  readonly closedReason: GatewayReviewEnd | null;
}

/** How a review ended at the processor. */
export type GatewayReviewEnd =
  'approved' | 'refunded' | 'refunded_as_fraud' | 'disputed' | 'redacted' | 'canceled' | 'payment_never_settled' | 'acknowledged';

/** An issuer's word that a payment was fraud, before any dispute. */
export interface GatewayFraudWarning {
  readonly gatewayId: string;
  readonly paymentGatewayId: string;
  /** `made_with_stolen_card`, `unauthorized_use_of_card`, … */
  readonly fraudType: string;
  /** Whether a refund could still spare a dispute: neither refunded nor disputed yet. */
  readonly isActionable: boolean;
}

/** The trace of one call, for the attempt's row. */
export interface GatewayCall {
  readonly httpStatus: number | null;
  readonly requestId: string | null;
  readonly durationMs: number;
}

/** What came of a call that may move money. */
export type GatewayAnswer<T> =
  /** The processor did it, and this is the object now. */
  | { readonly outcome: 'succeeded'; readonly object: T; readonly call: GatewayCall }
  /** The issuer refused; the object as it is after the refusal. */
  | { readonly outcome: 'declined'; readonly decline: GatewayDecline; readonly object: T | null; readonly call: GatewayCall }
  /** The processor did not do it and never will: a wrong parameter, a state that does not allow it. `object` when it says which state. */
  | { readonly outcome: 'failed'; readonly code: string; readonly message: string; readonly object: T | null; readonly call: GatewayCall }
  /** Refused before anything happened: limits, an open circuit breaker, a key in use. The same call may be made again later. */
  | { readonly outcome: 'not_sent'; readonly retryAfterSeconds: number; readonly call: GatewayCall }
  /** Nobody knows yet. */
  | { readonly outcome: 'unknown'; readonly call: GatewayCall };

/** What an intent is made from. */
export interface GatewayPaymentRequest {
  readonly paymentId: string;
  readonly merchantId: string;
  readonly amount: Money;
  readonly captureMethod: 'automatic' | 'manual';
  /** Whether to ask for an authorization that can be raised before its capture, for a tip. */
  readonly isIncreasable: boolean;
  /** The processor's payment method id, or a test token. */
  readonly paymentMethod: string;
  /** The processor's customer whose saved method it is; null for nobody's. */
  readonly customerGatewayId: string | null;
  readonly description: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The processor. Every call takes the attempt's own idempotency key, which was committed before. */
export abstract class PaymentGateway {
  /** Makes the intent without moving money. */
  abstract createPayment(request: GatewayPaymentRequest, idempotencyKey: string): Promise<GatewayAnswer<GatewayPayment>>;

  /** Gives an intent that waits for a payment method one, without moving money. */
  abstract preparePayment(
    gatewayId: string,
    instrument: Pick<GatewayPaymentRequest, 'paymentMethod' | 'customerGatewayId'>,
  ): Promise<GatewayAnswer<GatewayPayment>>;

  /** Moves or reserves the money of an intent whose id is already committed. */
  abstract confirmPayment(
    gatewayId: string,
    options: {
      /** Again, because two who pay at once must not pay with each other's. */
      readonly paymentMethod: string;
      readonly returnUrl: string | null;
      /** Nobody is present: a challenge is a decline, `authentication_required`. */
      readonly isOffSession: boolean;
    },
    idempotencyKey: string,
  ): Promise<GatewayAnswer<GatewayPayment>>;

  /** Raises a reserved amount to `amount`, if the authorization was made as one that can be. `declined` leaves the old one as it is. */
  abstract increasePayment(gatewayId: string, amount: Money, idempotencyKey: string): Promise<GatewayAnswer<GatewayPayment>>;

  /** Takes `amountMinor` of a reserved amount, or all of it; the rest is released. */
  abstract capturePayment(gatewayId: string, amount: Money | null, idempotencyKey: string): Promise<GatewayAnswer<GatewayPayment>>;

  /** Gives up an intent; a reserved amount is released. */
  abstract cancelPayment(gatewayId: string, idempotencyKey: string): Promise<GatewayAnswer<GatewayPayment>>;

  /** Pays back `amount` of what was received. */
  abstract refundPayment(
    request: { readonly gatewayId: string; readonly refundId: string; readonly amount: Money; readonly reason: string | null },
    idempotencyKey: string,
  ): Promise<GatewayAnswer<GatewayRefund>>;

  /** Closes a review that the processor opened, as approved. `failed` when it is closed already. */
  abstract approveReview(gatewayReviewId: string): Promise<GatewayAnswer<null>>;

  /** The intent as it is now. `failed` with code `resource_missing` when there is none. */
  abstract retrievePayment(gatewayId: string): Promise<GatewayAnswer<GatewayPayment>>;

  /** The refund as it is now. */
  abstract retrieveRefund(gatewayId: string): Promise<GatewayAnswer<GatewayRefund>>;

  /** The refund that was made for ours, found by our id in its metadata; null when none was made. */
  abstract findRefund(paymentGatewayId: string, refundId: string): Promise<GatewayAnswer<GatewayRefund | null>>;

  /** The dispute as it is now. */
  abstract retrieveDispute(gatewayId: string): Promise<GatewayAnswer<GatewayDispute>>;

  /** What the processor knows of the charge that is disputed. */
  abstract describeDisputedCharge(gatewayDisputeId: string): Promise<GatewayAnswer<ChargeFacts>>;

  /** Lays evidence down where it can be seen and changed; nothing is submitted. The same evidence again changes nothing. */
  abstract stageEvidence(gatewayDisputeId: string, evidence: DisputeEvidence): Promise<GatewayAnswer<GatewayDispute>>;

  /** Submits evidence to the issuer: once, and for good. */
  abstract submitEvidence(
    gatewayDisputeId: string,
    evidence: DisputeEvidence,
    idempotencyKey: string,
  ): Promise<GatewayAnswer<GatewayDispute>>;

  /** Accepts a dispute: the payer keeps the money. */
  abstract closeDispute(gatewayDisputeId: string, idempotencyKey: string): Promise<GatewayAnswer<GatewayDispute>>;

  /** The review as it is now. null when it concerns no payment intent. */
  abstract retrieveReview(gatewayId: string): Promise<GatewayAnswer<GatewayReview | null>>;

  /** The early fraud warning as it is now. null when it concerns no payment intent. */
  abstract retrieveFraudWarning(gatewayId: string): Promise<GatewayAnswer<GatewayFraudWarning | null>>;

  /** Finds the intent of a payment whose id we never got to commit, by our metadata; never by Search, which lags. null when there is none. */
  abstract findPayment(paymentId: string, createdAfter: Date): Promise<GatewayAnswer<GatewayPayment | null>>;
}

/** What a webhook says, in our words. The snapshot is a hint: only the state table decides whether it is news. */
export type GatewayEvent =
  | { readonly kind: 'payment'; readonly object: GatewayPayment }
  | { readonly kind: 'refund'; readonly object: GatewayRefund }
  | { readonly kind: 'dispute'; readonly object: GatewayDispute }
  | { readonly kind: 'review'; readonly object: GatewayReview }
  | { readonly kind: 'fraud_warning'; readonly object: GatewayFraudWarning }
  /** Known and deliberately without effect, or of a type this version does not know. */
  | { readonly kind: 'ignored'; readonly reason: string };
