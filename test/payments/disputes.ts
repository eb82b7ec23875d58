/** What suites of disputes share: a payment that is disputed, and the ways in which the sandbox's time and bank are moved. */
import { waitFor } from '#test';
import { type TestSystem } from '../support/test-system.js';

/** A dispute as the api shows it; what it holds is what is being tested. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- see above
export type DisputeBody = any;

/** Makes disputed payments on one system. */
export class Disputes {
  private serial = 0;

  constructor(private readonly system: TestSystem) {}

  /** Pays, with the merchant's key or the device's own credential. @returns The payment. */
  async pay(paymentMethod: string, parts: Readonly<Record<string, unknown>> = {}, credential?: string): Promise<DisputeBody> {
    const deviceId = parts['deviceId'] ?? (await this.system.device()).id;
    const { status, body, text } = await this.system.call('POST', '/api/payments', {
      key: `disputed-${String(++this.serial)}`,
      body: { amount: 5_000, currency: 'usd', paymentMethod, ...parts, deviceId },
      ...(credential === undefined ? {} : { credential }),
    });
    if (status !== 201) throw new Error(text);
    return body;
  }

  /** Lets the sandbox's time go on: what was scheduled after a payment happens now. */
  pass(seconds: number): Promise<unknown> {
    return this.system.control('POST', '/_sandbox/clock', { advance_seconds: seconds });
  }

  /** Pays with a card whose payer disputes it. @returns The dispute once we have heard of it and its money. */
  async open(method = 'pm_card_createDispute', parts: Readonly<Record<string, unknown>> = {}, credential?: string): Promise<DisputeBody> {
    const { id } = await this.pay(method, parts, credential);
    await this.pass(1);
    const isInquiry = method.endsWith('Inquiry');
    await waitFor(async () => (await this.of(id)).some((dispute: DisputeBody) => isInquiry || dispute.areFundsWithdrawn));
    return (await this.of(id))[0];
  }

  /** The disputes of a payment. */
  async of(paymentId: string): Promise<DisputeBody> {
    return (await this.system.call('GET', `/api/disputes?paymentId=${paymentId}`)).body.data;
  }

  /** One dispute. */
  async get(id: string): Promise<DisputeBody> {
    return (await this.system.call('GET', `/api/disputes/${id}`)).body;
  }

  /** Waits until the dispute has the status. */
  async reach(id: string, status: string): Promise<DisputeBody> {
    await waitFor(async () => (await this.get(id)).status === status);
    return this.get(id);
  }

  /** Asks the sandbox as Stripe's dashboard would. */
  async atStripe(path: string, form: Readonly<Record<string, string>> | null = {}): Promise<DisputeBody> {
    const response = await fetch(`${this.system.sandbox.url}/v1/${path}`, {
      method: form === null ? 'GET' : 'POST',
      headers: { authorization: 'Bearer sk_test_0123456789abcdef', 'content-type': 'application/x-www-form-urlencoded' },
      ...(form === null ? {} : { body: new URLSearchParams(form).toString() }),
    });
    if (!response.ok) throw new Error(await response.text());
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
