/** The statement that changes many payments at once, with all that {@link ./payment-writes.ts} writes along with one. */
import { type ReservationState } from './domain/spending-limit.js';
import { FOLLOW_PAYMENTS } from './limits/spending-limits.repository.js';
import { type ChangeSource, type Payment } from './payment.js';

/** A change that was decided in memory: written if the payment is still as it was `before`. */
export interface PlannedChange {
  readonly before: Payment;
  readonly after: Payment;
  readonly source: ChangeSource;
}

// Rows as one JSON text: a row is read by its names, and its times, amounts and objects keep their types without an array for each column.
// All rows are locked before any is changed, in the order of their ids and before any bucket: two batches, or a batch and a request, that meet
// at a payment or a bucket wait for each other in one direction only. Locked are those as well that somebody else has changed meanwhile, so
// that whoever decides about them again decides about the newest.
const UPDATE = `
  with given as materialized (
    select * from json_to_recordset($1::json) as given (id text, "formerVersion" integer, "updatedAt" timestamptz, status text,
      "outcomeCertainty" text, "amountMinor" bigint, "tipMinor" bigint, "amountCapturableMinor" bigint, "amountReceivedMinor" bigint,
      "amountRefundedMinor" bigint, "amountDisputedMinor" bigint, "stripePaymentIntentId" text, "stripeChargeId" text, "nextAction" jsonb,
      "lastError" jsonb, "nextCheckAt" timestamptz, "checkCount" integer, "captureBefore" timestamptz, "accumulatedInto" text,
      source text, "sourceId" text, "statusBefore" text, reservations text))
  , locked as materialized (
    select payments.id from payments join given using (id) order by payments.id for update of payments)
  , changed as (
    update payments p set version = version + 1, updated_at = given."updatedAt", status = given.status,
      outcome_certainty = given."outcomeCertainty", amount_minor = given."amountMinor", tip_minor = given."tipMinor",
      amount_capturable_minor = given."amountCapturableMinor", amount_received_minor = given."amountReceivedMinor",
      amount_refunded_minor = given."amountRefundedMinor", amount_disputed_minor = given."amountDisputedMinor",
      stripe_payment_intent_id = given."stripePaymentIntentId", stripe_charge_id = given."stripeChargeId", next_action = given."nextAction",
      last_error = given."lastError", next_check_at = given."nextCheckAt", check_count = given."checkCount",
      capture_before = given."captureBefore", accumulated_into = given."accumulatedInto"
    from locked join given using (id)
    where p.id = locked.id and p.version = given."formerVersion"
    returning p.*, given.source, given."sourceId", given."statusBefore", given.reservations)`;
const ADJUST = `
  , adjusted as (
    insert into payment_adjustments (payment_id, merchant_id, sequence, source, source_id, status_before, status_after, amount_minor,
      tip_minor, amount_capturable_minor, amount_received_minor, amount_refunded_minor, amount_disputed_minor, outcome_certainty)
    select id, merchant_id, version, source, "sourceId", "statusBefore", status, amount_minor, tip_minor, amount_capturable_minor,
      amount_received_minor, amount_refunded_minor, amount_disputed_minor, outcome_certainty from changed)
  select id from changed`;
// Two texts, two plans: most news moves its payment and so what is reserved for it, but an intent that is tied to its payment moves nothing.
const CHANGE = UPDATE + ADJUST;
const CHANGE_AND_FOLLOW = UPDATE + FOLLOW_PAYMENTS + ADJUST;

/** The text and the values of changes of many payments, at most one of each. It returns the ids of those that nobody else has changed since. */
export function changesOf(changes: readonly (PlannedChange & { readonly reservations: ReservationState | null })[]): {
  readonly text: string;
  readonly values: unknown[];
} {
  const rows = changes.map(({ before, after, source, reservations }) => ({
    ...after,
    ...source,
    formerVersion: before.version,
    statusBefore: before.status,
    reservations,
  }));
  const text = changes.some(({ reservations }) => reservations !== null) ? CHANGE_AND_FOLLOW : CHANGE;
  return { text, values: [JSON.stringify(rows)] };
}
