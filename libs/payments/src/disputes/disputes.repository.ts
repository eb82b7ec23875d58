import { Injectable } from '@nestjs/common';
import { assert, newId } from '#kernel';
import { Database, type Queryable } from '#platform';
import { DISPUTED_STATUSES, type DisputeStatus } from '../domain/dispute-status.js';
import { type GatewayDispute, type GatewayMovement } from '../payment-gateway.js';
import { type ChangeSource, type Payment, type PaymentCaller } from '../payment.js';
import { type Dispute, type DisputeAdjustment, type DisputeChange, type DisputeMovement } from './dispute.js';

/** Which disputes a page holds: newest first, `startingAfter` excluded. */
export interface DisputePage {
  readonly limit: number;
  readonly startingAfter: string | null;
  readonly status: DisputeStatus | null;
  readonly paymentId: string | null;
}

const COLUMNS = `id, payment_id as "paymentId", merchant_id as "merchantId", livemode, stripe_dispute_id as "stripeDisputeId", status,
  is_appeal as "isAppeal", reason, network_reason_code as "networkReasonCode", amount_minor as "amountMinor", currency,
  are_funds_withdrawn as "areFundsWithdrawn", is_charge_refundable as "isChargeRefundable", has_evidence as "hasEvidence",
  evidence_due_by as "evidenceDueBy", evidence_submission_count as "evidenceSubmissionCount", enhanced_eligibility as "enhancedEligibility",
  evidence_sealed as "evidenceSealed", evidence_version as "evidenceVersion", evidence_staged_version as "evidenceStagedVersion",
  evidence_staged_fields as "evidenceStagedFields", response, response_state as "responseState", response_by as "responseBy",
  responded_at as "respondedAt", coalesce(responded_at > now() - interval '23 hours', false) as "isResendable", response_count as "responseCount", response_error as "responseError", version,
  next_check_at as "nextCheckAt", check_count as "checkCount", created_at as "createdAt", updated_at as "updatedAt"`;

// Appended to every change of a dispute, in the same statement: its history, and its event for the merchant's webhooks.
const RECORD_CHANGE = `
  , adjusted as (
    insert into dispute_adjustments (dispute_id, sequence, merchant_id, payment_id, source, source_id, status_before, status_after, is_appeal,
      amount_minor, are_funds_withdrawn, is_charge_refundable, evidence_due_by, evidence_submission_count, response, response_state)
    select id, version, merchant_id, payment_id, $2, $3, $4, status, is_appeal, amount_minor, are_funds_withdrawn, is_charge_refundable,
      evidence_due_by, evidence_submission_count, response, response_state from changed)
  select ${COLUMNS} from changed`;

/** SQL of `disputes`, `dispute_adjustments` and `dispute_movements`: a row never changes without the line that says so. */
@Injectable()
export class DisputesRepository {
  constructor(private readonly database: Database) {}

  /** The caller's dispute. */
  async find(caller: Pick<PaymentCaller, 'merchantId' | 'livemode'>, id: string): Promise<Dispute | null> {
    const [row] = await this.database.query<Dispute>(
      `select ${COLUMNS} from disputes where id = $1 and merchant_id = $2 and livemode = $3`,
      [id, caller.merchantId, caller.livemode],
    );
    return row ?? null;
  }

  list(caller: Pick<PaymentCaller, 'merchantId' | 'livemode'>, page: DisputePage): Promise<Dispute[]> {
    return this.database.query<Dispute>(
      `select ${COLUMNS} from disputes
       where merchant_id = $1 and livemode = $2 and ($3::text is null or status = $3) and ($4::text is null or payment_id = $4)
         and ($5::text is null or id < $5)
       order by id desc limit $6`,
      [caller.merchantId, caller.livemode, page.status, page.paymentId, page.startingAfter, page.limit],
    );
  }

