import { Injectable } from '@nestjs/common';
import { assert, Clock, SECOND_MS } from '#kernel';
import { AppConfig, Database, type Queryable } from '#platform';
import { type ReservationState, reservationStateOf } from './domain/spending-limit.js';
import { countPaymentChange } from './metrics.js';
import { type ChangeSource, type Payment, type PaymentCaller, type PaymentChange } from './payment.js';
import { checkChange } from './invariants.js';
import { changesOf, type PlannedChange } from './payment-batch-writes.js';
import { type ChangeCompanions, changeOf, insertionOf } from './payment-writes.js';

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

/** Aliased to the names of {@link Payment}, so that a row is one. */
export const PAYMENT_COLUMNS = `id, merchant_id as "merchantId", livemode, status, outcome_certainty as "outcomeCertainty", amount_minor as "amountMinor",
  tip_minor as "tipMinor", tax_minor as "taxMinor", amount_capturable_minor as "amountCapturableMinor",
  amount_received_minor as "amountReceivedMinor", amount_refunded_minor as "amountRefundedMinor",
  amount_disputed_minor as "amountDisputedMinor", currency, device_id as "deviceId", device_type as "deviceType", customer_id as "customerId",
  business_type as "businessType", profile_version as "profileVersion", method, payment_method as "paymentMethod", is_off_session as "isOffSession",
  capture_method as "captureMethod", description, metadata, return_url as "returnUrl", risk_score as "riskScore",
  risk_level as "riskLevel", risk_decision as "riskDecision", stripe_payment_intent_id as "stripePaymentIntentId",
  stripe_charge_id as "stripeChargeId", capture_before as "captureBefore", is_increasable as "isIncreasable",
  accumulated_into as "accumulatedInto", next_action as "nextAction", last_error as "lastError", version,
  next_check_at as "nextCheckAt", check_count as "checkCount", created_at as "createdAt", updated_at as "updatedAt"`;

