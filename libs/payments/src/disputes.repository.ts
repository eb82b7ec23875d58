import { Injectable } from '@nestjs/common';
import { newId } from '#kernel';
import { type Queryable } from '#platform';
import { type GatewayDispute } from './payment-gateway.js';
import { type Payment } from './payment.js';

// How a dispute goes forward; an inquiry may become a chargeback, never the reverse.
const ORDER = `'{warning_needs_response,warning_under_review,warning_closed,needs_response,under_review,lost,won,prevented}'::text[]`;

/** SQL of `disputes`. */
@Injectable()
export class DisputesRepository {
  /** Records what Stripe says of a dispute. @returns Whether it was news. */
  async upsert(transaction: Queryable, payment: Payment, dispute: GatewayDispute): Promise<boolean> {
    const rows = await transaction.query(
      `insert into disputes (id, payment_id, merchant_id, livemode, stripe_dispute_id, status, reason, network_reason_code, amount_minor, currency,
         are_funds_withdrawn, evidence_due_by, evidence_submission_count)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
       on conflict (stripe_dispute_id) do update set status = excluded.status, reason = excluded.reason, network_reason_code = excluded.network_reason_code,
         amount_minor = excluded.amount_minor, evidence_due_by = excluded.evidence_due_by,
         evidence_submission_count = greatest(disputes.evidence_submission_count, excluded.evidence_submission_count), updated_at = now(),
         -- Within one status events may come in any order: money is withdrawn once, and comes back once the dispute is won.
         are_funds_withdrawn = case
           when disputes.status <> excluded.status then excluded.are_funds_withdrawn
           when excluded.status = 'won' then disputes.are_funds_withdrawn and excluded.are_funds_withdrawn
           else disputes.are_funds_withdrawn or excluded.are_funds_withdrawn
         end
       -- An end is an end, and nothing goes back: a late event from before changes nothing.
       where (disputes.status = excluded.status or disputes.status not in ('won', 'lost', 'warning_closed', 'prevented'))
         and array_position(${ORDER}, disputes.status) <= array_position(${ORDER}, excluded.status)
         and (disputes.status, disputes.reason, disputes.amount_minor, disputes.are_funds_withdrawn, disputes.evidence_due_by, disputes.evidence_submission_count)
           is distinct from (excluded.status, excluded.reason, excluded.amount_minor, excluded.are_funds_withdrawn, excluded.evidence_due_by, excluded.evidence_submission_count)
       returning id`,
      [
        newId('dispute'),
        payment.id,
        payment.merchantId,
        payment.livemode,
        dispute.gatewayId,
        dispute.status,
        dispute.reason,
        dispute.networkReasonCode,
        dispute.amountMinor,
        dispute.currency,
        dispute.areFundsWithdrawn,
        dispute.evidenceDueBy,
        dispute.evidenceSubmissionCount,
      ],
    );
    return rows.length === 1;
  }

  /** What of a payment is disputed: everything that was not won, closed or prevented. */
  async sumOpen(queryable: Queryable, paymentId: string): Promise<number> {
    const [row] = await queryable.query<{ sum: number }>(
      `select coalesce(sum(amount_minor), 0)::bigint as sum from disputes where payment_id = $1 and status in ('needs_response', 'under_review', 'lost')`,
      [paymentId],
    );
    return row?.sum ?? 0;
  }
}