  /** Locks a dispute for the rest of the transaction; after its payment, which the caller has locked where it changes that too. */
  async lock(transaction: Queryable, id: string): Promise<Dispute> {
    const [row] = await transaction.query<Dispute>(`select ${COLUMNS} from disputes where id = $1 for update`, [id]);
    assert(row, 'the caller holds the id of a dispute that exists');
    return row;
  }

  async lockByGatewayId(transaction: Queryable, gatewayId: string): Promise<Dispute | null> {
    const [row] = await transaction.query<Dispute>(`select ${COLUMNS} from disputes where stripe_dispute_id = $1 for update`, [gatewayId]);
    return row ?? null;
  }

  /** Inserts a dispute with its first adjustment, before any of its money is booked; it is due at once for the keeper. */
  async insert(transaction: Queryable, payment: Payment, dispute: GatewayDispute, source: ChangeSource): Promise<Dispute> {
    const [row] = await transaction.query<Dispute>(
      `with changed as (
         insert into disputes (id, payment_id, merchant_id, livemode, stripe_dispute_id, status, is_appeal, reason, network_reason_code,
           amount_minor, currency, is_charge_refundable, has_evidence, evidence_due_by, evidence_submission_count, enhanced_eligibility, version)
         values ($1, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, 1)
         returning *)${RECORD_CHANGE}`,
      [
        newId('dispute'),
        source.source,
        source.sourceId,
        null,
        payment.id,
        payment.merchantId,
        payment.livemode,
        dispute.gatewayId,
        dispute.status,
        dispute.isAppeal,
        dispute.reason,
        dispute.networkReasonCode,
        dispute.amountMinor,
        dispute.currency,
        dispute.isChargeRefundable,
        dispute.hasEvidence,
        dispute.evidenceDueBy,
        dispute.evidenceSubmissionCount,
        dispute.enhancedEligibility,
      ],
    );
    assert(row, 'an insert returns its row');
    return row;
  }

  /** Changes a dispute that the caller has locked. */
  async change(transaction: Queryable, before: Dispute, change: DisputeChange, source: ChangeSource): Promise<Dispute> {
    const after = { ...before, ...change };
    const [row] = await transaction.query<Dispute>(
      `with changed as (
         update disputes set version = version + 1, updated_at = now(), status = $5, is_appeal = $6, reason = $7, network_reason_code = $8,
           amount_minor = $9, are_funds_withdrawn = $10, is_charge_refundable = $11, has_evidence = $12, evidence_due_by = $13,
           evidence_submission_count = $14, enhanced_eligibility = $15, response = $16, response_state = $17, response_by = $18,
           responded_at = case when $16::text is not null then coalesce(responded_at, now()) end, response_count = $19, response_error = $20,
           next_check_at = case when $21 then now() + make_interval(secs => $22) else next_check_at end, check_count = 0
         where id = $1 returning *)${RECORD_CHANGE}`,
      [
        before.id,
        source.source,
        source.sourceId,
        before.status,
        after.status,
        after.isAppeal,
        after.reason,
        after.networkReasonCode,
        after.amountMinor,
        after.areFundsWithdrawn,
        after.isChargeRefundable,
        after.hasEvidence,
        after.evidenceDueBy,
        after.evidenceSubmissionCount,
        after.enhancedEligibility,
        after.response,
        after.responseState,
        after.responseBy,
        after.responseCount,
        after.responseError,
        change.checkAfterSeconds !== undefined,
        change.checkAfterSeconds ?? null,
      ],
    );
    assert(row, 'the caller holds the lock of a dispute that exists');
    return row;
  }

  /** Takes disputes that are due for a look; another process may take them after the lease, which doubles with each look that changed nothing. */
  claimDue(limit: number, leaseSeconds: number): Promise<Dispute[]> {
    return this.database.query<Dispute>(
      `update disputes set next_check_at = now() + make_interval(secs => $2 * least(power(2, check_count), 64)), check_count = check_count + 1
       where id in (select id from disputes where next_check_at <= now() order by next_check_at limit $1 for update skip locked)
       returning ${COLUMNS}`,
      [limit, leaseSeconds],
    );
  }

