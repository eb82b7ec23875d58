/** What must hold whatever happens, checked where it could break: a violation is counted, stops the change, and somebody is called. */
import { assert } from '#kernel';
import { Counter } from 'prom-client';
import { PAYMENT_MOVES } from './domain/payment-status.js';
import { type Payment } from './payment.js';

/**
 * - `one_charge`: a payment is charged at most once
 * - `refunds_within_received`: no more is refunded than was received
 * - `legal_move`: a status changes only along the table of moves
 */
export type Invariant = 'one_charge' | 'refunds_within_received' | 'legal_move';

const violationsTotal = new Counter({
  name: 'upp_invariant_violations_total',
  help: 'Broken invariants of payments; more than 0 needs a person.',
  labelNames: ['invariant'] as const,
});

/** Counts a violation that has happened already, at the processor, and that no exception could undo. */
export function countViolation(invariant: Invariant): void {
  violationsTotal.inc({ invariant });
}

/** Checks a change before it is written. @throws AssertionError when it would break an invariant; it is counted as well. */
export function checkChange(before: Payment, after: Payment): void {
  const isLegal = after.status === before.status || (PAYMENT_MOVES[before.status][after.status]?.length ?? 0) > 0;
  hold('legal_move', isLegal, 'a payment moves along the table of moves only');
  hold('refunds_within_received', after.amountRefundedMinor <= after.amountReceivedMinor, 'refunds stay within what was received');
  const isSameCharge = before.stripePaymentIntentId === null || after.stripePaymentIntentId === before.stripePaymentIntentId;
  hold('one_charge', isSameCharge, 'a payment keeps its payment intent, which can be charged once');
}

function hold(invariant: Invariant, condition: boolean, why: string): void {
  if (!condition) countViolation(invariant);
  assert(condition, why);
}
