import { Injectable } from '@nestjs/common';
import { assert, newId } from '#kernel';
import { AppConfig, Database, type Queryable } from '#platform';
import { type PaymentStatus } from './domain/payment-status.js';
import { reservationStateOf } from './domain/spending-limit.js';
import { countPaymentChange } from './metrics.js';
import { type ChangeSource, type Payment, type PaymentCaller, type PaymentChange } from './payment.js';
import { checkChange } from './invariants.js';
import { FOLLOW_PAYMENT } from './spending-limits.repository.js';

/** Small amounts in one sum: a bound for the transaction that gathers them. */
const SUM_SIZE = 500;

/** A payment's first row. */
export type NewPayment = Pick<
  Payment,
  | 'id'
  | 'merchantId'
  | 'livemode'
  | 'status'
  | 'amountMinor'
  | 'tipMinor'
  | 'taxMinor'
  | 'currency'
  | 'deviceId'
  | 'deviceType'
  | 'customerId'
  | 'businessType'
  | 'profileVersion'
  | 'method'
  | 'paymentMethod'
  | 'isOffSession'
  | 'captureMethod'
  | 'isIncreasable'
  | 'description'
  | 'metadata'
  | 'returnUrl'
  | 'riskScore'
  | 'riskLevel'
  | 'riskDecision'
> & {
  readonly location: { readonly latitude: number; readonly longitude: number } | null;
  readonly ip: string | null;
  /** Seconds until the completer looks; null when the payment is at rest. */
  readonly checkAfterSeconds: number | null;
};

/** One page of a list: newest first, `startingAfter` excluded. */
export interface PageRequest {
  readonly limit: number;
  readonly startingAfter: string | null;
}

/** One line of a payment's history. */
export interface PaymentAdjustment {
  readonly sequence: number;
  readonly source: ChangeSource['source'];
  readonly sourceId: string | null;
  readonly statusBefore: PaymentStatus | null;
  readonly statusAfter: PaymentStatus;
  readonly amountMinor: number;
  readonly tipMinor: number;
  readonly amountCapturableMinor: number;
  readonly amountReceivedMinor: number;
  readonly amountRefundedMinor: number;
  readonly amountDisputedMinor: number;
  readonly outcomeCertainty: 'known' | 'unknown';
  readonly createdAt: Date;
}

// Aliased to the names of Payment, so that a row is one.
const COLUMNS = `id, merchant_id as "merchantId", livemode, status, outcome_certainty as "outcomeCertainty", amount_minor as "amountMinor",
  tip_minor as "tipMinor", tax_minor as "taxMinor", amount_capturable_minor as "amountCapturableMinor",
  amount_received_minor as "amountReceivedMinor", amount_refunded_minor as "amountRefundedMinor",
  amount_disputed_minor as "amountDisputedMinor", currency, device_id as "deviceId", device_type as "deviceType", customer_id as "customerId",
  business_type as "businessType", profile_version as "profileVersion", method, payment_method as "paymentMethod", is_off_session as "isOffSession",
  capture_method as "captureMethod", description, metadata, return_url as "returnUrl", risk_score as "riskScore",
  risk_level as "riskLevel", risk_decision as "riskDecision", stripe_payment_intent_id as "stripePaymentIntentId",
  stripe_charge_id as "stripeChargeId", capture_before as "captureBefore", is_increasable as "isIncreasable",
  accumulated_into as "accumulatedInto", next_action as "nextAction", last_error as "lastError", version,
  next_check_at as "nextCheckAt", check_count as "checkCount", created_at as "createdAt", updated_at as "updatedAt"`;

// Appended to every change of a payment, in the same statement: its history, and its event for the merchant's webhooks.
const RECORD_CHANGE = `
  , adjusted as (
    insert into payment_adjustments (payment_id, merchant_id, sequence, source, source_id, status_before, status_after, amount_minor,
      tip_minor, amount_capturable_minor, amount_received_minor, amount_refunded_minor, amount_disputed_minor, outcome_certainty)
    select id, merchant_id, version, $2, $3, $4, status, amount_minor, tip_minor, amount_capturable_minor, amount_received_minor, amount_refunded_minor,
      amount_disputed_minor, outcome_certainty from changed)
  select ${COLUMNS} from changed`;

