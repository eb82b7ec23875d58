/** The bytes of old events, which go before the events do. */
import { Injectable } from '@nestjs/common';
import { AppConfig, Database } from '#platform';
import { webhookPayloadsEmptiedTotal } from './metrics.js';

// Looks at the next events behind the cursor by their number, which is their order of arrival: an index by time would cost every event that comes in.
// Whatever is not done keeps its bytes and is looked at again; redacted events have lost theirs already.
const EMPTY_DUE = `
with ahead as materialized (
  select e.sequence, e.received_at, e.redacted_sha256 is null as is_whole,
    exists (select from webhook_jobs j where j.event_sequence = e.sequence) or exists (select from webhook_dead d where d.event_sequence = e.sequence) as is_open
  from webhook_events e where e.sequence > (select emptied_to from webhook_payload_cursor) order by e.sequence limit $2
), passed as (
  select sequence, is_whole, is_open from ahead where received_at < now() - make_interval(days => $1)
), kept as (
  insert into webhook_payloads_kept (event_sequence) select sequence from passed where is_whole and is_open on conflict do nothing
), released as (
  delete from webhook_payloads_kept where event_sequence = any (array(
    select k.event_sequence from webhook_payloads_kept k
    where not exists (select from webhook_jobs j where j.event_sequence = k.event_sequence)
      and not exists (select from webhook_dead d where d.event_sequence = k.event_sequence) limit $2))
  returning event_sequence
), moved as (
  update webhook_payload_cursor set emptied_to = greatest(emptied_to, (select max(sequence) from passed)) where exists (select from passed)
), emptied as (
  update webhook_events e set payload = '', redacted_sha256 = sha256(payload)
  from (select sequence from passed where is_whole and not is_open union all select event_sequence from released) due
  where e.sequence = due.sequence and e.redacted_sha256 is null
  returning 1
)
select (select count(*) from passed) + (select count(*) from released) as looked, (select count(*) from emptied) as emptied`;

/** Empties events whose bytes nobody needs any more. The row, its attempts and its effects stay; so does the hash of the bytes. */
@Injectable()
export class WebhookPayloads {
  constructor(
    private readonly config: AppConfig,
    private readonly database: Database,
  ) {}

  /**
   * One small batch, in one short transaction that locks nothing a delivery or an effect waits for.
   *
   * @returns How many events were looked at; more than 0 means that there may be more.
   */
  async emptyDue(): Promise<number> {
    const { webhookPayloadDays, batchRows } = this.config.retention;
    const [row] = await this.database.query<{ looked: number; emptied: number }>(EMPTY_DUE, [webhookPayloadDays, batchRows]);
    if (row === undefined) return 0;
    webhookPayloadsEmptiedTotal.inc(row.emptied);
    return row.looked;
  }
}
