import { Injectable } from '@nestjs/common';
import { SECOND_MS } from '#kernel';
import { Database } from '#platform';
import type { StripeEventEnvelope } from '#stripe';
import { booleanArray, byteaArray, doubleArray, textArray } from './binary-arrays.js';

/** An event on its way into the inbox. */
export interface IncomingEvent {
  readonly envelope: StripeEventEnvelope;
  readonly payload: Buffer;
  readonly source: 'delivery' | 'backfill';
}

// Duplicates inside one batch and against the table are both no-ops, and make no job.
const INSERT_NEW = `
with stored as (
  insert into webhook_events (account, livemode, stripe_event_id, type, api_version, object_id, payment_intent_id, stripe_created_at, source, payload)
  select account, livemode, stripe_event_id, type, api_version, object_id, payment_intent_id, to_timestamp(created), source, payload
  from unnest($1::text[], $2::boolean[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::double precision[], $9::text[], $10::bytea[])
    as incoming (account, livemode, stripe_event_id, type, api_version, object_id, payment_intent_id, created, source, payload)
  on conflict do nothing
  returning sequence, object_id
), queued as (
  insert into webhook_jobs (event_sequence, object_id) select sequence, object_id from stored
)
select count(*)::integer as count from stored`;

/** The SQL of `webhook_events`. */
@Injectable()
export class WebhookEventsRepository {
  constructor(private readonly database: Database) {}

  /**
   * Inserts a batch with its jobs, in one statement and so in one commit.
   *
   * @returns How many were new; the others were there already.
   */
  async insertNew(events: readonly IncomingEvent[]): Promise<number> {
    const envelopes = events.map((event) => event.envelope);
    const rows = await this.database.query<{ count: number }>(INSERT_NEW, [
      textArray(envelopes.map((envelope) => envelope.account)),
      booleanArray(envelopes.map((envelope) => envelope.livemode)),
      textArray(envelopes.map((envelope) => envelope.stripeEventId)),
      textArray(envelopes.map((envelope) => envelope.type)),
      textArray(envelopes.map((envelope) => envelope.apiVersion)),
      textArray(envelopes.map((envelope) => envelope.objectId)),
      textArray(envelopes.map((envelope) => envelope.paymentIntentId)),
      doubleArray(envelopes.map((envelope) => envelope.createdAt.getTime() / SECOND_MS)),
      textArray(events.map((event) => event.source)),
      byteaArray(events.map((event) => event.payload)),
    ]);
    return rows[0]?.count ?? 0;
  }
}