const FOLLOW_INSERT = FOLLOW_PAYMENT.replaceAll(':state', '$30');
const FOLLOW_CHANGE = FOLLOW_PAYMENT.replaceAll(':state', '$20');

/** SQL of `payments` and `payment_adjustments`: a row never changes without the line that says so. */
@Injectable()
export class PaymentsRepository {
  constructor(
    private readonly database: Database,
    private readonly config: AppConfig,
  ) {}

  /** The caller's payment; a device sees only its own. */
  async find(caller: Pick<PaymentCaller, 'merchantId' | 'livemode' | 'deviceId'>, id: string): Promise<Payment | null> {
    const rows = await this.database.query<Payment>(
      `select ${COLUMNS} from payments where id = $1 and merchant_id = $2 and livemode = $3 and ($4::text is null or device_id = $4)`,
      [id, caller.merchantId, caller.livemode, caller.deviceId],
    );
    return rows[0] ?? null;
  }

  /** Any payment by its id, for jobs that act for no caller. */
  async get(queryable: Queryable, id: string): Promise<Payment> {
    const [row] = await queryable.query<Payment>(`select ${COLUMNS} from payments where id = $1`, [id]);
    assert(row, 'the caller holds the id of a payment that exists');
    return row;
  }

  /** Locks a payment's row for the rest of the transaction; the first lock in the order payment → refund → dispute. */
  async lock(transaction: Queryable, id: string): Promise<Payment | null> {
    const [row] = await transaction.query<Payment>(`select ${COLUMNS} from payments where id = $1 for update`, [id]);
    return row ?? null;
  }

  /** The payment of an intent, by the intent's id or else by our own id in its metadata. */
  async findByGatewayId(queryable: Queryable, gatewayId: string, paymentId: string | null): Promise<Payment | null> {
    const [row] = await queryable.query<Payment>(
      `select ${COLUMNS} from payments where stripe_payment_intent_id = $1
       union all select ${COLUMNS} from payments where id = $2 and stripe_payment_intent_id is null limit 1`,
      [gatewayId, paymentId],
    );
    return row ?? null;
  }

  list(
    caller: Pick<PaymentCaller, 'merchantId' | 'livemode' | 'deviceId'>,
    page: PageRequest,
    status: PaymentStatus | null,
  ): Promise<Payment[]> {
    return this.database.query<Payment>(
      `select ${COLUMNS} from payments
       where merchant_id = $1 and livemode = $2 and ($3::text is null or device_id = $3) and ($4::text is null or status = $4)
         and ($5::text is null or id < $5)
       order by id desc limit $6`,
      [caller.merchantId, caller.livemode, caller.deviceId, status, page.startingAfter, page.limit],
    );
  }

  listAdjustments(paymentId: string): Promise<PaymentAdjustment[]> {
    return this.database.query<PaymentAdjustment>(
      `select sequence, source, source_id as "sourceId", status_before as "statusBefore", status_after as "statusAfter", amount_minor as "amountMinor",
         tip_minor as "tipMinor", amount_capturable_minor as "amountCapturableMinor", amount_received_minor as "amountReceivedMinor",
         amount_refunded_minor as "amountRefundedMinor", amount_disputed_minor as "amountDisputedMinor",
         outcome_certainty as "outcomeCertainty", created_at as "createdAt"
       from payment_adjustments where payment_id = $1 order by sequence`,
      [paymentId],
    );
  }

