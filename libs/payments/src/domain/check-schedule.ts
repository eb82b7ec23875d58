/** When an unfinished payment is looked at again. */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '#kernel';
import { awaitsOwner, type PaymentStatus } from './payment-status.js';

/** Waits between looks while nobody knows the outcome: most answers are there within seconds, a processor's outage lasts hours. */
const UNKNOWN_DELAYS_MS = [5 * SECOND_MS, 10 * SECOND_MS, 30 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS] as const;
const UNKNOWN_DELAY_MAX_MS = HOUR_MS;
/** Between looks while the processor itself says that it is still working, as with bank debits. */
const PROCESSING_DELAY_MS = 10 * MINUTE_MS;
/** Between looks at a payer's challenge; the profile says when it has expired. */
const ACTION_DELAY_MS = 5 * MINUTE_MS;
/** How long a payment that was refused before anything happened waits for its client to try again. */
const RETRY_WINDOW_MS = 15 * MINUTE_MS;

/** How long before a held amount is lost its merchant is warned. */
export const CAPTURE_WARNING_MS = DAY_MS;
/** The processor cancels a lapsed authorization within minutes. */
const LAPSE_DELAY_MS = MINUTE_MS;

/**
 * Milliseconds until the next look, or null when the payment is at rest.
 *
 * @param checkCount - How often it has been looked at already.
 */
export function checkDelayMs(
  payment: {
    readonly status: PaymentStatus;
    readonly outcomeCertainty: 'known' | 'unknown';
    readonly captureBefore: Date | null;
    readonly nextAction: Readonly<Record<string, unknown>> | null;
  },
  checkCount: number,
  now: Date,
): number | null {
  if (payment.outcomeCertainty === 'unknown') return UNKNOWN_DELAYS_MS[checkCount] ?? UNKNOWN_DELAY_MAX_MS;
  switch (payment.status) {
    case 'processing':
      return PROCESSING_DELAY_MS;
    case 'requires_action':
      return awaitsOwner(payment) ? null : ACTION_DELAY_MS;
    case 'requires_confirmation':
      return RETRY_WINDOW_MS;
    case 'requires_capture':
      return payment.captureBefore === null ? null : captureDelayMs(payment.captureBefore.getTime() - now.getTime());
    case 'accumulating':
    case 'in_review':
    case 'requires_payment_method':
    case 'blocked':
    case 'canceled':
    case 'succeeded':
      return null;
  }
}

/** First the warning, then the end; after it the processor is asked until it says that it is over. */
function captureDelayMs(remainingMs: number): number {
  if (remainingMs > CAPTURE_WARNING_MS) return remainingMs - CAPTURE_WARNING_MS;
  return remainingMs > 0 ? remainingMs + LAPSE_DELAY_MS : HOUR_MS;
}
