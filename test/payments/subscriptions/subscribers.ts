/** What suites of subscriptions share: subscriptions, time that passes for one of them, and what was charged. */
import { SubscriptionRenewals } from '#payments';
import { type ApiAnswer, type TestSystem } from '../../support/test-system.js';
import { aKey, type Body, Customers } from '../customers.js';

/** A card that may be saved and is declined when it pays. */
export const DECLINING_CARD = '4000000000000341';

/** Makes subscriptions on one system. */
export class Subscribers extends Customers {
  constructor(private readonly product: TestSystem) {
    super(product);
  }

  /** The request of a new customer with a good card. */
  async request(parts: Readonly<Record<string, unknown>> = {}): Promise<Body> {
    const customerId = await this.add();
    await this.save(customerId);
    const { id: deviceId } = await this.product.device();
    return { customerId, deviceId, plan: 'gold', amount: 1_000, currency: 'usd', interval: { unit: 'month' }, ...parts };
  }

  /** Asks for a subscription. */
  subscribe(request: Body, key = aKey()): Promise<ApiAnswer> {
    return this.product.call('POST', '/api/subscriptions', { body: request, key });
  }

  /** A subscription whose first period is paid. */
  async active(parts: Readonly<Record<string, unknown>> = {}): Promise<Body> {
    const { status, body, text } = await this.subscribe(await this.request(parts));
    if (status !== 201 || body.status !== 'active') throw new Error(text);
    return body;
  }

  /** A subscription whose second period has begun and is to be paid by a card of that number. */
  async dueWith(number: string): Promise<Body> {
    const subscription = await this.active();
    const { body: method } = await this.save(subscription.customerId, { paymentMethod: await this.card(number) });
    await this.payWith(subscription.id, method.id);
    await this.pass(subscription.id, '1 month 3 hours');
    return subscription;
  }

  /** The subscription as it is now. */
  async get(id: string): Promise<Body> {
    return (await this.product.call('GET', `/api/subscriptions/${id}`)).body;
  }

  /** The types of its events, in order. */
  async timeline(id: string): Promise<string[]> {
    return (await this.product.call('GET', `/api/subscriptions/${id}/timeline`)).body.data.map(({ type }: { type: string }) => type);
  }

  /** Cancels, pauses or resumes. */
  act(id: string, what: string, body?: unknown): Promise<ApiAnswer> {
    return this.product.call('POST', `/api/subscriptions/${id}/${what}`, body === undefined ? {} : { body });
  }

  /** Lets another saved method pay. */
  async payWith(id: string, paymentMethod: string): Promise<void> {
    const { status, text } = await this.product.call('PUT', `/api/subscriptions/${id}/payment-method`, { body: { paymentMethod } });
    if (status !== 200) throw new Error(text);
  }

  /** Lets time pass for one subscription. */
  async pass(id: string, interval: string): Promise<void> {
    await this.product.database.query(
      `update subscriptions set anchor_at = anchor_at - $2::interval, renews_at = renews_at - $2::interval where id = $1`,
      [id, interval],
    );
  }

  /** Makes a period's next try due, and lets whoever had claimed it lose it. */
  async retryNow(id: string): Promise<void> {
    await this.product.database.query(
      `update subscription_periods set next_try_at = now() where subscription_id = $1 and status = 'open' and next_try_at is not null`,
      [id],
    );
  }

  /** One round of the job. */
  renew(): Promise<number> {
    return this.product.app.get(SubscriptionRenewals).renewDue();
  }

  /** The periods that were charged, each as often as it was. */
  async chargesOf(id: string): Promise<string[]> {
    const ledger = (await this.product.control('GET', '/_sandbox/ledger')) as {
      charges: { status: string; metadata: Record<string, string> }[];
    };
    return ledger.charges
      .filter(({ status, metadata }) => status === 'succeeded' && metadata['subscription_id'] === id)
      .map(({ metadata }) => metadata['subscription_period'] ?? '')
      .toSorted();
  }
}