  /** How many payments the customer has completed with the merchant. */
  async countCompleted(customerId: string): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `select count(*) as count from payments where customer_id = $1 and status = 'succeeded'`,
      [customerId],
    );
    return row?.count ?? 0;
  }

  /** Inserts a payment with its first adjustment. */
  async insert(transaction: Queryable, payment: NewPayment, source: ChangeSource): Promise<Payment> {
    const [row] = await transaction.query<Payment>(
      `with changed as (
         insert into payments (id, merchant_id, livemode, status, amount_minor, tip_minor, tax_minor, currency, device_id, customer_id, business_type,
           profile_version, method, payment_method, capture_method, description, metadata, return_url, risk_score, risk_level, risk_decision,
           latitude, longitude, client_ip, next_check_at, is_increasable, device_type, is_off_session, version)
         values ($1, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27,
           now() + make_interval(secs => $28), $29, $31, $32, 1)
         returning *)${FOLLOW_INSERT}${RECORD_CHANGE}`,
      [
        payment.id,
        source.source,
        source.sourceId,
        null,
        payment.merchantId,
        payment.livemode,
        payment.status,
        payment.amountMinor,
        payment.tipMinor,
        payment.taxMinor,
        payment.currency,
        payment.deviceId,
        payment.customerId,
        payment.businessType,
        payment.profileVersion,
        payment.method,
        payment.paymentMethod,
        payment.captureMethod,
        payment.description,
        JSON.stringify(payment.metadata),
        payment.returnUrl,
        payment.riskScore,
        payment.riskLevel,
        payment.riskDecision,
        payment.location?.latitude ?? null,
        payment.location?.longitude ?? null,
        payment.ip,
        payment.checkAfterSeconds,
        payment.isIncreasable,
        // Taken as reserved a moment ago: only a payment that is refused at once changes that.
        reservationStateOf(payment.status) === 'reserved' ? null : 'released',
        payment.deviceType,
        payment.isOffSession,
      ],
    );
    assert(row, 'an insert returns its row');
    transaction.afterCommit(() => {
      countPaymentChange(null, row);
    });
    return row;
  }

  /** Inserts the payment that charges small amounts together; it is like the first of them but for its amount. */
  insertSum(
    transaction: Queryable,
    of: { readonly first: Payment; readonly amountMinor: number; readonly count: number; readonly leaseSeconds: number },
    source: ChangeSource,
  ): Promise<Payment> {
    const { first, amountMinor } = of;
    return this.insert(
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
   * Changes a payment if nobody else has since `before` was read: compare and set on its version. Its reservations change with it.
   *
   * @returns The row after the change, or null when `before` is out of date; the caller reads again and decides again.
   */
  async change(queryable: Queryable, before: Payment, change: PaymentChange, source: ChangeSource): Promise<Payment | null> {
    const after = { ...before, ...change };
    checkChange(before, after);
    const isLimitChange = after.status !== before.status || after.amountRefundedMinor !== before.amountRefundedMinor;
    const [row] = await queryable.query<Payment>(
      `with changed as (
         update payments set version = version + 1, updated_at = now(), status = $5, outcome_certainty = $6, amount_minor = $7, tip_minor = $8,
           amount_capturable_minor = $9, amount_received_minor = $10, amount_refunded_minor = $11, amount_disputed_minor = $12,
           stripe_payment_intent_id = $13, stripe_charge_id = $14, next_action = $15, last_error = $16, next_check_at = $17, check_count = $18,
           capture_before = $21, accumulated_into = $22
         where id = $1 and version = $19 returning *)${FOLLOW_CHANGE}${RECORD_CHANGE}`,
      [
        before.id,
        source.source,
        source.sourceId,
        before.status,
        after.status,
        after.outcomeCertainty,
        after.amountMinor,
        after.tipMinor,
        after.amountCapturableMinor,
        after.amountReceivedMinor,
        after.amountRefundedMinor,
        after.amountDisputedMinor,
        after.stripePaymentIntentId,
        after.stripeChargeId,
        after.nextAction === null ? null : JSON.stringify(after.nextAction),
        after.lastError === null ? null : JSON.stringify(after.lastError),
        after.nextCheckAt,
        after.checkCount,
        before.version,
        isLimitChange ? reservationStateOf(after.status) : null,
        after.captureBefore,
        after.accumulatedInto,
      ],
    );
    if (row) {
      queryable.afterCommit(() => {
        countPaymentChange(before, row);
      });
    }
    return row ?? null;
  }

  /** Sets what another attempt is made with, and how it was judged. The move that follows in the same transaction is its line of history. */
  async replaceMethod(
    transaction: Queryable,
    id: string,
    attempt: Pick<Payment, 'paymentMethod' | 'returnUrl' | 'isOffSession' | 'riskScore' | 'riskLevel' | 'riskDecision'>,
  ): Promise<void> {
    const { paymentMethod, returnUrl, isOffSession, riskScore, riskLevel, riskDecision } = attempt;
    await transaction.query(
      `update payments set payment_method = $2, return_url = $3, is_off_session = $4, risk_score = $5, risk_level = $6, risk_decision = $7
       where id = $1`,
      [id, paymentMethod, returnUrl, isOffSession, riskScore, riskLevel, riskDecision],
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
      `select ${COLUMNS} from payments
       where status = 'accumulating' and (next_check_at is null or next_check_at <= now())
         and (merchant_id, livemode, device_id, currency, payment_method) = ($1, $2, $3, $4, $5)
       order by id limit $6 for update skip locked`,
      [due.merchant_id, due.livemode, due.device_id, due.currency, due.payment_method, SUM_SIZE],
    );
  }

  /** Sums that have ended, or that only a person could take on, and whose small amounts do not know it yet. */
  listEndedSums(limit: number): Promise<Payment[]> {
    return this.database.query(
      `select ${COLUMNS} from payments
       where id in (select accumulated_into from payments where accumulated_into is not null and status = 'processing')
         and status in ('succeeded', 'canceled', 'requires_payment_method', 'requires_action') limit $1`,
      [limit],
    );
  }

  /** Locks the small amounts that are on their way with a sum. */
  lockPartsOf(transaction: Queryable, sumId: string): Promise<Payment[]> {
    return transaction.query<Payment>(
      `select ${COLUMNS} from payments where accumulated_into = $1 and status = 'processing' order by id for update`,
      [sumId],
    );
  }

  /**
   * Takes up to `limit` payments that are due for a look, and keeps other completers away from them for the lease.
   * The look itself is no change of the payment: version and history stay as they are.
   */
  claimDue(limit: number, leaseSeconds: number): Promise<Payment[]> {
    return this.database.query<Payment>(
      `update payments set next_check_at = now() + make_interval(secs => $2), check_count = check_count + 1
       where id in (select id from payments where next_check_at <= now() and status <> 'accumulating' order by next_check_at limit $1 for update skip locked)
       returning ${COLUMNS}`,
      [limit, leaseSeconds],
    );
  }

  /** Sets the next look at a payment that a look has not changed; no change of the payment, so no version and no history. */
  async scheduleCheck(payment: Payment, delayMs: number | null): Promise<void> {
    await this.database.query(
      `update payments set next_check_at = now() + make_interval(secs => $3::float8 / 1000) where id = $1 and version = $2`,
      [payment.id, payment.version, delayMs],
    );
  }

  /** Makes the payment due once the request that is about to call the processor must have ended; no change of the payment. */
  async watch(transaction: Queryable, payment: Payment): Promise<void> {
    await transaction.query('update payments set next_check_at = now() + make_interval(secs => $2) where id = $1', [
      payment.id,
      this.config.payments.requestLeaseSeconds,
    ]);
  }

  /** Payments whose outcome nobody knows, and the age of the oldest: the product's time to certainty. */
  async unknownOutcomes(): Promise<{ readonly count: number; readonly oldestSeconds: number }> {
    const [row] = await this.database.query<{ count: number; oldest: number }>(
      `select count(*) as count, coalesce(extract(epoch from now() - min(updated_at)), 0)::float8 as oldest
       from payments where next_check_at is not null and outcome_certainty = 'unknown'`,
    );
    return { count: row?.count ?? 0, oldestSeconds: row?.oldest ?? 0 };
  }
}
