/** Idempotency, bad requests, and the faults that a network and a busy Stripe bring. */
import Stripe from 'stripe';
import { type RunningSandbox } from '../../apps/stripe-sandbox/src/server.js';
import { refusal } from './support/refusal.js';
import { control, sdk, startSandbox, TEST_KEY } from './support/sandbox.js';

let running: RunningSandbox & { stripe: Stripe };
let stripe: Stripe;

beforeEach(async () => {
  running = await startSandbox();
  ({ stripe } = running);
});

afterEach(() => running.close());

const PAYMENT: Stripe.PaymentIntentCreateParams = {
  amount: 1_099,
  currency: 'usd',
  payment_method: 'pm_card_visa',
  confirm: true,
  automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
};

/** Long enough for a busy machine to execute the request, and no longer. */
const PATIENCE_MS = 1_500;

function pay(idempotencyKey: string, rest: Partial<Stripe.PaymentIntentCreateParams> = {}, fault?: string) {
  return fault === undefined
    ? stripe.paymentIntents.create({ ...PAYMENT, ...rest }, { idempotencyKey })
    : faulty(fault).paymentIntents.create({ ...PAYMENT, ...rest }, { idempotencyKey });
}

/** A client whose every request carries a fault. */
function faulty(fault: string, timeout = 2_000): Stripe {
  const httpClient = Stripe.createNodeHttpClient();
  const makeRequest = httpClient.makeRequest.bind(httpClient);
  httpClient.makeRequest = (host, port, path, method, headers, ...rest) =>
    makeRequest(host, port, path, method, { ...headers, 'Sandbox-Fault': fault }, ...rest);
  return sdk(running.port, { httpClient, timeout });
}

async function captured(): Promise<number> {
  const { charges } = await control<{ charges: { captured: boolean }[] }>(running.url, 'ledger');
  return charges.filter((charge) => charge.captured).length;
}

describe('an idempotency key', () => {
  it('gives the first answer again, declines included', async () => {
    const first = await pay('paid');
    const again = await pay('paid');
    const declined = await refusal(pay('declined', { payment_method: 'pm_card_chargeDeclined' }));
    const declinedAgain = await refusal(pay('declined', { payment_method: 'pm_card_chargeDeclined' }));

    expect(again.id).toBe(first.id);
    expect(again.lastResponse.headers['idempotent-replayed']).toBe('true');
    expect(declinedAgain.charge).toBe(declined.charge);
    expect(await captured()).toBe(1);
  });

  it('refuses other parameters and another endpoint', async () => {
    await pay('used');

    const parameters = await refusal(pay('used', { amount: 1_100 }));
    const endpoint = await refusal(stripe.customers.create({}, { idempotencyKey: 'used' }));

    expect(parameters).toMatchObject({ statusCode: 400, rawType: 'idempotency_error' });
    expect(parameters.message).toContain("Try using a key other than 'used'");
    expect(endpoint).toMatchObject({ statusCode: 400, rawType: 'idempotency_error' });
  });

  it('conflicts while the first request runs, and only one is executed', async () => {
    await control(running.url, 'latency', { profile: '2000' });

    const results = await Promise.allSettled(Array.from({ length: 20 }, () => pay('raced')));

    const refused = results.filter((each) => each.status === 'rejected').map((each) => each.reason as Stripe.errors.StripeError);
    expect(results.filter((each) => each.status === 'fulfilled')).toHaveLength(1);
    expect(new Set(refused.map((error) => [error.statusCode, error.code].join(' ')))).toEqual(new Set(['409 idempotency_key_in_use']));
    expect(await captured()).toBe(1);
  });

  it('keeps nothing of a request that never ran', async () => {
    await refusal(pay('corrected', { amount: 1 }));

    const corrected = await pay('corrected');

    expect(corrected.status).toBe('succeeded');
  });

  it('is forgotten after 24 hours', async () => {
    const first = await pay('old');
    await control(running.url, 'clock', { advance_seconds: 86_400 });

    const second = await pay('old');

    expect(second.id).not.toBe(first.id);
  });

  it('is forgotten at once when the test prunes', async () => {
    const first = await pay('pruned');
    await control(running.url, 'idempotency_keys/prune', { older_than_seconds: 0 });

    expect((await pay('pruned')).id).not.toBe(first.id);
  });
});