/** SQL of `payments` and `payment_adjustments`: a row never changes without the line that says so. */
@Injectable()
export class PaymentsRepository {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly config: AppConfig,
  ) {}

  /** The caller's payment; a device sees only its own. */
  async find(caller: Pick<PaymentCaller, 'merchantId' | 'livemode' | 'deviceId'>, id: string): Promise<Payment | null> {
    const rows = await this.database.query<Payment>(
      `select ${PAYMENT_COLUMNS} from payments where id = $1 and merchant_id = $2 and livemode = $3 and ($4::text is null or device_id = $4)`,
      [id, caller.merchantId, caller.livemode, caller.deviceId],
    );
    return rows[0] ?? null;
  }

  /** Any payment by its id, for jobs that act for no caller. */
  async get(queryable: Queryable, id: string): Promise<Payment> {
    const [row] = await queryable.query<Payment>(`select ${PAYMENT_COLUMNS} from payments where id = $1`, [id]);
    assert(row, 'the caller holds the id of a payment that exists');
    return row;
  }

  /** Any payment by an id that may not have been used yet. */
  async findAny(queryable: Queryable, id: string): Promise<Payment | null> {
    const [row] = await queryable.query<Payment>(`select ${PAYMENT_COLUMNS} from payments where id = $1`, [id]);
    return row ?? null;
  }

  /** Locks a payment's row for the rest of the transaction; the first lock in the order payment → refund → dispute. */
  async lock(transaction: Queryable, id: string): Promise<Payment | null> {
    const [row] = await transaction.query<Payment>(`select ${PAYMENT_COLUMNS} from payments where id = $1 for update`, [id]);
    return row ?? null;
  }

  /** The payment of an intent, by the intent's id or else by our own id in its metadata. */
  async findByGatewayId(queryable: Queryable, gatewayId: string, paymentId: string | null): Promise<Payment | null> {
    const [row] = await queryable.query<Payment>(
      `select ${PAYMENT_COLUMNS} from payments where stripe_payment_intent_id = $1
       union all select ${PAYMENT_COLUMNS} from payments where id = $2 and stripe_payment_intent_id is null limit 1`,
      [gatewayId, paymentId],
    );
    return row ?? null;
  }

  /** The payments of many intents with one look: by the intents' ids, and by our own ids in their metadata, also where another intent is tied to them. */
  findAllByGatewayId(
    queryable: Queryable,
    intents: readonly { readonly gatewayId: string; readonly paymentId: string | null }[],
  ): Promise<Payment[]> {
    return queryable.query<Payment>(
      `select ${PAYMENT_COLUMNS} from payments where stripe_payment_intent_id = any ($1::text[])
       union all select ${PAYMENT_COLUMNS} from payments where id = any ($2::text[])
         and (stripe_payment_intent_id is null or stripe_payment_intent_id <> all ($1::text[]))`,
      [intents.map(({ gatewayId }) => gatewayId), intents.flatMap(({ paymentId }) => paymentId ?? [])],
    );
  }

  /** Payments by their ids. */
  getAll(queryable: Queryable, ids: ReadonlySet<string>): Promise<Payment[]> {
    if (ids.size === 0) return Promise.resolve([]);
    return queryable.query<Payment>(`select ${PAYMENT_COLUMNS} from payments where id = any ($1::text[])`, [[...ids]]);
  }

  /** How many payments the customer has completed with the merchant. */
  async countCompleted(customerId: string): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `select count(*) as count from payments where customer_id = $1 and status = 'succeeded'`,
      [customerId],
    );
    return row?.count ?? 0;
  }

  /** Inserts a payment with its first adjustment, and with the call that follows from it. */
  async insert(
    transaction: Queryable,
    { location, ip, checkAfterSeconds, ...given }: NewPayment,
    source: ChangeSource,
    along: Pick<ChangeCompanions, 'planned'> = {},
  ): Promise<Payment> {
    const now = this.clock.now();
    const payment: Payment = {
      ...given,
      ...UNTOUCHED,
      nextCheckAt: checkAfterSeconds === null ? null : new Date(now.getTime() + checkAfterSeconds * SECOND_MS),
      createdAt: now,
      updatedAt: now,
    };
    const { text, values } = insertionOf({
      row: {
        ...payment,
        metadata: JSON.stringify(payment.metadata),
        latitude: location?.latitude ?? null,
        longitude: location?.longitude ?? null,
        ip,
      },
      statusBefore: null,
      source,
      // Taken as reserved a moment ago: only a payment that is refused at once changes that.
      reservations: reservationStateOf(payment) === 'reserved' ? null : 'released',
      along,
      after: payment,
    });
    await transaction.execute(text, values);
    transaction.afterCommit(() => {
      countPaymentChange(null, payment);
    });
    return payment;
  }

  /**
   * Changes a payment if nobody else has since `before` was read: compare and set on its version. Its reservations change with it, and so does
   * whatever is to be written along.
   *
   * @returns The row after the change, or null when `before` is out of date and nothing was written; the caller reads again and decides again.
   */
  async change(
    queryable: Queryable,
    before: Payment,
    change: PaymentChange,
    source: ChangeSource,
    along: ChangeCompanions = {},
  ): Promise<Payment | null> {
    const after = this.changed(before, change);
    const { text, values } = changeOf({
      row: {
        ...after,
        nextAction: after.nextAction === null ? null : JSON.stringify(after.nextAction),
        lastError: after.lastError === null ? null : JSON.stringify(after.lastError),
        formerVersion: before.version,
      },
      statusBefore: before.status,
      source,
      reservations: reservationsAfter(before, after),
      along,
      after,
    });
    const rows = await queryable.query(text, values);
    if (rows.length === 0) return null;
    queryable.afterCommit(() => {
      countPaymentChange(before, after);
      if (along.answered) along.answered.isAnswered = true;
    });
    return after;
  }

  /** The row as a change will leave it. @throws AssertionError when it would break an invariant. */
  changed(before: Payment, change: PaymentChange): Payment {
    const after = { ...before, ...change, version: before.version + 1, updatedAt: this.laterThan(before.updatedAt) };
    checkChange(before, after);
    return after;
  }

  /**
   * Changes many payments as {@link change} does each, in one statement, and locks them all until the transaction ends.
   *
   * @param changes - One of a payment; `after` comes from {@link changed}.
   * @returns The ids of those that were changed; the others' `before` is out of date.
   */
  async changeAll(transaction: Queryable, changes: readonly PlannedChange[]): Promise<ReadonlySet<string>> {
    if (changes.length === 0) return new Set();
    const { text, values } = changesOf(
      changes.map((planned) => ({ ...planned, reservations: reservationsAfter(planned.before, planned.after) })),
    );
    const rows = await transaction.query<{ id: string }>(text, values);
    const ids = new Set(rows.map(({ id }) => id));
    transaction.afterCommit(() => {
      for (const { before, after } of changes) if (ids.has(after.id)) countPaymentChange(before, after);
    });
    return ids;
  }

  /** Sets what another attempt is made with, and how it was judged. The move that follows in the same transaction is its line of history. */
  async replaceMethod(
    transaction: Queryable,
    payment: Payment,
    attempt: Pick<Payment, 'paymentMethod' | 'returnUrl' | 'isOffSession' | 'riskScore' | 'riskLevel' | 'riskDecision'>,
  ): Promise<Payment> {
    const { paymentMethod, returnUrl, isOffSession, riskScore, riskLevel, riskDecision } = attempt;
    await transaction.query(
      `update payments set payment_method = $2, return_url = $3, is_off_session = $4, risk_score = $5, risk_level = $6, risk_decision = $7
       where id = $1`,
      [payment.id, paymentMethod, returnUrl, isOffSession, riskScore, riskLevel, riskDecision],
    );
    return { ...payment, paymentMethod, returnUrl, isOffSession, riskScore, riskLevel, riskDecision };
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

  /** Now, unless another machine's clock is ahead: a payment's time never goes back. */
  private laterThan(former: Date): Date {
    return new Date(Math.max(this.clock.now().getTime(), former.getTime()));
  }
}

/** What a change makes of the payment's reservations; null when they stay as they are. */
function reservationsAfter(before: Payment, after: Payment): ReservationState | null {
  const state = reservationStateOf(after);
  const isLimitChange =
    after.status !== before.status || after.amountRefundedMinor !== before.amountRefundedMinor || state !== reservationStateOf(before);
  return isLimitChange ? state : null;
}

/** What a new payment has not had yet. */
const UNTOUCHED = {
  outcomeCertainty: 'known',
  amountCapturableMinor: 0,
  amountReceivedMinor: 0,
  amountRefundedMinor: 0,
  amountDisputedMinor: 0,
  stripePaymentIntentId: null,
  stripeChargeId: null,
  captureBefore: null,
  accumulatedInto: null,
  nextAction: null,
  lastError: null,
  version: 1,
  checkCount: 0,
} as const;
