/**
 * What becomes of a subscription's period when its payment has come to rest.
 *
 * | payment | first period | renewal |
 * |---|---|---|
 * | `succeeded` | paid | paid |
 * | declined, soft | the subscription ends | tried again on the profile's schedule; it ends with the last try |
 * | declined or held up, and only the payer can do something | it ends | the payer is asked, and it ends when the schedule's time is over |
 * | `canceled` by the merchant | it ends | the period is forgiven |
 * | `canceled` by an analyst, or `blocked` | it ends | it ends |
 * | `canceled` by time or by the processor | it ends | another payment, a few times |
 * | anything else | wait | wait |
 */
import { DAY_MS } from '#kernel';
import { type RetryPolicy } from '#merchants';
import { afterDecline, classifyDecline, type Decline } from './decline-policy.js';
import { type PaymentStatus } from './payment-status.js';

/** A payment that was lost on the way is made anew so often; then somebody has to look. */
const PAYMENTS_OF_PERIOD = 3;
/** How long the payer is waited for where the profile has no schedule. */
const GRACE_MS = 7 * DAY_MS;

/** Why a subscription ended. */
export type CancelReason =
  'requested' | 'payment_declined' | 'payment_blocked' | 'payment_canceled' | 'retries_exhausted' | 'no_answer' | 'customer_erased';

/** What becomes of a period. */
export type PeriodDecision =
  | { readonly kind: 'wait' }
  | { readonly kind: 'paid' }
  /** Nobody pays it, and the subscription goes on. */
  | { readonly kind: 'forgive' }
  /** The same payment once more, not before `at`. */
  | { readonly kind: 'retry'; readonly at: Date }
  /** Only the payer can do something: until `until`. */
  | { readonly kind: 'ask'; readonly until: Date; readonly isAuthentication: boolean }
  /** Another payment for the same period: no money has moved by this one, and none can. */
  | { readonly kind: 'replace' }
  | { readonly kind: 'end'; readonly reason: CancelReason };

/** A period's payment at rest, and what went before it. */
export interface PeriodFacts {
  readonly isFirst: boolean;
  readonly paymentStatus: PaymentStatus;
  /** Whether the payment rests until its owner comes back. */
  readonly awaitsOwner: boolean;
  readonly decline: Decline | null;
  /** When the payment came to rest. */
  readonly restedAt: Date;
  readonly retriesMade: number;
  readonly paymentsMade: number;
  /** Who canceled the payment: the source of its last change. */
  readonly canceledBy: 'api' | 'webhook' | 'completer' | 'reconciliation' | 'admin' | null;
  /** When nobody waits for the payer any more; null before the first refusal. */
  readonly givesUpAt: Date | null;
  readonly now: Date;
  /** 0 … 9 999, random. */
  readonly jitter: number;
}

/** Decides by the table of this file. */
export function decidePeriod(facts: PeriodFacts, policy: RetryPolicy): PeriodDecision {
  switch (facts.paymentStatus) {
    case 'succeeded':
      return { kind: 'paid' };
    case 'requires_action':
      return facts.awaitsOwner ? decideDeclined(facts, policy) : { kind: 'wait' };
    case 'requires_payment_method':
      return facts.isFirst ? { kind: 'end', reason: 'payment_declined' } : decideDeclined(facts, policy);
    case 'blocked':
      return { kind: 'end', reason: 'payment_blocked' };
    case 'canceled':
      return decideCanceled(facts);
    default:
      return { kind: 'wait' };
  }
}

/** Until when a payer is waited for: as long as the profile would have tried. */
export function givesUpAt(from: Date, policy: RetryPolicy): Date {
  const scheduleMs = policy.delaysMs.reduce((total, delayMs) => total + delayMs, 0);
  return new Date(from.getTime() + Math.max(scheduleMs, GRACE_MS));
}

function decideDeclined(facts: PeriodFacts, policy: RetryPolicy): PeriodDecision {
  const decline = facts.decline ?? { declineCode: null, adviceCode: null };
  const { restedAt: declinedAt, retriesMade, jitter } = facts;
  const next = afterDecline({ decline, declinedAt, retriesMade, jitter }, policy);
  switch (next.kind) {
    case 'retry':
      return { kind: 'retry', at: next.at };
    case 'give_up':
      return { kind: 'end', reason: 'retries_exhausted' };
    case 'ask_payer': {
      const until = facts.givesUpAt ?? givesUpAt(declinedAt, policy);
      if (facts.now >= until) return { kind: 'end', reason: 'no_answer' };
      return { kind: 'ask', until, isAuthentication: classifyDecline(decline) === 'authentication' };
    }
  }
}

function decideCanceled({ isFirst, canceledBy, paymentsMade }: PeriodFacts): PeriodDecision {
  if (isFirst || canceledBy === 'admin') return { kind: 'end', reason: 'payment_canceled' };
  if (canceledBy === 'api') return { kind: 'forgive' };
  return paymentsMade < PAYMENTS_OF_PERIOD ? { kind: 'replace' } : { kind: 'end', reason: 'payment_canceled' };
}
