/** Webhooks: signed, retried, and in every kind of disorder, always the same for one seed. */
import Stripe from 'stripe';
import { type SandboxOptions } from '../../apps/stripe-sandbox/src/server.js';
import { control, sdk, startSandbox, TEST_KEY, WebhookReceiver } from './support/sandbox.js';

const SECRET = 'whsec_first';
const verifier = new Stripe(TEST_KEY).webhooks;

let receiver: WebhookReceiver;
const closers: (() => Promise<void>)[] = [];

beforeEach(async () => {
  receiver = await WebhookReceiver.start();
});

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  await receiver.close();
});

async function start(options: SandboxOptions = {}) {
  const running = await startSandbox({ webhooks: [{ url: receiver.url, secret: SECRET }], ...options });
  closers.push(() => running.close());
  return running;
}

function verify(index: number, secret = SECRET): Stripe.Event {
  const { body, headers } = receiver.received[index] ?? { body: '', headers: {} };
  return verifier.constructEvent(body, String(headers['stripe-signature']), secret);
}

describe('a webhook', () => {
  it('is signed, and refused when a byte has changed', async () => {
    const { stripe } = await start();
    await stripe.customers.create({ name: 'Zoë' });
    await receiver.until(() => receiver.received.length === 1);

    const event = verify(0);
    const [{ body, headers } = { body: '', headers: {} }] = receiver.received;
    const tampered = () => verifier.constructEvent(body.replace('Zoë', 'Zoe'), String(headers['stripe-signature']), SECRET);

    expect(event).toMatchObject({ type: 'customer.created', api_version: '2026-10-28.endive', livemode: false });
    expect(tampered).toThrow(Stripe.errors.StripeSignatureVerificationError);
  });

  it('names the request and the idempotency key that caused it', async () => {
    const { stripe } = await start();
    const customer = await stripe.customers.create({}, { idempotencyKey: 'a-key' });
    await receiver.until(() => receiver.received.length === 1);

    expect(verify(0).request).toEqual({ id: customer.lastResponse.requestId, idempotency_key: 'a-key' });
  });

  it('goes to each endpoint that wants it and to no other', async () => {
    const { stripe } = await start({ webhooks: [{ url: receiver.url, secret: SECRET, events: ['customer.deleted'] }] });
    const other = await WebhookReceiver.start();
    const endpoint = await stripe.webhookEndpoints.create({ url: other.url, enabled_events: ['customer.created', 'customer.deleted'] });

    const { id } = await stripe.customers.create({});
    await stripe.customers.del(id);
    await Promise.all([receiver.until(() => receiver.received.length === 1), other.until(() => other.received.length === 2)]);
    await other.close();

    expect(receiver.types).toEqual(['customer.deleted']);
    expect([...other.types].sort()).toEqual(['customer.created', 'customer.deleted']);
    expect(endpoint.secret).toMatch(/^whsec_/);
  });

  it('is tried again on the schedule until the endpoint answers 2xx', async () => {
    const running = await start();
    await control(running.url, 'clock', { frozen: true });
    receiver.status = 500;

    await running.stripe.customers.create({});
    await control(running.url, 'clock', { advance_seconds: 0 });
    await receiver.until(() => receiver.received.length === 1);
    await until(() => running.sandbox.clock.pending().count === 1);
    const [waiting] = (await running.stripe.events.list({ delivery_success: false })).data;
    receiver.status = 200;
    await control(running.url, 'clock', { advance_seconds: 1 });
    await receiver.until(() => receiver.received.length === 2);
    await until(() => running.sandbox.delivery.pending === 0);
    const [delivered] = (await running.stripe.events.list({ delivery_success: true })).data;

    expect(waiting?.pending_webhooks).toBe(1);
    expect(delivered?.pending_webhooks).toBe(0);
    expect(verify(0).id).toBe(verify(1).id);
  });

  it('is signed with both secrets while an old one expires', async () => {
    const running = await start();
    const [endpoint] = (await running.stripe.webhookEndpoints.list()).data;
    await control(running.url, 'webhooks', { rotate_secret: endpoint?.id, secret: 'whsec_second', keep_old_seconds: 60 });

    await running.stripe.customers.create({});
    await receiver.until(() => receiver.received.length === 1);
    await control(running.url, 'clock', { advance_seconds: 61 });
    await running.stripe.customers.create({});
    await receiver.until(() => receiver.received.length === 2);

    expect(verify(0, SECRET).id).toBe(verify(0, 'whsec_second').id);
    expect(() =>
      verifier.constructEvent(receiver.received[1]?.body ?? '', String(receiver.received[1]?.headers['stripe-signature']), SECRET, 600),
    ).toThrow();
  });
});

