/** Stripe's objects in our words: the snapshots of `PaymentGateway`. */
import type Stripe from 'stripe';
import { AssertionError, currencyCode, fromStripeAmount, SECOND_MS } from '#kernel';
import {
  CONFIRM_ON_SESSION,
  type GatewayDispute,
  type GatewayFraudWarning,
  type GatewayMethod,
  type GatewayMovement,
  type GatewayPayment,
  type GatewayRefund,
  type GatewayReview,
  type GatewaySetup,
} from '#payments';
import { declineOf } from './stripe-calls.js';

/** Metadata keys under which our own ids travel with every object we make. */
export const METADATA_KEYS = {
  merchant: 'upp_merchant_id',
  payment: 'upp_payment_id',
  refund: 'upp_refund_id',
  customer: 'upp_customer_id',
  savedMethod: 'upp_saved_method_id',
} as const;

/** A payment intent's snapshot. @throws AssertionError for a currency this product does not know. */
export function gatewayPaymentOf(intent: Stripe.PaymentIntent): GatewayPayment {
  const currency = currencyCode(intent.currency);
  const chargeId = typeof intent.latest_charge === 'string' ? intent.latest_charge : (intent.latest_charge?.id ?? null);
  return {
    gatewayId: intent.id,
    chargeId,
    ...standingOf(intent),
    currency,
    amountMinor: fromStripeAmount(intent.amount, currency).amountMinor,
    amountCapturableMinor: fromStripeAmount(intent.amount_capturable, currency).amountMinor,
    amountReceivedMinor: fromStripeAmount(intent.amount_received, currency).amountMinor,
    captureBefore: captureBeforeOf(intent.latest_charge),
    lastError: intent.last_payment_error === null ? null : declineOf(intent.last_payment_error),
    livemode: intent.livemode,
    merchantId: intent.metadata[METADATA_KEYS.merchant] ?? null,
    paymentId: intent.metadata[METADATA_KEYS.payment] ?? null,
  };
}

/**
 * Where an intent stands. Stripe gives one that needs authentication while its payer is away back for another method; here it waits for that payer,
 * who may well pay with the same.
 *
 * @see https://docs.stripe.com/error-codes#authentication-required (checked 2026-11)
 */
function standingOf({
  status,
  next_action: action,
  last_payment_error: error,
}: Stripe.PaymentIntent): Pick<GatewayPayment, 'status' | 'nextAction'> {
  const isOwnerNeeded = status === 'requires_payment_method' && error?.code === 'authentication_required';
  if (isOwnerNeeded) return { status: 'requires_action', nextAction: { type: CONFIRM_ON_SESSION } };
  return { status: statusOf(status), nextAction: action === null ? null : { ...action } };
}

/** Only a whole charge says it; a webhook carries the charge's id alone. */
function captureBeforeOf(charge: Stripe.PaymentIntent['latest_charge']): Date | null {
  if (charge === null || typeof charge === 'string') return null;
  const seconds = charge.payment_method_details?.card?.capture_before ?? charge.payment_method_details?.card_present?.capture_before;
  return seconds === undefined ? null : new Date(seconds * SECOND_MS);
}

/** A refund's snapshot. */
export function gatewayRefundOf(refund: Stripe.Refund): GatewayRefund {
  const currency = currencyCode(refund.currency);
  return {
    gatewayId: refund.id,
    paymentGatewayId: idOf(refund.payment_intent),
    status: refundStatusOf(refund.status),
    amountMinor: fromStripeAmount(refund.amount, currency).amountMinor,
    currency,
    failureReason: refund.failure_reason ?? null,
    refundId: refund.metadata?.[METADATA_KEYS.refund] ?? null,
  };
}

/** A dispute's snapshot. */
export function gatewayDisputeOf(dispute: Stripe.Dispute): GatewayDispute {
  const currency = currencyCode(dispute.currency);
  const { due_by: dueBy, has_evidence: hasEvidence, submission_count: submissionCount } = dispute.evidence_details;
  return {
    gatewayId: dispute.id,
    paymentGatewayId: idOf(dispute.payment_intent),
    status: disputeStatusOf(dispute.status),
    isAppeal: dispute.status.startsWith('appeal_'),
    reason: dispute.reason,
    networkReasonCode: dispute.network_reason_code ?? dispute.payment_method_details?.card?.network_reason_code ?? null,
    amountMinor: fromStripeAmount(dispute.amount, currency).amountMinor,
    currency,
    movements: dispute.balance_transactions.map(gatewayMovementOf),
    isChargeRefundable: dispute.is_charge_refundable,
    hasEvidence,
    // 0 is Stripe's word for an issuer that takes no answer.
    evidenceDueBy: dueBy === null || dueBy === 0 ? null : new Date(dueBy * SECOND_MS),
    evidenceSubmissionCount: submissionCount,
    enhancedEligibility: [...dispute.enhanced_eligibility_types],
  };
}

