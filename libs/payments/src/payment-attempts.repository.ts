import { Injectable } from '@nestjs/common';
import { assert, newId } from '#kernel';
import { AppConfig, type Queryable } from '#platform';
import { type GatewayAnswer } from './payment-gateway.js';
import { type Payment } from './payment.js';

/** What is asked of the processor. */
export type AttemptOperation = 'create' | 'confirm' | 'increase' | 'capture' | 'cancel';

/** One call to the processor, recorded before it is made. */
export interface PaymentAttempt {
  readonly id: string;
  readonly operation: AttemptOperation;
  readonly stripeIdempotencyKey: string;
  readonly actor: string;
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

/** SQL of `payment_attempts`. */
@Injectable()
export class PaymentAttemptsRepository {
  constructor(private readonly config: AppConfig) {}

  /**
   * Records a call that is about to be made. It must commit before the call: its key is all that a restarted process knows of it.
   * The key is derived from the attempt's id, so that every repeat of this very call carries it.
   */
  async insert(
    queryable: Queryable,
    payment: Pick<Payment, 'id' | 'merchantId' | 'livemode'>,
    operation: AttemptOperation,
    actor: string,
  ): Promise<PaymentAttempt> {
    const id = newId('paymentAttempt');
    const key = `${payment.livemode ? 'live' : 'test'}:${operation}:${id}`;
    const [row] = await queryable.query<PaymentAttempt>(
      `insert into payment_attempts (id, payment_id, merchant_id, operation, stripe_idempotency_key, actor) values ($1, $2, $3, $4, $5, $6) returning ${COLUMNS}`,
      [id, payment.id, payment.merchantId, operation, key, actor],
    );
    assert(row, 'an insert returns its row');
    return row;
  }

  /** Records what came of the call. The first known result stands; only an unknown one may be replaced. */
  async finish(queryable: Queryable, attempt: Pick<PaymentAttempt, 'id'>, answer: GatewayAnswer<unknown>): Promise<void> {
    if (answer.outcome === 'not_sent') return;
    await queryable.query(
      `update payment_attempts set finished_at = now(), outcome = $2, http_status = $3, stripe_request_id = $4, error_code = $5, decline_code = $6, advice_code = $7, duration_ms = $8
       where id = $1 and (outcome is null or outcome = 'unknown')`,
      [
        attempt.id,
        answer.outcome,
        answer.call.httpStatus,
        answer.call.requestId,
        answer.outcome === 'declined' ? answer.decline.code : answer.outcome === 'failed' ? answer.code : null,
        answer.outcome === 'declined' ? answer.decline.declineCode : null,
        answer.outcome === 'declined' ? answer.decline.advice : null,
        answer.call.durationMs,
      ],
    );
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