/** Waits for a state of the sandbox in the same process. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe('disorder', () => {
  it('duplicates every event when told to', async () => {
    const { stripe, sandbox } = await start({ disorder: { duplicate: 1 } });

    await stripe.customers.create({});
    await until(() => sandbox.delivery.pending === 0);

    expect(receiver.types).toEqual(['customer.created', 'customer.created']);
    expect(verify(0).id).toBe(verify(1).id);
  });

  it('loses every event when told to', async () => {
    const { stripe, sandbox } = await start({ disorder: { drop: 1 } });

    await stripe.customers.create({});
    await until(() => sandbox.delivery.pending === 0);

    expect(receiver.received).toEqual([]);
    expect((await stripe.events.list()).data).toHaveLength(1);
  });

  it('reorders within its window, and for one seed always alike', async () => {
    const orders: string[][] = [];
    for (const seed of [7, 7, 8]) {
      const own = await WebhookReceiver.start();
      const running = await startSandbox({ seed, webhooks: [{ url: own.url }], disorder: { windowMs: 60_000 } });
      await control(running.url, 'clock', { frozen: true });
      for (let index = 0; index < 12; index += 1) await running.stripe.customers.create({ name: String(index) });
      // From one delivery to the next, each finished before the following is due.
      const { clock, delivery } = running.sandbox;
      for (let next = clock.pending().nextDueAtMs; next !== null; next = clock.pending().nextDueAtMs) {
        clock.travelTo(next);
        await until(() => delivery.pending === clock.pending().count);
      }
      orders.push(own.received.map(({ body }) => (JSON.parse(body) as { data: { object: { name: string } } }).data.object.name));
      await running.close();
      await own.close();
    }

    const [first = [], again = [], other = []] = orders;
    expect([...first].sort()).toEqual([...again].sort());
    expect(first).toEqual(again);
    expect(first).not.toEqual(other);
    expect(first).not.toEqual([...first].sort((a, b) => Number(a) - Number(b)));
  });

  it('holds events back for as long as it is told', async () => {
    const running = await start({ disorder: { late: 1, lateByMs: 86_400_000 } });
    await running.stripe.customers.create({});

    await control(running.url, 'clock', { advance_seconds: 86_401 });
    await receiver.until(() => receiver.received.length === 1);

    const [{ body, headers } = { body: '', headers: {} }] = receiver.received;
    const event = JSON.parse(body) as { created: number };
    const signedAt = Number(/t=(\d+)/.exec(String(headers['stripe-signature']))?.[1]);
    expect(signedAt - event.created).toBeGreaterThanOrEqual(86_400);
  });

  it('sends one event a hundred times at once when asked', async () => {
    const running = await start();
    await running.stripe.customers.create({});
    await receiver.until(() => receiver.received.length === 1);

    await control(running.url, 'webhooks', { resend: verify(0).id, times: 100 });
    await receiver.until(() => receiver.received.length === 101);

    expect(new Set(receiver.received.map(({ body }) => (JSON.parse(body) as { id: string }).id)).size).toBe(1);
  });

  it('signs with a time that a careful receiver refuses', async () => {
    const { stripe } = await start({ disorder: { signatureSkewSeconds: -301 } });
    await stripe.customers.create({});
    await receiver.until(() => receiver.received.length === 1);

    expect(() => verify(0)).toThrow('Timestamp outside the tolerance zone');
  });
});

describe('a connected account', () => {
  it('has objects of its own, whose events only connect endpoints hear', async () => {
    const running = await start();
    const connect = await WebhookReceiver.start();
    await running.stripe.webhookEndpoints.create({ url: connect.url, enabled_events: ['*'], connect: true });
    const connected = sdk(running.port, { stripeAccount: 'acct_connected' });

    const { id } = await connected.customers.create({});
    await connect.until(() => connect.received.length === 1);
    await connect.close();

    expect(JSON.parse(connect.received[0]?.body ?? '')).toMatchObject({ account: 'acct_connected', type: 'customer.created' });
    await expect(running.stripe.customers.retrieve(id)).rejects.toMatchObject({ code: 'resource_missing' });
    expect(receiver.received).toEqual([]);
  });
});
