/** Places at which a test lets the process die, to see that a restart finds everything it needs. */

/** Each stands between two steps of a payment, of an operation on it, of a refund, of the answer to a dispute, of a method that is saved or of a renewal. */
export type CrashPoint =
  | 'after_recorded'
  | 'after_intent_created'
  | 'after_intent_adopted'
  | 'after_confirmed'
  | 'after_settled'
  | 'after_intent_prepared'
  | 'after_answer_stored'
  | 'after_operation_claimed'
  | 'after_operation_recorded'
  | 'after_operation_sent'
  | 'after_refund_reserved'
  | 'after_refund_sent'
  | 'after_refund_applied'
  | 'after_dispute_answer_recorded'
  | 'after_dispute_answer_sent'
  | 'after_setup_recorded'
  | 'after_setup_customer'
  | 'after_setup_created'
  | 'after_setup_adopted'
  | 'after_setup_confirmed'
  | 'after_detach_recorded'
  | 'after_subscription_recorded'
  | 'after_period_opened'
  | 'after_period_claimed'
  | 'after_period_charged';

/** `FAULT_AT=after_confirmed:2` dies the second time; never in production. */
const fault = process.env['NODE_ENV'] === 'production' ? undefined : process.env['FAULT_AT'];
const [faultAt, faultCount = '1'] = fault?.split(':') ?? [];
let passesLeft = Number(faultCount);

/** Ends the process without a chance to clean up when the test chose this point; otherwise does nothing. */
export function crashPoint(name: CrashPoint): void {
  if (name !== faultAt) return;
  passesLeft -= 1;
  if (passesLeft === 0) process.kill(process.pid, 'SIGKILL');
}
