/** Events: what happened to an object, with the object as it was then. */
import { type Account } from './account.js';
import { type VirtualClock } from './clock.js';
import { type Store, type StripeObject } from './store.js';

/** An event as it is kept: the object's state is text, for most events are written once and never read. */
export interface RecordedEvent extends StripeObject {
  object: 'event';
  type: string;
  created: number;
  api_version: string;
  request: { id: string | null; idempotency_key: string | null };
  /** Endpoints that have not answered 2xx yet. */
  pendingWebhooks: number;
  /** Endpoints whose last try has failed. */
  failedWebhooks: number;
  /** JSON of `data.object`. */
  snapshot: string;
  /** JSON of `data.previous_attributes`, for updates. */
  previous?: string;
}

/** The request that events are recorded under; null when time itself is the cause. */
export interface EventCause {
  readonly id: string;
  readonly idempotencyKey: string | null;
}

/** Told of each event after it is recorded. */
export type EventListener = (event: RecordedEvent, account: Account) => void;

/** Objects whose events' ids begin with `evt_3`, as their own do. */
const PAYMENT_OBJECTS = new Set(['payment_intent', 'charge', 'refund', 'dispute', 'review', 'radar.early_fraud_warning']);

/** Records events and tells those who deliver them. */
export class EventLog {
  /** Set while a request runs. */
  cause: EventCause | null = null;
  private readonly listeners: EventListener[] = [];

  constructor(
    private readonly store: Store,
    private readonly clock: VirtualClock,
    private readonly apiVersion: string,
    private readonly maxKept: number,
  ) {}

  /** Tells `listener` of every event from now on. */
  listen(listener: EventListener): void {
    this.listeners.push(listener);
  }

  /** Keeps an event of `type` about `object` as it is now. `previous` holds the old values of what an update changed. */
  record(account: Account, type: string, object: StripeObject, previous?: object): RecordedEvent {
    const event: RecordedEvent = {
      id: `evt_${PAYMENT_OBJECTS.has(object.object) ? '3' : '1'}${this.store.random.letters(23)}`,
      object: 'event',
      type,
      created: this.clock.now(),
      api_version: this.apiVersion,
      request: { id: this.cause?.id ?? null, idempotency_key: this.cause?.idempotencyKey ?? null },
      pendingWebhooks: 0,
      failedWebhooks: 0,
      snapshot: JSON.stringify(object),
      ...(previous ? { previous: JSON.stringify(previous) } : {}),
    };
    account.events.put(event);
    if (account.events.size > this.maxKept) {
      for (const oldest of account.events.all()) {
        account.events.remove(oldest.id);
        break;
      }
    }
    for (const listener of this.listeners) listener(event, account);
    return event;
  }
}

/** The event as the API and the webhooks show it, as JSON. */
export function eventJson(event: RecordedEvent, account: Account, apiVersion = event.api_version): string {
  const previous = event.previous === undefined ? '' : `,"previous_attributes":${event.previous}`;
  const connected = account.isPlatform ? '' : `"account":${JSON.stringify(account.id)},`;
  return (
    `{"id":"${event.id}","object":"event",${connected}"api_version":"${apiVersion}","created":${String(event.created)},` +
    `"data":{"object":${event.snapshot}${previous}},"livemode":false,"pending_webhooks":${String(event.pendingWebhooks)},` +
    `"request":${JSON.stringify(event.request)},"type":"${event.type}"}`
  );
}

/** The event as an object, for lists and answers. */
export function eventObject(event: RecordedEvent, account: Account): object {
  return JSON.parse(eventJson(event, account)) as object;
}
