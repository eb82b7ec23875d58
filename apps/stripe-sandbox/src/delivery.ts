/** Webhooks: which endpoint gets which event, when, and what happens when it does not answer 2xx. */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '#kernel';
import { type Account } from './account.js';
import { type VirtualClock, type Job } from './clock.js';
import { type Disorder } from './disorder.js';
import { eventJson, type RecordedEvent } from './events.js';
import { WebhookSender } from './sender.js';
import { signatureHeader } from './signature.js';
import { type Store, type StripeObject } from './store.js';
import { type WebhookEndpoint } from './resources/webhook-endpoints.js';

/** An event on its way to an endpoint. Kept until it is delivered or given up, so that a restart goes on with it. */
export interface Delivery extends StripeObject {
  object: 'delivery';
  accountId: string;
  eventId: string;
  endpointId: string;
  /** Tries made. */
  attempts: number;
  /** A second copy, sent on purpose: its failure is of no account. */
  isDuplicate: boolean;
}

/** One finished try, for whoever asks what was sent. */
export interface DeliveryAttempt {
  readonly eventId: string;
  readonly eventType: string;
  readonly endpointId: string;
  readonly attempt: number;
  readonly isDuplicate: boolean;
  /** The endpoint's status; null when it gave none. */
  readonly status: number | null;
  readonly atMs: number;
}

/** As in live mode: exponential, over three days; the first retries come soon, so that a test sees them. */
export const DEFAULT_RETRY_DELAYS_MS: readonly number[] = [
  SECOND_MS,
  5 * SECOND_MS,
  30 * SECOND_MS,
  2 * MINUTE_MS,
  10 * MINUTE_MS,
  30 * MINUTE_MS,
  HOUR_MS,
  3 * HOUR_MS,
  6 * HOUR_MS,
  12 * HOUR_MS,
  DAY_MS,
  DAY_MS,
];

/** How many finished tries are remembered. */
const MAX_ATTEMPTS_KEPT = 1_000;

interface DeliverySettings {
  readonly retryDelaysMs: readonly number[];
  readonly disorder: Disorder;
  readonly accountOf: (id: string) => Account;
}

/** Matches events to endpoints and sends them, signed. */
export class WebhookDelivery {
  /** The newest finished tries, oldest first. */
  readonly attempts: DeliveryAttempt[] = [];
  private readonly sender = new WebhookSender();
  private isClosed = false;

  constructor(
    private readonly store: Store,
    private readonly clock: VirtualClock,
    private readonly settings: DeliverySettings,
  ) {
    clock.register('webhook', (job) => {
      this.begin(job);
    });
  }

  /** Goes on with what a kill interrupted: a delivery without a job was being sent. */
  resume(): void {
    const waiting = new Set([...this.store.jobs.all()].map((job) => job.details.deliveryId));
    for (const delivery of this.deliveries.all()) if (!waiting.has(delivery.id)) this.schedule(delivery, 0);
  }

  /** Sends an event to every endpoint that wants it. */
  deliver(event: RecordedEvent, account: Account): void {
    for (const endpoint of this.endpointsFor(account)) {
      if (endpoint.status !== 'enabled' || !wants(endpoint, event.type)) continue;
      event.pendingWebhooks += 1;
      this.plan(event, account, endpoint);
    }
  }

  /** Sends an event to one endpoint again, at once. */
  resend(event: RecordedEvent, account: Account, endpoint: WebhookEndpoint): void {
    this.schedule(this.newDelivery(event, account, endpoint, true), 0);
  }

  /** A name for one event on its way to one command line. */
  newConversationId(): string {
    return this.store.newId('wc', 14);
  }

  /** How many deliveries wait or are being sent. */
  get pending(): number {
    return this.deliveries.size;
  }

  /** Ends the connections. */
  close(): void {
    this.isClosed = true;
    this.sender.close();
  }

  private plan(event: RecordedEvent, account: Account, endpoint: WebhookEndpoint): void {
    const delays = this.settings.disorder.delaysMs(event.type);
    for (const [copy, delayMs] of delays.entries()) this.schedule(this.newDelivery(event, account, endpoint, copy > 0), delayMs);
  }

  private newDelivery(event: RecordedEvent, account: Account, endpoint: WebhookEndpoint, isDuplicate: boolean): Delivery {
    return this.deliveries.put({
      id: this.store.newId('whd', 14),
      object: 'delivery',
      accountId: account.id,
      eventId: event.id,
      endpointId: endpoint.id,
      attempts: 0,
      isDuplicate,
    });
  }

  private schedule(delivery: Delivery, delayMs: number): void {
    this.clock.schedule('webhook', delivery.accountId, delayMs, { deliveryId: delivery.id });
  }

  private begin(job: Job): void {
    const delivery = this.deliveries.find(String(job.details.deliveryId));
    const account = this.settings.accountOf(job.accountId);
    const event = delivery && account.events.find(delivery.eventId);
    const endpoint = delivery && this.endpointsFor(account).find((each) => each.id === delivery.endpointId);
    if (!delivery) return;
    if (!event || !endpoint) {
      this.deliveries.remove(delivery.id);
      return;
    }
    const body = eventJson(event, account, endpoint.api_version ?? event.api_version);
    const secrets = endpoint.secrets.filter((each) => each.expiresAtMs === null || each.expiresAtMs > this.clock.nowMs());
    const signature = signatureHeader(
      body,
      secrets.map((each) => each.value),
      this.settings.disorder.signedAt(this.clock.now()),
    );
    void this.sender.post(endpoint.url, this.settings.disorder.tamper(body), signature).then((status) => {
      // What a stop interrupts stays in the journal and is sent by the next start.
      if (this.isClosed) return;
      this.finish(delivery, event, status);
      this.store.commit();
    });
  }

  private finish(delivery: Delivery, event: RecordedEvent, status: number | null): void {
    delivery.attempts += 1;
    const { attempts: attempt, isDuplicate, endpointId } = delivery;
    this.attempts.push({ eventId: event.id, eventType: event.type, endpointId, attempt, isDuplicate, status, atMs: this.clock.nowMs() });
    if (this.attempts.length > MAX_ATTEMPTS_KEPT) this.attempts.splice(0, MAX_ATTEMPTS_KEPT / 2);
    const isDelivered = status !== null && status >= 200 && status < 300;
    const retryDelayMs = this.settings.retryDelaysMs[delivery.attempts - 1];
    if (!isDelivered && !isDuplicate && retryDelayMs !== undefined) {
      this.deliveries.put(delivery);
      this.schedule(delivery, retryDelayMs);
      return;
    }
    this.deliveries.remove(delivery.id);
    if (isDuplicate) return;
    event.pendingWebhooks -= 1;
    if (!isDelivered) event.failedWebhooks += 1;
    const { events } = this.settings.accountOf(delivery.accountId);
    if (events.find(event.id)) events.put(event);
  }

  /** A connected account's events go to its own endpoints and to the platform's `connect` ones. */
  private endpointsFor(account: Account): WebhookEndpoint[] {
    const own = [...account.webhookEndpoints.all()].filter((each) => !each.isConnect);
    if (account.isPlatform) return own;
    const platform = this.settings.accountOf('');
    return [...own, ...[...platform.webhookEndpoints.all()].filter((each) => each.isConnect)];
  }

  private get deliveries() {
    return this.store.collection<Delivery>('', 'delivery');
  }
}

function wants(endpoint: WebhookEndpoint, type: string): boolean {
  return endpoint.enabled_events.includes('*') || endpoint.enabled_events.includes(type);
}
