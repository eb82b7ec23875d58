/** When an unfinished payment is looked at again. */
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '#kernel';
import type { PaymentStatus } from './payment-status.js';

/** Waits between looks while nobody knows the outcome: most answers are there within seconds, a processor's outage lasts hours. */
const UNKNOWN_DELAYS_MS = [5 * SECOND_MS, 10 * SECOND_MS, 30 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS] as const;
const UNKNOWN_DELAY_MAX_MS = HOUR_MS;
/** Between looks while the processor itself says that it is still working, as with bank debits. */
const PROCESSING_DELAY_MS = 10 * MINUTE_MS;
/** Between looks at a payer's challenge; the profile says when it has expired. */
const ACTION_DELAY_MS = 5 * MINUTE_MS;
/** How long a payment that was refused before anything happened waits for its client to try again. */
const RETRY_WINDOW_MS = 15 * MINUTE_MS;

/**
 * Milliseconds until the next look, or null when the payment is at rest.
 *
 * @param checkCount - How often it has been looked at already.
 */
export function checkDelayMs(status: PaymentStatus, certainty: 'known' | 'unknown', checkCount: number): number | null {
  if (certainty === 'unknown') return UNKNOWN_DELAYS_MS[checkCount] ?? UNKNOWN_DELAY_MAX_MS;
  switch (status) {
    case 'processing':
      return PROCESSING_DELAY_MS;
    case 'requires_action':
      return ACTION_DELAY_MS;
    case 'requires_confirmation':
      return RETRY_WINDOW_MS;
    case 'accumulating':
    case 'in_review':
    case 'requires_payment_method':
    case 'requires_capture':
    case 'blocked':
    case 'canceled':
    case 'succeeded':
      return null;
  }
}
