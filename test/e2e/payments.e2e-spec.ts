import { assert } from '#kernel';
import { GatewayEventsService, PaymentGateway } from '#payments';
import { asOwner, waitFor } from '#test';
import { type ApiAnswer, TestSystem } from '../support/test-system.js';

let system: TestSystem;
let deviceId: string;
let serial = 0;

beforeAll(async () => {
  system = await TestSystem.start();
});
afterAll(() => system.stop());
// A device of its own for each case: the velocity rule counts attempts.
beforeEach(async () => {
  ({ id: deviceId } = await system.device());
});

const LATE = { source: 'webhook', sourceId: 'evt_late' } as const;
const aKey = (): string => `key-${String(++serial)}`;
const aPayment = (parts: Record<string, unknown> = {}): Record<string, unknown> => ({
  amount: 1099,
  currency: 'usd',
  deviceId,
  paymentMethod: 'pm_card_visa',
  ...parts,
});
const pay = (parts: Record<string, unknown> = {}, key = aKey()): Promise<ApiAnswer> =>
  system.call('POST', '/api/payments', { body: aPayment(parts), key });
const statusOf = async (id: string): Promise<string> => (await system.call('GET', `/api/payments/${id}`)).body.status;

describe('POST /api/payments', () => {
  it('charges a card once and answers with the payment', async () => {
    const { status, body } = await pay({ metadata: { order: '6735' }, customerEmail: 'Ada@Example.com' });

    expect(status).toBe(201);
    expect(body).toMatchObject({
      object: 'payment',
      status: 'succeeded',
      amount: 1099,
      currency: 'usd',
      amountReceived: 1099,
      outcomeCertainty: 'known',
      businessType: 'retail',
      method: 'card',
      livemode: false,
      metadata: { order: '6735' },
      risk: { decision: 'allow', level: 'low' },
    });
    expect(await system.chargesOf(body.id)).toEqual([expect.objectContaining({ amount: 1099, status: 'succeeded' })]);
    expect((await system.call('GET', `/api/payments/${body.id}`)).body).toMatchObject({ id: body.id, status: 'succeeded' });
  });

  it('settles by the webhook as well, with one effect', async () => {
    const { body } = await pay();

    await waitFor(async () => {
      const rows = await system.database.query<{ count: number }>(
        `select count(*) as count from webhook_events where object_id = $1 and type = 'payment_intent.succeeded' and not exists (select 1 from webhook_jobs where event_sequence = sequence)`,
        [body.stripePaymentIntentId],
      );
      return rows[0]?.count === 1;
    });
    const { body: timeline } = await system.call('GET', `/api/payments/${body.id}/timeline`);
    const successes = timeline.data.filter(
      (entry: { details: { statusAfter?: string; statusBefore?: string } }) =>
        entry.details.statusAfter === 'succeeded' && entry.details.statusBefore !== 'succeeded',
    );
    expect(successes).toHaveLength(1);
  });

  it('answers, records its call and repeats itself as ever when the webhook was faster than the answer', async () => {
    const key = aKey();
    await system.control('POST', '/_sandbox/faults', { route: 'POST /v1/payment_intents/{id}/confirm', fault: 'slow', ms: 3_000 });

    const paying = pay({}, key);
    await waitFor(async () => {
      const [row] = await system.database.query<{ status: string }>('select status from payments where device_id = $1', [deviceId]);
      return row?.status === 'succeeded';
    });
    const paid = await paying;
    const repeated = await pay({}, key);

    expect(paid.status).toBe(201);
    expect(paid.body).toMatchObject({ status: 'succeeded', amountReceived: 1099 });
    expect(repeated.text).toBe(paid.text);
    expect(repeated.headers.get('idempotent-replayed')).toBe('true');
    expect(
      await system.database.query(`select operation, outcome from payment_attempts where payment_id = $1 order by id`, [paid.body.id]),
    ).toEqual([
      { operation: 'create', outcome: 'succeeded' },
      { operation: 'confirm', outcome: 'succeeded' },
    ]);
  });

  it('answers a decline with its reason and the payment, and repeats it', async () => {
    const key = aKey();

    const declined = await pay({ paymentMethod: 'pm_card_visa_chargeDeclinedInsufficientFunds' }, key);
    const repeated = await pay({ paymentMethod: 'pm_card_visa_chargeDeclinedInsufficientFunds' }, key);

    expect(declined.status).toBe(402);
    expect(declined.headers.get('content-type')).toContain('application/problem+json');
    expect(declined.body).toMatchObject({
      code: 'payment_declined',
      declineCode: 'insufficient_funds',
      payment: { status: 'requires_payment_method', amountReceived: 0 },
    });
    expect(repeated.text).toBe(declined.text);
    expect(repeated.headers.get('idempotent-replayed')).toBe('true');
  });

  it('asks for 3-D Secure and succeeds once the payer has passed it', async () => {
    const { status, body } = await pay({ paymentMethod: 'pm_card_authenticationRequired' });
    expect(status).toBe(201);
    expect(body.status).toBe('requires_action');
    expect(body.nextAction).toBeTruthy();

    await system.control('POST', `/_sandbox/payment_intents/${body.stripePaymentIntentId}/authenticate`, { outcome: 'succeed' });

    await waitFor(async () => (await statusOf(body.id)) === 'succeeded');
    expect((await system.call('GET', `/api/payments/${body.id}`)).body).toMatchObject({ nextAction: null, amountReceived: 1099 });
  });

  it('returns to requires_payment_method when the payer fails 3-D Secure', async () => {
    const { body } = await pay({ paymentMethod: 'pm_card_authenticationRequired' });

    await system.control('POST', `/_sandbox/payment_intents/${body.stripePaymentIntentId}/authenticate`, { outcome: 'fail' });

    await waitFor(async () => (await statusOf(body.id)) === 'requires_payment_method');
    expect((await system.call('GET', `/api/payments/${body.id}`)).body.amountReceived).toBe(0);
  });

  it('blocks a blacklisted device without a call to Stripe and without a reason', async () => {
    await system.database.query(
      `insert into blacklist (id, merchant_id, kind, value, reason, source, created_by) values ($1, $2, 'device', $3, 'stolen', 'manual', 'test')`,
      [`bl_${deviceId}`, system.merchantId, deviceId],
    );

    const { status, body } = await pay();

    expect(status).toBe(402);
    expect(body).toMatchObject({
      code: 'payment_blocked',
      detail: 'The payment was refused.',
      payment: { status: 'blocked', stripePaymentIntentId: null },
    });
    expect(body.payment.risk.decision).toBe('block');
    expect(await system.chargesOf(body.payment.id)).toEqual([]);
  });

  it('tells a payment method that Stripe does not know', async () => {
    const { status, body } = await pay({ paymentMethod: 'pm_of_nobody' });

    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'payment_method_refused', param: 'paymentMethod', payment: { status: 'canceled' } });
  });

  it('lets a device pay with its own credential, for itself only', async () => {
    const own = await system.device();

    const mine = await system.call('POST', '/api/payments', {
      body: { ...aPayment(), deviceId: own.id },
      key: aKey(),
      credential: own.credential,
    });
    const another = await system.call('POST', '/api/payments', { body: aPayment(), key: aKey(), credential: own.credential });

    expect(mine.status).toBe(201);
    expect(another.status).toBe(403);
    expect(another.body.code).toBe('device_mismatch');
    expect(
      (await system.call('GET', '/api/payments', { credential: own.credential })).body.data.map((payment: { id: string }) => payment.id),
    ).toEqual([mine.body.id]);
  });
});