describe('a fault', () => {
  it.each(['hang', 'reset', 'cut'])('%s comes after the charge: the retry gets its answer, and there is one charge', async (fault) => {
    const lost = await refusal(faulty(fault, PATIENCE_MS).paymentIntents.create(PAYMENT, { idempotencyKey: 'lost' }));

    const found = await pay('lost');

    expect(lost).toBeInstanceOf(Stripe.errors.StripeConnectionError);
    expect(found.lastResponse.headers['idempotent-replayed']).toBe('true');
    expect(await captured()).toBe(1);
  });

  it.each(['hang_before', 'reset_before'])('%s comes before the charge', async (fault) => {
    await refusal(faulty(fault, PATIENCE_MS).paymentIntents.create(PAYMENT, { idempotencyKey: 'lost' }));

    expect(await captured()).toBe(0);
  });

  it.each([
    ['error', 1],
    ['error_before', 0],
  ])('%s is kept under its key', async (fault, charges) => {
    const first = await refusal(pay('failed', {}, fault));
    const again = await refusal(pay('failed'));

    expect([first.statusCode, again.statusCode]).toEqual([500, 500]);
    expect(await captured()).toBe(charges);
  });

  it('error_unsaved passes with a retry', async () => {
    await refusal(pay('retried', {}, 'error_unsaved'));

    expect((await pay('retried')).status).toBe('succeeded');
  });

  it.each([
    ['rate_limited', 429, 'rate_limit'],
    ['lock_timeout', 429, 'lock_timeout'],
    ['key_in_use', 409, 'idempotency_key_in_use'],
  ])('%s answers %i and charges nothing', async (fault, status, code) => {
    const error = await refusal(pay('refused', {}, fault));

    expect(error).toMatchObject({ statusCode: status, code });
    expect(await captured()).toBe(0);
  });

  it('says whether to retry', async () => {
    const yes = await refusal(pay('a', {}, 'rate_limited'));
    const no = await refusal(pay('b', {}, 'rate_limited_no_retry'));

    expect(yes.headers?.['stripe-should-retry']).toBe('true');
    expect(no.headers?.['stripe-should-retry']).toBe('false');
  });

  it('malformed answers what is no JSON', async () => {
    const error = await refusal(pay('garbled', {}, 'malformed'));

    expect(error.message).toContain('Invalid JSON');
    expect(await captured()).toBe(1);
  });

  it('waits for its route, lets requests pass first, and strikes as often as it is told', async () => {
    await control(running.url, 'faults', { fault: 'lock_timeout', route: 'POST /v1/payment_intents/{id}/confirm', skip: 1, times: 2 });
    const { id } = await stripe.paymentIntents.create({ amount: 500, currency: 'usd' });

    const codes: string[] = [];
    for (let attempt = 0; attempt < 4; attempt += 1) {
      const result = await stripe.paymentIntents
        .confirm(id, { payment_method: 'pm_card_chargeDeclined', return_url: 'https://shop.test' })
        .catch((error: unknown) => error);
      codes.push((result as Stripe.errors.StripeError).code ?? '');
    }

    expect(codes).toEqual(['card_declined', 'lock_timeout', 'lock_timeout', 'card_declined']);
  });

  it('is retried by the SDK itself when that is allowed to', async () => {
    await control(running.url, 'faults', { fault: 'reset', route: 'POST /v1/payment_intents', times: 1 });

    const intent = await sdk(running.port, { maxNetworkRetries: 2 }).paymentIntents.create(PAYMENT);

    expect(intent.status).toBe('succeeded');
    expect(await captured()).toBe(1);
  });

  it('of no known kind is refused', async () => {
    await expect(control(running.url, 'faults', { fault: 'earthquake' })).rejects.toThrow('hang_before');
  });
});

