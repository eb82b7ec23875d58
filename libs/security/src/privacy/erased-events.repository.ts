/** Stripe's raw events, searched for people who were erased. */
import { Injectable } from '@nestjs/common';
import { Database } from '#platform';

/** A part of the inbox: events after `from`, up to and with `to`. */
export interface EventRange {
  readonly from: number;
  readonly to: number;
  /** Up to here nothing can appear any more. */
  readonly settledTo: number;
}

// Events arrive for as long as a payment may be disputed, and some time longer.
const FOLLOWED_DAYS = 400;

/** Reads events by their number, for no index leads from a person to their events: one would cost every event that arrives. */
@Injectable()
export class ErasedEventsRepository {
  constructor(private readonly database: Database) {}

  /** The next part that nobody has looked through; null while there is none. */
  async nextRange(limit: number): Promise<EventRange | null> {
    const [row] = await this.database.query<EventRange & Record<string, unknown>>(
      `with start as (select min(events_redacted_to) as at from customers where events_redacted_to is not null),
       part as (select sequence, received_at from webhook_events, start where sequence > start.at order by sequence limit $1)
       select start.at as "from", max(sequence) as "to",
              -- A transaction that began a minute ago has ended: numbers up to here are all visible.
              coalesce(max(sequence) filter (where received_at < now() - interval '1 minute'), start.at) as "settledTo"
         from start, part group by start.at`,
      [limit],
    );
    return row ?? null;
  }

  /** Events of erased customers: of their payments, and those that name the customer or a saved method at Stripe anywhere. */
  ofErased({ from, to }: EventRange): Promise<{ sequence: number; payload: Buffer }[]> {
    return this.database.query<{ sequence: number; payload: Buffer }>(
      `with erased as materialized (select id, stripe_customer_id from customers where events_redacted_to is not null),
       -- A customer deleted at Stripe is forgotten in its own row, not by its saved methods.
       names as materialized (
         select convert_to(name, 'UTF8') as bytes from (
           select stripe_customer_id as name from erased
           union select s.stripe_customer_id from saved_payment_methods s join erased on erased.id = s.customer_id
           union select s.stripe_payment_method_id from saved_payment_methods s join erased on erased.id = s.customer_id) known
          where name is not null)
       select e.sequence, e.payload from webhook_events e
        where e.sequence > $1 and e.sequence <= $2 and e.redacted_sha256 is null
          and (e.payment_intent_id in (select p.stripe_payment_intent_id from payments p join erased on erased.id = p.customer_id)
            or e.payment_intent_id is null and exists (select 1 from names where position(bytes in e.payload) > 0))
        order by e.sequence`,
      [from, to],
    );
  }

  /** Replaces an event by what remains of it, once. */
  async redact(sequence: number, remaining: Buffer): Promise<void> {
    await this.database.query(
      'update webhook_events set payload = $2, redacted_sha256 = sha256(payload) where sequence = $1 and redacted_sha256 is null',
      [sequence, remaining],
    );
  }

  /** Notes that a part was looked through for everybody whose search stood in it. */
  async advance({ from, settledTo }: EventRange): Promise<void> {
    await this.database.query(
      `update customers set events_redacted_to = case when erased_at > now() - make_interval(days => ${FOLLOWED_DAYS}) then $2::bigint end
        where events_redacted_to between $1 and $2`,
      [from, settledTo],
    );
  }
}