describe('Idempotency-Key', () => {
  it('is required', async () => {
    const { status, body } = await system.call('POST', '/api/payments', { body: aPayment() });

    expect(status).toBe(400);
    expect(body.code).toBe('idempotency_key_missing');
  });

  it('repeats the first answer byte by byte', async () => {
    const key = aKey();

    const first = await pay({}, key);
    const second = await pay({}, key);

    expect(second.status).toBe(first.status);
    expect(second.text).toBe(first.text);
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    expect(second.headers.get('idempotent-replayed')).toBe('true');
  });

  it('ignores the order of fields and refuses another body', async () => {
    const key = aKey();
    await pay({}, key);

    const reordered = await system.call('POST', '/api/payments', { body: Object.fromEntries(Object.entries(aPayment()).reverse()), key });
    const other = await pay({ amount: 1100 }, key);

    expect(reordered.headers.get('idempotent-replayed')).toBe('true');
    expect(other.status).toBe(422);
    expect(other.body.code).toBe('idempotency_key_reused');
  });

  it('has one winner among fifty equal requests at once', async () => {
    const key = aKey();

    const answers = await Promise.all(Array.from({ length: 50 }, () => pay({}, key)));

    const paid = answers.filter((answer) => answer.status === 201);
    const running = answers.filter((answer) => answer.status === 409);
    expect(paid.length + running.length).toBe(50);
    expect(new Set(paid.map((answer) => answer.text)).size).toBe(1);
    expect(running.every((answer) => answer.body.code === 'idempotency_in_progress' && answer.headers.get('retry-after') !== null)).toBe(
      true,
    );
    expect(await system.chargesOf(paid[0]?.body.id)).toHaveLength(1);
  });
});