  /** Gives the next try of an answer a key of its own; nothing that anybody is told of. */
  async renewAnswerKey({ id, responseCount }: Dispute): Promise<void> {
    await this.database.query(
      `update disputes set response_count = response_count + 1 where id = $1 and response_count = $2 and response_state = 'sending'`,
      [id, responseCount],
    );
  }

  /** Ends the looks at a claimed dispute, unless it has changed since. */
  async rest({ id, checkCount }: Dispute): Promise<void> {
    await this.database.query('update disputes set next_check_at = null where id = $1 and check_count = $2', [id, checkCount]);
  }

  /** Books money that is not booked yet. @returns Whether the payer's bank has the money after all of it. */
  async book(transaction: Queryable, dispute: Dispute, movements: readonly GatewayMovement[]): Promise<boolean> {
    for (const { gatewayId, amountMinor, feeMinor, currency, bookedAt } of movements) {
      await transaction.query(
        `insert into dispute_movements (stripe_balance_transaction_id, dispute_id, merchant_id, amount_minor, fee_minor, currency, booked_at)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
        [gatewayId, dispute.id, dispute.merchantId, amountMinor, feeMinor, currency, bookedAt],
      );
    }
    const [row] = await transaction.query<{ sum: number }>(
      'select coalesce(sum(amount_minor), 0)::bigint as sum from dispute_movements where dispute_id = $1',
      [dispute.id],
    );
    return (row?.sum ?? 0) < 0;
  }

  /** The money of a dispute, in the order in which Stripe booked it. */
  listMovements(disputeId: string): Promise<DisputeMovement[]> {
    return this.database.query<DisputeMovement & Record<string, unknown>>(
      `select stripe_balance_transaction_id as "stripeBalanceTransactionId", amount_minor as "amountMinor", fee_minor as "feeMinor", currency,
         booked_at as "bookedAt" from dispute_movements where dispute_id = $1 order by booked_at, amount_minor`,
      [disputeId],
    );
  }

  /** Everything that happened to a payment's disputes. */
  listAdjustments(paymentId: string): Promise<DisputeAdjustment[]> {
    return this.database.query<DisputeAdjustment & Record<string, unknown>>(
      `select dispute_id as "disputeId", sequence, source, source_id as "sourceId", status_before as "statusBefore", status_after as "statusAfter",
         is_appeal as "isAppeal", amount_minor as "amountMinor", are_funds_withdrawn as "areFundsWithdrawn",
         is_charge_refundable as "isChargeRefundable", evidence_due_by as "evidenceDueBy",
         evidence_submission_count as "evidenceSubmissionCount", response, response_state as "responseState", created_at as "createdAt"
       from dispute_adjustments where payment_id = $1 order by dispute_id, sequence`,
      [paymentId],
    );
  }

  /** What of a payment is disputed: the payer's bank has it, or has kept it. */
  async sumOpen(queryable: Queryable, paymentId: string): Promise<number> {
    const [row] = await queryable.query<{ sum: number }>(
      `select coalesce(sum(amount_minor), 0)::bigint as sum from disputes where payment_id = $1 and status = any ($2)`,
      [paymentId, DISPUTED_STATUSES],
    );
    return row?.sum ?? 0;
  }

  /** A dispute of the payment that stands in the way of a refund; null when none does. */
  async findStanding(queryable: Queryable, paymentId: string): Promise<Dispute | null> {
    const [row] = await queryable.query<Dispute>(
      `select ${COLUMNS} from disputes where payment_id = $1 and status not in ('won', 'warning_closed', 'prevented')
       order by is_charge_refundable, id limit 1`,
      [paymentId],
    );
    return row ?? null;
  }
}
