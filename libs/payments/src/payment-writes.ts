/** The two statements that write a payment, each with everything that must be written along with it: one statement is one transaction. */
import { NamedSql } from '#platform';
import { type ReservationState } from './domain/spending-limit.js';
import {
  END_ATTEMPT,
  type EndedAttempt,
  PLAN_ATTEMPT,
  type PlannedAttempt,
  valuesOfEnd,
  valuesOfPlan,
} from './payment-attempts.repository.js';
import { STORE_ANSWER, valuesOfAnswer } from './idempotency.js';
import { type OpenRequest } from './payment-answer.js';
import { type ChangeSource, type Payment } from './payment.js';
import { FOLLOW_PAYMENT } from './limits/spending-limits.repository.js';

/** What is written with a change of a payment if the change is made, and not otherwise. */
export interface ChangeCompanions {
  /** The call to the processor that brought the change. */
  readonly ended?: EndedAttempt | null;
  /** The call that follows from it. */
  readonly planned?: PlannedAttempt;
  /** The request that is answered by it. */
  readonly answered?: OpenRequest | null;
}

// The row, then its history; the event for the merchant and the line of the audit log follow from that by triggers.
const INSERT = `
  with changed as (
    insert into payments (id, merchant_id, livemode, status, amount_minor, tip_minor, tax_minor, currency, device_id, device_type, customer_id,
      business_type, profile_version, method, payment_method, is_off_session, capture_method, is_increasable, description, metadata, return_url, risk_score,
      risk_level, risk_decision, latitude, longitude, client_ip, next_check_at, version, created_at, updated_at)
    values (:id, :merchantId, :livemode, :status, :amountMinor, :tipMinor, :taxMinor, :currency, :deviceId, :deviceType, :customerId,
      :businessType, :profileVersion, :method, :paymentMethod, :isOffSession, :captureMethod, :isIncreasable, :description, :metadata, :returnUrl, :riskScore,
      :riskLevel, :riskDecision, :latitude, :longitude, :ip, :nextCheckAt, :version, :createdAt, :updatedAt)
    returning *)`;
const UPDATE = `
  with changed as (
    update payments set version = version + 1, updated_at = :updatedAt, status = :status, outcome_certainty = :outcomeCertainty,
      amount_minor = :amountMinor, tip_minor = :tipMinor, amount_capturable_minor = :amountCapturableMinor,
      amount_received_minor = :amountReceivedMinor, amount_refunded_minor = :amountRefundedMinor, amount_disputed_minor = :amountDisputedMinor,
      stripe_payment_intent_id = :stripePaymentIntentId, stripe_charge_id = :stripeChargeId, next_action = :nextAction,
      last_error = :lastError, next_check_at = :nextCheckAt, check_count = :checkCount, capture_before = :captureBefore,
      accumulated_into = :accumulatedInto
    where id = :id and version = :formerVersion returning *)`;
const ADJUST = `
  , adjusted as (
    insert into payment_adjustments (payment_id, merchant_id, sequence, source, source_id, status_before, status_after, amount_minor,
      tip_minor, amount_capturable_minor, amount_received_minor, amount_refunded_minor, amount_disputed_minor, outcome_certainty)
    select id, merchant_id, version, :source, :sourceId, :statusBefore, status, amount_minor, tip_minor, amount_capturable_minor,
      amount_received_minor, amount_refunded_minor, amount_disputed_minor, outcome_certainty from changed)
  select true as "isChanged" from changed`;

// The answer to a call that changed nothing any more.
const CLOSE = `with changed as (select :merchantId as merchant_id, :livemode::boolean as livemode)${END_ATTEMPT}`;

const statements = new Map<string, NamedSql>();

/** Everything that the row's own values, the history and the companions need: the statement takes what it names. */
export interface PaymentWrite {
  readonly row: Readonly<Record<string, unknown>>;
  readonly statusBefore: Payment['status'] | null;
  readonly source: ChangeSource;
  /** What its reservations become; null where they stay as they are. */
  readonly reservations: ReservationState | null;
  readonly along: ChangeCompanions;
  readonly after: Payment;
}

/** The text and the values of a payment's first row. */
export function insertionOf(write: PaymentWrite): { readonly text: string; readonly values: unknown[] } {
  return composed(INSERT, write);
}

/** The text and the values of a payment's change. It returns a row if nobody else has changed the payment since. */
export function changeOf(write: PaymentWrite): { readonly text: string; readonly values: unknown[] } {
  return composed(UPDATE, write);
}

/** The text and the values of a call's result, and of the answer to its request, where the payment stays as it is. */
export function closureOf(
  payment: Payment,
  { ended, answered }: { readonly ended: EndedAttempt; readonly answered: OpenRequest | null },
): { readonly text: string; readonly values: unknown[] } {
  const statement = statementOf(`${CLOSE}${answered ? STORE_ANSWER : ''} select 1`);
  const answer = answered ? valuesOfAnswer(answered.key, answered.answerFor(payment)) : {};
  const { merchantId, livemode } = payment;
  return { text: statement.text, values: statement.values({ merchantId, livemode, ...valuesOfEnd(ended), ...answer }) };
}

function composed(
  base: string,
  { row, statusBefore, source, reservations, along, after }: PaymentWrite,
): { text: string; values: unknown[] } {
  const { ended, planned, answered } = along;
  const parts = [base, reservations && FOLLOW_PAYMENT, ended && END_ATTEMPT, planned && PLAN_ATTEMPT, answered && STORE_ANSWER, ADJUST];
  // Few of the combinations come up, each with a plan of its own.
  const statement = statementOf(parts.filter(Boolean).join(''));
  const values = statement.values({
    ...row,
    source: source.source,
    sourceId: source.sourceId,
    statusBefore,
    state: reservations,
    ...(ended ? valuesOfEnd(ended) : {}),
    ...(planned ? valuesOfPlan(planned) : {}),
    ...(answered ? valuesOfAnswer(answered.key, answered.answerFor(after)) : {}),
  });
  return { text: statement.text, values };
}

function statementOf(text: string): NamedSql {
  let statement = statements.get(text);
  if (statement === undefined) {
    statement = new NamedSql(text);
    statements.set(text, statement);
  }
  return statement;
}
