import { Injectable } from '@nestjs/common';
import { newId } from '#kernel';
import { Database, type Queryable } from '#platform';
import { type ChangeSource, type Payment } from './payment.js';
import { PAYMENT_COLUMNS, PaymentsRepository } from './payments.repository.js';

/** Small amounts in one sum: a bound for the transaction that gathers them. */
const SUM_SIZE = 500;

/** SQL of `payments` as far as small amounts are charged as a sum. */
@Injectable()
export class PaymentSumsRepository {
  constructor(
    private readonly database: Database,
    private readonly payments: PaymentsRepository,
  ) {}

  /** Inserts the payment that charges small amounts together; it is like the first of them but for its amount. */
  insertSum(
    transaction: Queryable,
    of: { readonly first: Payment; readonly amountMinor: number; readonly count: number; readonly leaseSeconds: number },
    source: ChangeSource,
  ): Promise<Payment> {
    const { first, amountMinor } = of;
    return this.payments.insert(
      transaction,
      {
        ...first,
        id: newId('payment'),
        status: 'processing',
        amountMinor,
        tipMinor: 0,
        taxMinor: 0,
        captureMethod: 'automatic',
        isIncreasable: false,
        description: `Sum of ${of.count} payments`,
        metadata: {},
        returnUrl: null,
        // Each of them was judged by itself.
        riskScore: null,
        riskLevel: null,
        riskDecision: null,
        location: null,
        ip: null,
        checkAfterSeconds: of.leaseSeconds,
      },
      source,
    );
  }

  /**
   * Locks the small amounts of one device, currency and method whose sum can be charged, and returns them oldest first; empty when none can.
   * Those that another job has are left to it.
   */
  async lockSum(transaction: Queryable, minimums: ReadonlyMap<string, number>): Promise<Payment[]> {
    const [due] = await transaction.query<{
      merchant_id: string;
      livemode: boolean;
      device_id: string;
      currency: string;
      payment_method: string;
    }>(
      `select merchant_id, livemode, device_id, currency, payment_method from payments
       where status = 'accumulating' and (next_check_at is null or next_check_at <= now())
       group by merchant_id, livemode, device_id, currency, payment_method
       having sum(amount_minor) >= coalesce(($1::jsonb ->> currency)::bigint, 1) order by min(id) limit 1`,
      [JSON.stringify(Object.fromEntries(minimums))],
    );
    if (!due) return [];
    return transaction.query<Payment>(
      `select ${PAYMENT_COLUMNS} from payments
       where status = 'accumulating' and (next_check_at is null or next_check_at <= now())
         and (merchant_id, livemode, device_id, currency, payment_method) = ($1, $2, $3, $4, $5)
       order by id limit $6 for update skip locked`,
      [due.merchant_id, due.livemode, due.device_id, due.currency, due.payment_method, SUM_SIZE],
    );
  }

  /** Sums that have ended, or that only a person could take on, and whose small amounts do not know it yet. */
  listEndedSums(limit: number): Promise<Payment[]> {
    return this.database.query(
      `select ${PAYMENT_COLUMNS} from payments
       where id in (select accumulated_into from payments where accumulated_into is not null and status = 'processing')
         and status in ('succeeded', 'canceled', 'requires_payment_method', 'requires_action') limit $1`,
      [limit],
    );
  }

  /** Locks the small amounts that are on their way with a sum. */
  lockPartsOf(transaction: Queryable, sumId: string): Promise<Payment[]> {
    return transaction.query<Payment>(
      `select ${PAYMENT_COLUMNS} from payments where accumulated_into = $1 and status = 'processing' order by id for update`,
      [sumId],
    );
  }
}