describe('capture and cancel', () => {
  it('captures a part and releases the rest', async () => {
    const { body: held } = await pay({ captureMethod: 'manual' });
    expect(held).toMatchObject({ status: 'requires_capture', amountCapturable: 1099, amountReceived: 0 });

    const { status, body } = await system.call('POST', `/api/payments/${held.id}/capture`, { body: { amount: 1000 }, key: aKey() });

    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'succeeded', amountReceived: 1000, amountCapturable: 0 });
  });

  it('lets no late event bring back what was held', async () => {
    const { body: held } = await pay({ captureMethod: 'manual' });
    const gateway = system.app.get(PaymentGateway);
    const before = await gateway.retrievePayment(held.stripePaymentIntentId);
    assert(before.outcome === 'succeeded', 'the sandbox knows the intent');
    await system.call('POST', `/api/payments/${held.id}/capture`, { body: {}, key: aKey() });

    const effect = await system.database.transaction((transaction) =>
      system.app.get(GatewayEventsService).apply(transaction, { kind: 'payment', object: before.object }, 'hint', LATE),
    );

    expect(effect).toBe('unchanged');
    expect((await system.call('GET', `/api/payments/${held.id}`)).body).toMatchObject({ status: 'succeeded', amountCapturable: 0 });
  });

  it('refuses to capture more than is held, and twice', async () => {
    const { body: held } = await pay({ captureMethod: 'manual' });

    const tooMuch = await system.call('POST', `/api/payments/${held.id}/capture`, { body: { amount: 1100 }, key: aKey() });
    const first = await system.call('POST', `/api/payments/${held.id}/capture`, { body: {}, key: aKey() });
    const second = await system.call('POST', `/api/payments/${held.id}/capture`, { body: {}, key: aKey() });

    expect(tooMuch.body).toMatchObject({ status: 422, code: 'amount_too_large', param: 'amount', remaining: 1099 });
    expect(first.status).toBe(200);
    expect(second.body).toMatchObject({ status: 409, code: 'payment_unexpected_state', payment: { status: 'succeeded' } });
  });

  it('cancels what is held, and not what is paid', async () => {
    const { body: held } = await pay({ captureMethod: 'manual' });
    const { body: paid } = await pay();

    const canceled = await system.call('POST', `/api/payments/${held.id}/cancel`, { body: {}, key: aKey() });
    const refused = await system.call('POST', `/api/payments/${paid.id}/cancel`, { body: {}, key: aKey() });

    expect(canceled.body).toMatchObject({ status: 'canceled', amountCapturable: 0 });
    expect(refused.body).toMatchObject({ status: 409, code: 'payment_unexpected_state' });
  });
});

describe('refunds', () => {
  const refund = (id: string, body: unknown, key = aKey()): Promise<ApiAnswer> =>
    system.call('POST', `/api/payments/${id}/refunds`, { body, key });

  it('pays back a part, then what remains, then nothing', async () => {
    const { body: paid } = await pay();

    const part = await refund(paid.id, { amount: 99, reason: 'requested_by_customer' });
    const rest = await refund(paid.id, {});
    const none = await refund(paid.id, { amount: 1 });

    expect(part.body).toMatchObject({ object: 'refund', status: 'succeeded', amount: 99 });
    expect(rest.body).toMatchObject({ status: 'succeeded', amount: 1000 });
    expect(none.body).toMatchObject({ status: 422, code: 'amount_too_large', remaining: 0 });
    expect((await system.call('GET', `/api/payments/${paid.id}`)).body.amountRefunded).toBe(1099);
  });

  it('never refunds more than was received, however many ask at once', async () => {
    const { body: paid } = await pay();

    const answers = await Promise.all(Array.from({ length: 10 }, () => refund(paid.id, { amount: 400 })));

    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(2);
    expect(answers.filter((answer) => answer.status === 422)).toHaveLength(8);
    expect((await system.call('GET', `/api/payments/${paid.id}`)).body.amountRefunded).toBe(800);
  });

  it('repeats the same refund under the same key', async () => {
    const { body: paid } = await pay();
    const key = aKey();

    const first = await refund(paid.id, { amount: 100 }, key);
    const second = await refund(paid.id, { amount: 100 }, key);

    expect(second.text).toBe(first.text);
    expect((await system.call('GET', `/api/payments/${paid.id}/refunds`)).body.data).toHaveLength(1);
  });

  it('gives the amount back to what can be refunded when a refund fails later', async () => {
    const { body: paid } = await pay({ paymentMethod: 'pm_card_refundFail' });
    const { body: made } = await refund(paid.id, {});
    expect(made.amount).toBe(1099);

    await waitFor(async () => (await system.call('GET', `/api/payments/${paid.id}/refunds`)).body.data[0].status === 'failed');

    expect((await system.call('GET', `/api/payments/${paid.id}`)).body.amountRefunded).toBe(0);
  });
});

describe('lists and tenancy', () => {
  it('pages newest first without gaps or repetitions', async () => {
    for (let index = 0; index < 3; index++) await pay();

    const first = (await system.call('GET', '/api/payments?limit=2')).body;
    const second = (await system.call('GET', `/api/payments?limit=2&startingAfter=${first.data[1].id}`)).body;

    expect(first).toMatchObject({ object: 'list', hasMore: true });
    const ids = [...first.data, ...second.data].map((payment: { id: string }) => payment.id);
    expect(ids).toEqual([...ids].sort().reverse());
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("hides a payment that is not the caller's behind 404", async () => {
    const { body: paid } = await pay();
    await asOwner(
      system.database,
      'set local session_replication_role = replica',
      `update payments set livemode = true where id = '${String(paid.id)}'`,
    );

    const hidden = await system.call('GET', `/api/payments/${paid.id}`);
    const absent = await system.call('GET', '/api/payments/pay_01jd8y3v5kq2e9c7x4m6n0r1st');

    expect(hidden.status).toBe(404);
    expect({ ...hidden.body, requestId: '' }).toEqual({ ...absent.body, requestId: '' });
  });
});
