import { Injectable } from '@nestjs/common';
import { newId } from '#kernel';
import { AppConfig, NamedSql, type Queryable } from '#platform';
import { type GatewayAnswer } from './payment-gateway.js';
import { type Payment } from './payment.js';

/** What is asked of the processor. */
export type AttemptOperation = 'create' | 'confirm' | 'increase' | 'capture' | 'cancel';

/** A call to the processor that is to be made. Its key is derived from its id, so that every repeat of this very call carries it. */
export interface PlannedAttempt {
  readonly id: string;
  readonly operation: AttemptOperation;
  readonly stripeIdempotencyKey: string;
  readonly actor: string;
}

/** One call to the processor, recorded before it is made. */
export interface PaymentAttempt extends PlannedAttempt {
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly outcome: 'succeeded' | 'declined' | 'failed' | 'unknown' | null;
  readonly httpStatus: number | null;
  readonly stripeRequestId: string | null;
  readonly errorCode: string | null;
  readonly declineCode: string | null;
  readonly adviceCode: string | null;
  readonly durationMs: number | null;
}

const COLUMNS = `id, operation, stripe_idempotency_key as "stripeIdempotencyKey", actor, started_at as "startedAt", finished_at as "finishedAt", outcome,
  http_status as "httpStatus", stripe_request_id as "stripeRequestId", error_code as "errorCode", decline_code as "declineCode", advice_code as "adviceCode", duration_ms as "durationMs"`;

/** What came of a call. */
export interface EndedAttempt {
  readonly id: string;
  readonly answer: Exclude<GatewayAnswer<unknown>, { readonly outcome: 'not_sent' }>;
}

/** Appended to a statement whose `changed` is a payment's row after its change: the call that follows from it. */
export const PLAN_ATTEMPT = `
  , planned as (
    insert into payment_attempts (id, payment_id, merchant_id, operation, stripe_idempotency_key, actor)
    select :attemptId, id, merchant_id, :operation, :attemptKey, :actor from changed)`;

/** Appended to a statement whose `changed` is a payment's row after its change: the call that brought it. */
export const END_ATTEMPT = `
  , ended as (
    update payment_attempts attempt set finished_at = now(), outcome = :outcome, http_status = :httpStatus, stripe_request_id = :stripeRequestId,
      error_code = :errorCode, decline_code = :declineCode, advice_code = :adviceCode, duration_ms = :durationMs
    from changed where attempt.id = :endedId and (attempt.outcome is null or attempt.outcome = 'unknown'))`;

/** The values of {@link PLAN_ATTEMPT}. */
export function valuesOfPlan({ id, operation, stripeIdempotencyKey, actor }: PlannedAttempt): Record<string, unknown> {
  return { attemptId: id, operation, attemptKey: stripeIdempotencyKey, actor };
}

/** The values of {@link END_ATTEMPT}. */
export function valuesOfEnd({ id, answer }: EndedAttempt): Record<string, unknown> {
  const decline = answer.outcome === 'declined' ? answer.decline : null;
  return {
    endedId: id,
    outcome: answer.outcome,
    httpStatus: answer.call.httpStatus,
    stripeRequestId: answer.call.requestId,
    errorCode: answer.outcome === 'failed' ? answer.code : (decline?.code ?? null),
    declineCode: decline?.declineCode ?? null,
    adviceCode: decline?.advice ?? null,
    durationMs: answer.call.durationMs,
  };
}

/** A call with its id and key, not yet recorded. */
export function planAttempt(payment: Pick<Payment, 'livemode'>, operation: AttemptOperation, actor: string): PlannedAttempt {
  const id = newId('paymentAttempt');
  return { id, operation, stripeIdempotencyKey: `${payment.livemode ? 'live' : 'test'}:${operation}:${id}`, actor };
}

const PLAN = new NamedSql(`with changed as (select :paymentId as id, :merchantId as merchant_id)${PLAN_ATTEMPT} select 1`);
const END = new NamedSql(`with changed as (select 1)${END_ATTEMPT} select 1`);

/** SQL of `payment_attempts`. */
@Injectable()
export class PaymentAttemptsRepository {
  constructor(private readonly config: AppConfig) {}

  /** Records a call that is about to be made. It must commit before the call: its key is all that a restarted process knows of it. */
  async insert(
    queryable: Queryable,
    payment: Pick<Payment, 'id' | 'merchantId' | 'livemode'>,
    operation: AttemptOperation,
    actor: string,
  ): Promise<PlannedAttempt> {
    const planned = planAttempt(payment, operation, actor);
    await queryable.execute(PLAN.text, PLAN.values({ ...valuesOfPlan(planned), paymentId: payment.id, merchantId: payment.merchantId }));
    return planned;
  }

  /** Records what came of the call. The first known result stands; only an unknown one may be replaced. */
  async finish(queryable: Queryable, attempt: Pick<PlannedAttempt, 'id'>, answer: GatewayAnswer<unknown>): Promise<void> {
    if (answer.outcome === 'not_sent') return;
    await queryable.execute(END.text, END.values(valuesOfEnd({ id: attempt.id, answer })));
  }

  /** The newest attempt at an operation. */
  async findLatest(queryable: Queryable, paymentId: string, operation: AttemptOperation): Promise<PaymentAttempt | null> {
    const [row] = await queryable.query<PaymentAttempt>(
      `select ${COLUMNS} from payment_attempts where payment_id = $1 and operation = $2 order by id desc limit 1`,
      [paymentId, operation],
    );
    return row ?? null;
  }

  list(queryable: Queryable, paymentId: string): Promise<PaymentAttempt[]> {
    return queryable.query<PaymentAttempt>(`select ${COLUMNS} from payment_attempts where payment_id = $1 order by id`, [paymentId]);
  }

  /** Whether a call about the payment's intent has no result yet. */
  async hasOpen(queryable: Queryable, paymentId: string): Promise<boolean> {
    const rows = await queryable.query(
      `select 1 from payment_attempts where payment_id = $1 and outcome is null and operation in ('increase', 'capture', 'cancel') limit 1`,
      [paymentId],
    );
    return rows.length > 0;
  }

  /** Which of these payments have a confirmation on record whose result nobody has written down. */
  async findConfirming(queryable: Queryable, paymentIds: readonly string[]): Promise<ReadonlySet<string>> {
    if (paymentIds.length === 0) return new Set();
    const rows = await queryable.query<{ id: string }>(
      `select distinct payment_id as id from payment_attempts where payment_id = any ($1::text[]) and outcome is null and operation = 'confirm'`,
      [paymentIds],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** Gives up waiting for results of calls that are older than any request: what became of them was looked up at the processor. */
  async closeOpen(queryable: Queryable, paymentId: string): Promise<void> {
    await queryable.query(
      `update payment_attempts set finished_at = now(), outcome = 'unknown'
       where payment_id = $1 and outcome is null and operation in ('increase', 'capture', 'cancel')
         and started_at <= now() - make_interval(secs => $2)`,
      [paymentId, this.config.payments.requestLeaseSeconds],
    );
  }
}
