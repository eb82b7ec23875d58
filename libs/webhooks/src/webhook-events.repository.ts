import { Injectable } from '@nestjs/common';
import { SECOND_MS } from '#kernel';
import { Database, isUniqueViolation } from '#platform';
import type { StripeEventEnvelope } from '#stripe';
import { booleanArray, byteaArray, doubleArray, textArray } from './binary-arrays.js';

/** An event on its way into the inbox. */
export interface IncomingEvent {
  readonly envelope: StripeEventEnvelope;
  readonly payload: Buffer;
  readonly source: 'delivery' | 'backfill';
}

// Looked for before it is inserted: a repeat then takes no number, forms no row and writes nothing, where ON CONFLICT would have taken both and
// flushed the log for the number (11 against 4 µs). Two servers that store one event at the same instant meet at the unique key instead.
// Subscripts, not unnest: the plan must not depend on the length of a batch, or PostgreSQL plans short ones anew each time (100 µs).
const INSERT_NEW = `
with stored as (
  insert into webhook_events (account, livemode, stripe_event_id, type, api_version, object_id, payment_intent_id, stripe_created_at, source, payload)
  select ($1::text[])[n], ($2::boolean[])[n], ($3::text[])[n], ($4::text[])[n], ($5::text[])[n], ($6::text[])[n], ($7::text[])[n],
    to_timestamp(($8::double precision[])[n]), ($9::text[])[n], ($10::bytea[])[n]
  from generate_subscripts($3::text[], 1) n
  where (select true from webhook_events known
    where known.account = ($1::text[])[n] and known.livemode = ($2::boolean[])[n] and known.stripe_event_id = ($3::text[])[n]) is null
  returning sequence, object_id
), queued as (
  insert into webhook_jobs (event_sequence, object_id) select sequence, object_id from stored
)
select count(*)::integer as count from stored`;

const UNIQUE_KEY = 'webhook_events_account_livemode_stripe_event_id_key';

/** The SQL of `webhook_events`. */
@Injectable()
export class WebhookEventsRepository {
  constructor(private readonly database: Database) {}

  /**
   * Inserts a batch with its jobs, in one statement and so in one commit.
   *
   * @returns How many were new; the others were there already.
   * @throws an error of PostgreSQL, and stores nothing, also when another server stores one of several events at this instant: stored one by
   *   one, that one is a repeat like any other.
   */
  async insertNew(batch: readonly IncomingEvent[]): Promise<number> {
    const events = withoutRepeats(batch);
    const envelopes = events.map((event) => event.envelope);
    const values = [
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
    ];
    try {
      const rows = await this.database.query<{ count: number }>(INSERT_NEW, values);
      return rows[0]?.count ?? 0;
    } catch (error) {
      // Another server was faster by less than a commit: its own has succeeded by now.
      if (events.length === 1 && isUniqueViolation(error, UNIQUE_KEY)) return 0;
      throw error;
    }
  }
}

/** One batch may bring an event twice: Stripe sends it to each endpoint that names this address. */
function withoutRepeats(batch: readonly IncomingEvent[]): readonly IncomingEvent[] {
  if (batch.length === 1) return batch;
  const byKey = new Map(batch.map((event) => [keyOf(event), event]));
  return byKey.size === batch.length ? batch : [...byKey.values()];
}

/** The unique key in one text. */
function keyOf({ envelope }: IncomingEvent): string {
  return `${envelope.stripeEventId} ${String(envelope.livemode)} ${envelope.account}`;
}
