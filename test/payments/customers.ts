/** What suites of saved methods and of subscriptions share: customers, the methods they save, and what the sandbox keeps of them. */
import { waitFor } from '#test';
import { type ApiAnswer, type TestSystem } from '../support/test-system.js';

/** An object as the api or the sandbox shows it; what it holds is what is being tested. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- see above
export type Body = any;

const STRIPE_KEY = 'sk_test_0123456789abcdef';
let serial = 0;

/** An idempotency key that nobody has used. */
export function aKey(): string {
  return `key-${String(++serial)}`;
}

/** Makes customers on one system. */
export class Customers {
  constructor(private readonly system: TestSystem) {}

  /** A new customer. @returns Its id. */
  async add(): Promise<string> {
    const { body } = await this.system.call('POST', '/api/customers', { body: { email: `customer-${String(++serial)}@example.com` } });
    return body.id;
  }

  /** Asks to save a method. */
  save(customerId: string, parts: Readonly<Record<string, unknown>> = {}, key = aKey()): Promise<ApiAnswer> {
    return this.system.call('POST', `/api/customers/${customerId}/payment-methods`, {
      body: { paymentMethod: 'pm_card_visa', ...parts },
      key,
    });
  }

  /** The method of a card whose owner has passed the challenge of saving it, and will be asked for another by each payment. */
  async saveChallenged(customerId: string): Promise<Body> {
    const { body } = await this.save(customerId, { paymentMethod: 'pm_card_authenticationRequired' });
    await this.authenticate('setup_intents', await this.setupOf(body.id));
    await waitFor(async () => (await this.method(customerId, body.id)).status === 'active');
    return body;
  }

  /** A saved method as it is now. */
  async method(customerId: string, id: string): Promise<Body> {
    return (await this.system.call('GET', `/api/customers/${customerId}/payment-methods/${id}`)).body;
  }

  /** Takes a method back. */
  detach(customerId: string, id: string): Promise<ApiAnswer> {
    return this.system.call('POST', `/api/customers/${customerId}/payment-methods/${id}/detach`);
  }

  /** A card that may be saved, and what it does is seen when it pays. @returns Stripe's id. */
  async card(number: string): Promise<string> {
    const form = `type=card&card[number]=${number}&card[exp_month]=8&card[exp_year]=2040&card[cvc]=123`;
    return (await this.atStripe('POST', 'payment_methods', form)).id;
  }

  /** The ids of what the sandbox keeps for a customer of ours. */
  async methodsAtStripe(customerId: string): Promise<string[]> {
    const { data } = await this.atStripe('GET', `customers/${await this.idAtStripe(customerId)}/payment_methods`);
    return data.map(({ id }: { id: string }) => id);
  }

  /** The sandbox's id of a customer of ours. */
  async idAtStripe(customerId: string): Promise<string> {
    const [row] = await this.system.database.query<{ id: string | null }>('select stripe_customer_id as id from customers where id = $1', [
      customerId,
    ]);
    return row?.id ?? '';
  }

  /** The setup intent by which a method was saved. */
  async setupOf(id: string): Promise<string> {
    const [row] = await this.system.database.query<{ id: string }>(
      'select stripe_setup_intent_id as id from saved_payment_methods where id = $1',
      [id],
    );
    return row?.id ?? '';
  }

  /** The payer's answer to a challenge. */
  async authenticate(kind: 'setup_intents' | 'payment_intents', id: string, outcome: 'succeed' | 'fail' = 'succeed'): Promise<void> {
    await this.system.control('POST', `/_sandbox/${kind}/${id}/authenticate`, { outcome });
  }

  /** Asks the sandbox as Stripe's dashboard would. */
  async atStripe(method: string, path: string, form = ''): Promise<Body> {
    const response = await fetch(`${this.system.sandbox.url}/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${STRIPE_KEY}`, 'content-type': 'application/x-www-form-urlencoded' },
      ...(form === '' ? {} : { body: form }),
    });
    return response.json();
  }

  /** What merchants were told of an object, in order. */
  async told(objectId: string): Promise<string[]> {
    const rows = await this.system.database.query<{ type: string }>(
      'select type from outbox_events where object_id = $1 order by sequence',
      [objectId],
    );
    return rows.map(({ type }) => type);
  }
}