describe('a bad request', () => {
  it('without a key, or with a wrong one, is a 401', async () => {
    const missing = await fetch(`${running.url}/v1/customers`);
    const wrong = await refusal(
      new Stripe('sk_live_0000000000000000', { host: '127.0.0.1', port: running.port, protocol: 'http' }).customers.list(),
    );

    expect(missing.status).toBe(401);
    expect(wrong).toMatchObject({ statusCode: 401, message: 'Invalid API Key provided: sk_live_************0000' });
  });

  it.each<[string, Record<string, unknown>, string, string]>([
    ['unknown parameter', { bogus: 1 }, 'parameter_unknown', 'bogus'],
    [
      'unknown nested parameter',
      { shipping: { name: 'A', address: { line1: 'B', planet: 'C' } } },
      'parameter_unknown',
      'shipping[address][planet]',
    ],
    ['float', { amount: 10.5 }, 'parameter_invalid_integer', 'amount'],
    ['word for a number', { amount: 'ten' }, 'parameter_invalid_integer', 'amount'],
    ['amount of nothing', { amount: 0 }, 'parameter_invalid_integer', 'amount'],
    ['amount below the minimum', { amount: 49 }, 'amount_too_small', 'amount'],
    ['amount above the maximum', { amount: 100_000_000 }, 'amount_too_large', 'amount'],
    ['unsafe integer', { amount: '99999999999999999999' }, 'parameter_invalid_integer', 'amount'],
    ['third decimal that is not 0', { amount: 1_001, currency: 'kwd' }, 'parameter_invalid_integer', 'amount'],
    ['empty customer', { customer: '' }, 'parameter_invalid_empty', 'customer'],
    ['unknown customer', { customer: 'cus_none' }, 'resource_missing', 'customer'],
    ['unknown payment method', { payment_method: 'pm_none' }, 'resource_missing', 'payment_method'],
  ])('with an %s is a 400 that names the parameter', async (_, change, code, param) => {
    const error = await refusal(stripe.paymentIntents.create({ amount: 500, currency: 'usd', ...change }));

    expect(error).toMatchObject({ statusCode: 400, code, param });
  });

  it('without what is required is a 400', async () => {
    const error = await refusal(stripe.paymentIntents.create({ currency: 'usd' } as Stripe.PaymentIntentCreateParams));

    expect(error).toMatchObject({ code: 'parameter_missing', param: 'amount', message: 'Missing required param: amount.' });
  });

  it('for a currency, word or object that does not exist is refused', async () => {
    const currency = await refusal(stripe.paymentIntents.create({ amount: 500, currency: 'xxx' }));
    const word = await refusal(stripe.paymentIntents.create({ amount: 500, currency: 'usd', capture_method: 'later' }));
    const object = await refusal(stripe.charges.retrieve('ch_none'));
    const path = await refusal(stripe.rawRequest('GET', '/v1/nothing'));

    expect(currency.message).toContain('Invalid currency: xxx');
    expect(word.message).toContain('Invalid capture_method: must be one of');
    expect(object).toMatchObject({ statusCode: 404, code: 'resource_missing', message: "No such charge: 'ch_none'" });
    expect(path.message).toContain('Unrecognized request URL (GET: /v1/nothing)');
  });

  it('nested beyond reason, of bad encoding or too large is refused and nothing breaks', async () => {
    const post = (body: string) =>
      fetch(`${running.url}/v1/customers`, { method: 'POST', body, headers: { authorization: `Bearer ${TEST_KEY}` } });

    const deep = await post(`metadata${'[a]'.repeat(5_000)}=1`);
    const garbled = await post('name=%ff%');
    const large = await post(`name=${'x'.repeat(2 << 20)}`);
    const good = await post('name=Ada');

    expect([deep.status, garbled.status, large.status, good.status]).toEqual([400, 400, 413, 200]);
  });
});

describe('a list', () => {
  it('is newest first, in pages, and expands', async () => {
    const names = Array.from({ length: 25 }, (_, index) => `customer ${String(index)}`);
    for (const name of names) await stripe.customers.create({ name });

    const all = await stripe.customers.list({ limit: 10 }).autoPagingToArray({ limit: 100 });
    const [newest, second] = all;
    const before = await stripe.customers.list({ ending_before: second?.id ?? '' });

    expect(all.map((customer) => customer.name)).toEqual(names.reverse());
    expect(before.data.map((customer) => customer.id)).toEqual([newest?.id]);
  });

  it('refuses a limit beyond 100, a cursor that is nothing, and an expansion of a plain field', async () => {
    const limit = await refusal(stripe.customers.list({ limit: 101 }));
    const cursor = await refusal(stripe.customers.list({ starting_after: 'cus_none' }));
    const expansion = await refusal(stripe.customers.create({ expand: ['livemode'] }));

    expect(limit.param).toBe('limit');
    expect(cursor).toMatchObject({ code: 'resource_missing', param: 'starting_after' });
    expect(expansion.message).toBe('This property cannot be expanded (livemode).');
  });

  it('of events is narrowed by type and time', async () => {
    const { id } = await stripe.customers.create({});
    await control(running.url, 'clock', { advance_seconds: 100 });
    await stripe.customers.del(id);
    const now = Math.floor(running.sandbox.clock.nowMs() / 1_000);

    const byType = await stripe.events.list({ type: 'customer.deleted' });
    const byTypes = await stripe.events.list({ types: ['customer.created', 'customer.deleted'] });
    const recent = await stripe.events.list({ created: { gte: now - 50 } });

    expect(byType.data.map((event) => event.type)).toEqual(['customer.deleted']);
    expect(byTypes.data).toHaveLength(2);
    expect(recent.data.map((event) => event.type)).toEqual(['customer.deleted']);
  });
});

describe('a search', () => {
  it('finds by fields and metadata', async () => {
    await stripe.paymentIntents.create({ amount: 500, currency: 'usd', metadata: { order: '7' } });
    await stripe.paymentIntents.create({ amount: 900, currency: 'usd', metadata: { order: '8' } });

    const byOrder = await stripe.paymentIntents.search({ query: "metadata['order']:'7'" });
    const byAmount = await stripe.paymentIntents.search({ query: "amount>400 AND currency:'usd'" });

    expect(byOrder.data.map((intent) => intent.amount)).toEqual([500]);
    expect(byAmount.data).toHaveLength(2);
  });
});