/** Each withdrawal is a negative entry, each reinstatement the same amount back. */
function gatewayMovementOf({ id, amount, fee, currency: code, created }: Stripe.BalanceTransaction): GatewayMovement {
  const currency = currencyCode(code);
  const absoluteMinor = fromStripeAmount(Math.abs(amount), currency).amountMinor;
  return {
    gatewayId: id,
    amountMinor: amount < 0 ? -absoluteMinor : absoluteMinor,
    feeMinor: fromStripeAmount(fee, currency).amountMinor,
    currency,
    bookedAt: new Date(created * SECOND_MS),
  };
}

/** A setup intent's snapshot; its method in full where the answer carries it. */
export function gatewaySetupOf(setup: Stripe.SetupIntent): GatewaySetup {
  const { payment_method: method } = setup;
  return {
    gatewayId: setup.id,
    status: setupStatusOf(setup.status),
    method: method === null || typeof method === 'string' ? null : gatewayMethodOf(method),
    nextAction: setup.next_action === null ? null : { ...setup.next_action },
    lastError: setup.last_setup_error === null ? null : declineOf(setup.last_setup_error),
    livemode: setup.livemode,
    savedMethodId: setup.metadata?.[METADATA_KEYS.savedMethod] ?? null,
  };
}

/** A payment method's snapshot. */
export function gatewayMethodOf({ id, type, customer, card }: Stripe.PaymentMethod): GatewayMethod {
  return {
    gatewayId: id,
    customerGatewayId: customer === null ? null : idOf(customer),
    type,
    card: card
      ? {
          brand: card.brand,
          last4: card.last4,
          expMonth: card.exp_month,
          expYear: card.exp_year,
          funding: card.funding,
          country: card.country,
          fingerprint: card.fingerprint ?? null,
        }
      : null,
  };
}

/** A review's snapshot; null when it concerns a charge that was made without a payment intent. */
export function gatewayReviewOf(review: Stripe.Review): GatewayReview | null {
  if (review.payment_intent === undefined) return null;
  return {
    gatewayId: review.id,
    paymentGatewayId: idOf(review.payment_intent),
    openedReason: review.opened_reason,
    // Stripe's words are a closed set, and a check of the table holds it.
    closedReason: review.open ? null : (review.closed_reason ?? 'acknowledged'),
  };
}

/** An early fraud warning's snapshot; null when it concerns a charge that was made without a payment intent. */
export function gatewayFraudWarningOf(warning: Stripe.Radar.EarlyFraudWarning): GatewayFraudWarning | null {
  if (warning.payment_intent === undefined) return null;
  return {
    gatewayId: warning.id,
    paymentGatewayId: idOf(warning.payment_intent),
    fraudType: warning.fraud_type,
    isActionable: warning.actionable,
  };
}

// The SDK declares statuses as open: a new API version may bring words that this version cannot judge.

function statusOf(status: string): GatewayPayment['status'] {
  switch (status) {
    case 'requires_payment_method':
    case 'requires_confirmation':
    case 'requires_action':
    case 'processing':
    case 'requires_capture':
    case 'succeeded':
    case 'canceled':
      return status;
    default:
      throw new AssertionError(`unexpected payment intent status: ${status}`);
  }
}

function setupStatusOf(status: string): GatewaySetup['status'] {
  switch (status) {
    case 'requires_payment_method':
    case 'requires_confirmation':
    case 'requires_action':
    case 'processing':
    case 'succeeded':
    case 'canceled':
      return status;
    default:
      throw new AssertionError(`unexpected setup intent status: ${status}`);
  }
}

function disputeStatusOf(status: string): GatewayDispute['status'] {
  switch (status) {
    case 'warning_needs_response':
    case 'warning_under_review':
    case 'warning_closed':
    case 'needs_response':
    case 'under_review':
    case 'won':
    case 'lost':
    case 'prevented':
      return status;
    case 'appeal_needs_response':
      return 'needs_response';
    case 'appeal_under_review':
      return 'under_review';
    default:
      throw new AssertionError(`unexpected dispute status: ${status}`);
  }
}

function refundStatusOf(status: string | null): GatewayRefund['status'] {
  switch (status) {
    case 'pending':
    case 'requires_action':
    case 'succeeded':
    case 'failed':
    case 'canceled':
      return status;
    default:
      // Stripe documents the status as nullable and open: what is not known to be final is pending.
      return 'pending';
  }
}

function idOf(reference: string | { id: string } | null): string {
  return typeof reference === 'string' ? reference : (reference?.id ?? '');
}
