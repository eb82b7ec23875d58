import { Injectable } from '@nestjs/common';
import { type CurrencyCode } from '#kernel';
import { Database, type Queryable } from '#platform';

/** How much time is left to answer a dispute: it is over, or at most so many hours. */
export const HOURS_LEFT = ['overdue', '24', '72', '168', 'later'] as const;
/** One of {@link HOURS_LEFT}. */
export type HoursLeft = (typeof HOURS_LEFT)[number];

/** Somebody must be told that time runs out. */
export interface DisputeAlarm {
  readonly disputeId: string;
  readonly paymentId: string;
  readonly merchantId: string;
  readonly amountMinor: number;
  readonly currency: CurrencyCode;
  readonly reason: string;
  readonly evidenceDueBy: Date;
  readonly alarm: '7_days' | '3_days' | '24_hours' | 'overdue';
}

/** A dispute that somebody must still answer, and can. */
const IS_UNANSWERED = `d.status in ('needs_response', 'warning_needs_response') and d.response is null and d.evidence_due_by is not null`;

/** SQL of `dispute_alarms`, and of what runs out. Times are the database's, as several workers compare them. */
@Injectable()
export class DisputeDeadlinesRepository {
  constructor(private readonly database: Database) {}

  /**
   * Raises the alarms that are due, each once, and tells the merchants in the same statement. Of several that have passed it raises the most urgent:
   * the others have nothing to add. One that is told to operators in the same transaction is told exactly once.
   */
  raiseDue(transaction: Queryable, limit: number): Promise<DisputeAlarm[]> {
    return transaction.query<DisputeAlarm & Record<string, unknown>>(
      `with due as (
         select d.*, case
           when d.evidence_due_by <= now() then 'overdue'
           when d.evidence_due_by <= now() + interval '24 hours' then '24_hours'
           when d.evidence_due_by <= now() + interval '3 days' then '3_days'
           else '7_days' end as alarm
         from disputes d where ${IS_UNANSWERED} and d.evidence_due_by <= now() + interval '7 days'
       ), raised as (
         insert into dispute_alarms (dispute_id, merchant_id, evidence_due_by, alarm)
         select id, merchant_id, evidence_due_by, alarm from due
         where not exists (select 1 from dispute_alarms a where (a.dispute_id, a.evidence_due_by, a.alarm) = (due.id, due.evidence_due_by, due.alarm))
         order by evidence_due_by limit $1
         on conflict do nothing returning dispute_id, alarm
       ), told as (
         insert into outbox_events (id, merchant_id, livemode, type, object_id, sequence, data)
         select 'evt_' || substr(d.id, 4) || '_' || d.version || '_' || extract(epoch from d.evidence_due_by)::bigint || '_' || d.alarm,
           d.merchant_id, d.livemode, 'dispute.evidence_due', d.id, d.version,
           jsonb_build_object('id', d.id, 'object', 'dispute', 'paymentId', d.payment_id, 'status', d.status, 'reason', d.reason,
             'amount', d.amount_minor, 'currency', d.currency, 'alarm', d.alarm,
             'hoursLeft', greatest(0, floor(extract(epoch from d.evidence_due_by - now()) / 3600)),
             'evidenceDueBy', to_char(d.evidence_due_by at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'livemode', d.livemode)
         from raised join due d on d.id = raised.dispute_id
       )
       select d.id as "disputeId", d.payment_id as "paymentId", d.merchant_id as "merchantId", d.amount_minor as "amountMinor", d.currency, d.reason,
         d.evidence_due_by as "evidenceDueBy", d.alarm
       from raised join due d on d.id = raised.dispute_id order by d.evidence_due_by`,
      [limit],
    );
  }

  /** How many disputes wait for an answer, by how much time is left. */
  async countByHoursLeft(): Promise<Readonly<Record<HoursLeft, number>>> {
    const rows = await this.database.query<{ hoursLeft: HoursLeft; count: number }>(
      `select case
         when d.evidence_due_by <= now() then 'overdue'
         when d.evidence_due_by <= now() + interval '24 hours' then '24'
         when d.evidence_due_by <= now() + interval '72 hours' then '72'
         when d.evidence_due_by <= now() + interval '168 hours' then '168'
         else 'later' end as "hoursLeft", count(*) as count
       from disputes d where ${IS_UNANSWERED} group by 1`,
    );
    const counts = { overdue: 0, '24': 0, '72': 0, '168': 0, later: 0 };
    for (const { hoursLeft, count } of rows) counts[hoursLeft] = count;
    return counts;
  }
}
