import { Injectable } from '@nestjs/common';
import { Database, type Queryable } from '#platform';

/** A job that this process holds until its lease ends. */
export interface ClaimedJob {
  readonly sequence: number;
  /** The number of this attempt, from 1; with `sequence` it fences: whoever comes after a lost lease has another number. */
  readonly attempt: number;
  /** The number of this attempt in its schedule, which a replay begins anew. */
  readonly turn: number;
  readonly stripeEventId: string;
  readonly type: string;
  readonly livemode: boolean;
  readonly createdAt: Date;
  readonly objectId: string | null;
  readonly paymentIntentId: string | null;
  /** Empty when its time was over before somebody replayed the event. */
  readonly payload: Buffer;
}

/** How an attempt ended for good. */
export interface FinishedJob {
  readonly job: ClaimedJob;
  readonly outcome: 'applied' | 'unchanged' | 'ignored';
  readonly detail: string | null;
}

/** How an attempt ended for now. */
export interface PostponedJob {
  readonly job: ClaimedJob;
  readonly status: 'waiting' | 'failed';
  readonly waitMs: number;
  readonly error: string;
}

/** Another worker took the job over because the lease had run out: its effects must be rolled back. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
}

// Longer than any batch takes, fetches included; a killed worker's jobs are taken over after it.
const LEASE_SECONDS = 60;
const MAX_ERROR_LENGTH = 1_000;

// By array, not by join: for a join the planner reckons with a tenth of the queue, and reads the whole queue and the whole inbox for fifty events.
const CLAIM = `
with postponed as materialized (
  select event_sequence from webhook_jobs
  where status <> 'received' and next_attempt_at <= now() and (leased_until is null or leased_until <= now())
  order by next_attempt_at
  limit $1
  for update skip locked
), fresh as materialized (
  select event_sequence from webhook_jobs
  where status = 'received' and (leased_until is null or leased_until <= now())
  order by event_sequence
  limit $1 - (select count(*) from postponed)
  for update skip locked
), claimed as (
  update webhook_jobs j set attempts = j.attempts + 1, leased_until = now() + make_interval(secs => ${String(LEASE_SECONDS)})
  where j.event_sequence = any (array(select event_sequence from postponed union all select event_sequence from fresh))
  returning j.event_sequence, j.attempts, j.attempts_before
)
select e.sequence, c.attempts as attempt, c.attempts - c.attempts_before as turn, e.stripe_event_id as "stripeEventId", e.type, e.livemode, e.stripe_created_at as "createdAt",
  e.object_id as "objectId", e.payment_intent_id as "paymentIntentId", e.payload
from claimed c join webhook_events e on e.sequence = c.event_sequence
order by e.stripe_created_at, e.sequence`;

const FINISH = `
with finished as (
  select * from unnest($1::bigint[], $2::integer[], $3::text[], $4::text[]) as f (sequence, attempt, outcome, detail)
), gone as (
  delete from webhook_jobs j using finished f where j.event_sequence = f.sequence and j.attempts = f.attempt returning j.event_sequence
)
insert into webhook_attempts (event_sequence, attempt, outcome, detail)
select f.sequence, f.attempt, f.outcome, f.detail from finished f join gone g on g.event_sequence = f.sequence
returning event_sequence`;

const POSTPONE = `
with postponed as (
  select * from unnest($1::bigint[], $2::integer[], $3::text[], $4::double precision[], $5::text[]) as p (sequence, attempt, status, wait_ms, error)
), changed as (
  update webhook_jobs j
  set status = p.status, last_error = p.error, leased_until = null, next_attempt_at = now() + p.wait_ms * interval '1 millisecond'
  from postponed p where j.event_sequence = p.sequence and j.attempts = p.attempt
  returning j.event_sequence
)
insert into webhook_attempts (event_sequence, attempt, outcome, detail)
select p.sequence, p.attempt, p.status, p.error from postponed p join changed c on c.event_sequence = p.sequence`;

const BURY = `
with gone as (
  delete from webhook_jobs where event_sequence = $1 and attempts = $2 returning event_sequence
), buried as (
  insert into webhook_dead (event_sequence, attempts, last_error) select event_sequence, $2, $3 from gone
)
insert into webhook_attempts (event_sequence, attempt, outcome, detail) select event_sequence, $2, 'dead', $3 from gone`;

/** The SQL of `webhook_jobs`, `webhook_dead` and `webhook_attempts`. Due times are the database's, because many processes compare them. */
@Injectable()
export class WebhookJobsRepository {
  constructor(private readonly database: Database) {}

  /** Takes up to `limit` due jobs that no other worker holds, postponed ones first, in the order of Stripe's clock, then of arrival. */
  claimDue(limit: number): Promise<ClaimedJob[]> {
    return this.database.query<ClaimedJob>(CLAIM, [limit]);
  }

  /**
   * Removes jobs that are done, in the transaction of their effects.
   *
   * @throws LeaseLostError when one of them belongs to somebody else by now.
   */
  async finish(finished: readonly FinishedJob[], transaction: Queryable = this.database): Promise<void> {
    if (finished.length === 0) return;
    const rows = await transaction.query(FINISH, [
      finished.map(({ job }) => job.sequence),
      finished.map(({ job }) => job.attempt),
      finished.map(({ outcome }) => outcome),
      finished.map(({ detail }) => detail),
    ]);
    if (rows.length < finished.length) throw new LeaseLostError('a lease ran out before its batch was done');
  }

  /** Gives jobs back for a later attempt. One that somebody else holds by now is left to them. */
  async postpone(postponed: readonly PostponedJob[]): Promise<void> {
    if (postponed.length === 0) return;
    await this.database.query(POSTPONE, [
      postponed.map(({ job }) => job.sequence),
      postponed.map(({ job }) => job.attempt),
      postponed.map(({ status }) => status),
      postponed.map(({ waitMs }) => waitMs),
      postponed.map(({ error }) => cleanError(error)),
    ]);
  }

  /** Moves a job whose last attempt failed to the dead letters. */
  async bury(job: ClaimedJob, error: string): Promise<void> {
    await this.database.query(BURY, [job.sequence, job.attempt, cleanError(error)]);
  }
}

/** Bounded, and without the NUL that PostgreSQL refuses: an error's text may quote the payload. */
function cleanError(error: string): string {
  return error.slice(0, MAX_ERROR_LENGTH).replaceAll('\0', '\ufffd').toWellFormed();
}
