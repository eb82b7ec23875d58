import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { assert, type CurrencyCode, newId } from '#kernel';
import { AppConfig, Database, type Queryable } from '#platform';
import { type RefundReason } from '../dto/payment-operations.dto.js';
import { type Payment } from '../payment.js';

/** What a refund may be; `failed` and `canceled` give their amount back to what can be refunded. */
export type RefundStatus = 'pending' | 'requires_action' | 'succeeded' | 'failed' | 'canceled';

/** Money on its way back. */
export interface Refund {
  /** `re_…` */
  readonly id: string;
  readonly paymentId: string;
  readonly merchantId: string;
  readonly livemode: boolean;
  /** Minor units. */
  readonly amountMinor: number;
  readonly currency: CurrencyCode;
  readonly status: RefundStatus;
  readonly outcomeCertainty: 'known' | 'unknown';
  readonly reason: RefundReason | null;
  readonly failureReason: string | null;
  readonly stripeIdempotencyKey: string;
  readonly stripeRefundId: string | null;
  /** Whether Stripe has stored a 5xx under its key, which it replays for as long as it keeps the key. */
  readonly hasStoredError: boolean;
  /** Whether Stripe still knows its key: for 23 hours. */
  readonly isResendable: boolean;
  readonly createdAt: Date;
}

const COLUMNS = `id, payment_id as "paymentId", merchant_id as "merchantId", livemode, amount_minor as "amountMinor", currency, status,
  outcome_certainty as "outcomeCertainty", reason, failure_reason as "failureReason", stripe_idempotency_key as "stripeIdempotencyKey",
  stripe_refund_id as "stripeRefundId", has_stored_error as "hasStoredError", created_at > now() - interval '23 hours' as "isResendable", created_at as "createdAt"`;

/** SQL of `refunds`. A row is never deleted. */
@Injectable()
export class RefundsRepository {
  constructor(
    private readonly database: Database,
    private readonly config: AppConfig,
  ) {}

  /** Reserves the amount; the caller holds the payment's row. `stripeRefundId` for a refund that was made at Stripe itself. */
  async insert(
    transaction: Queryable,
    payment: Payment,
    refund: {
      readonly amountMinor: number;
      readonly reason: RefundReason | null;
      readonly createdBy: string;
      readonly stripeRefundId: string | null;
    },
  ): Promise<Refund> {
    const id = newId('refund');
    const [row] = await transaction.query<Refund>(
      `insert into refunds (id, payment_id, merchant_id, livemode, amount_minor, currency, status, reason, stripe_idempotency_key, stripe_refund_id, created_by, next_check_at)
       values ($1, $2, $3, $4, $5, $6, 'pending', $7, $8, $9, $10, now() + make_interval(secs => $11)) returning ${COLUMNS}`,
      [
        id,
        payment.id,
        payment.merchantId,
        payment.livemode,
        refund.amountMinor,
        payment.currency,
        refund.reason,
        keyOf({ id, livemode: payment.livemode }),
        refund.stripeRefundId,
        refund.createdBy,
        this.config.payments.requestLeaseSeconds,
      ],
    );
    assert(row, 'an insert returns its row');
    return row;
  }

  async find(queryable: Queryable, id: string): Promise<Refund | null> {
    const [row] = await queryable.query<Refund>(`select ${COLUMNS} from refunds where id = $1`, [id]);
    return row ?? null;
  }

  /** By Stripe's id, or by our own in its metadata. */
  async findByGatewayId(queryable: Queryable, stripeRefundId: string, refundId: string | null): Promise<Refund | null> {
    const [row] = await queryable.query<Refund>(
      `select ${COLUMNS} from refunds where stripe_refund_id = $1 union all select ${COLUMNS} from refunds where id = $2 and stripe_refund_id is null limit 1`,
      [stripeRefundId, refundId],
    );
    return row ?? null;
  }

  list(paymentId: string): Promise<Refund[]> {
    return this.database.query<Refund>(`select ${COLUMNS} from refunds where payment_id = $1 order by id`, [paymentId]);
  }

  /** What refunds hold of a payment: everything that has not failed. */
  async sumHeld(queryable: Queryable, paymentId: string): Promise<number> {
    const [row] = await queryable.query<{ sum: number }>(
      `select coalesce(sum(amount_minor), 0)::bigint as sum from refunds where payment_id = $1 and status in ('pending', 'requires_action', 'succeeded')`,
      [paymentId],
    );
    return row?.sum ?? 0;
  }

  /** Sets what Stripe says. A refund that has failed or was canceled stays so. @returns The row after it, or null when nothing changed. */
  async update(
    transaction: Queryable,
    id: string,
    change: {
      readonly status: RefundStatus;
      readonly stripeRefundId: string | null;
      readonly failureReason: string | null;
      readonly outcomeCertainty: 'known' | 'unknown';
      readonly hasStoredError?: boolean;
    },
  ): Promise<Refund | null> {
    const [row] = await transaction.query<Refund>(
      `update refunds set status = $2, stripe_refund_id = coalesce(stripe_refund_id, $3), failure_reason = $4, outcome_certainty = $5, has_stored_error = $6,
         updated_at = now(),
         next_check_at = case when $5 = 'unknown' then now() + interval '10 seconds' end
       where id = $1 and status not in ('failed', 'canceled')
         -- A late event from before the success is no news; a success can only still fail.
         and (status <> 'succeeded' or $2 not in ('pending', 'requires_action'))
         and (status, stripe_refund_id, failure_reason, outcome_certainty, has_stored_error) is distinct from ($2, coalesce(stripe_refund_id, $3), $4, $5, $6)
       returning ${COLUMNS}`,
      [id, change.status, change.stripeRefundId, change.failureReason, change.outcomeCertainty, change.hasStoredError ?? false],
    );
    return row ?? null;
  }

  /** Gives a refund that was never made another key. @returns null when somebody else did, or the refund has come to its end. */
  async renewKey({ id, livemode, stripeIdempotencyKey }: Refund): Promise<Refund | null> {
    const [row] = await this.database.query<Refund>(
      `update refunds set stripe_idempotency_key = $3, has_stored_error = false, updated_at = now()
       where id = $1 and stripe_idempotency_key = $2 and outcome_certainty = 'unknown' returning ${COLUMNS}`,
      [id, stripeIdempotencyKey, `${keyOf({ id, livemode })}:${randomUUID()}`],
    );
    return row ?? null;
  }

  /** Takes refunds whose outcome is open, as {@link PaymentsRepository.claimDue}. */
  claimDue(limit: number): Promise<Refund[]> {
    return this.database.query<Refund>(
      `update refunds set next_check_at = now() + make_interval(secs => $2 * least(power(2, check_count), 64)), check_count = check_count + 1
       where id in (select id from refunds where next_check_at <= now() order by next_check_at limit $1 for update skip locked)
       returning ${COLUMNS}`,
      [limit, this.config.payments.completerLeaseSeconds],
    );
  }
}

function keyOf({ id, livemode }: Pick<Refund, 'id' | 'livemode'>): string {
  return `${livemode ? 'live' : 'test'}:refund:${id}`;
}
