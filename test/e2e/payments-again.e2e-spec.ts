import { newId } from '#kernel';
import { GatewayEventsService, LedgerRepository, PaymentGateway } from '#payments';
import { type CrashPoint } from '#platform';
import { waitFor } from '#test';
import { ApiProcess, dieAt, insist } from '../payments/api-process.js';
import { type ApiAnswer, TestSystem } from '../support/test-system.js';

const LEASES = { PAYMENT_REQUEST_LEASE_SECONDS: '1', PAYMENT_COMPLETER_LEASE_SECONDS: '2' };
const NO_FUNDS = 'pm_card_visa_chargeDeclinedInsufficientFunds';

let system: TestSystem;
let serial = 0;

beforeAll(async () => {
  system = await TestSystem.start({ environment: LEASES });
});
afterAll(async () => {
  const differences = await system.app.get(LedgerRepository).findDifferences();
  await system.stop();
  expect(differences).toEqual([]);
});

const aKey = (): string => `again-${String(++serial)}`;
/** A payment that its issuer declined. */
const declined = async (parts: Record<string, unknown> = {}) => {
  const { id: deviceId } = await system.device();
  const { status, body } = await system.call('POST', '/api/payments', {
    body: { amount: 1_000, currency: 'usd', deviceId, paymentMethod: NO_FUNDS, ...parts },
    key: aKey(),
  });
  expect(status).toBe(402);
  return body.payment;
};
const confirm = (id: string, body: Record<string, unknown> = { paymentMethod: 'pm_card_visa' }, key = aKey()): Promise<ApiAnswer> =>
  system.call('POST', `/api/payments/${id}/confirm`, { body, key });
const paymentOf = async (id: string) => (await system.call('GET', `/api/payments/${id}`)).body;
const chargesOf = async (id: string): Promise<string[]> => (await system.chargesOf(id)).map(({ status }) => status);
const usedBy = async (deviceId: string) => (await system.call('GET', `/api/limits/${deviceId}`)).body.data[0];

describe('a declined payment', () => {
  it('is paid with another card: the same payment, the same intent, one charge', async () => {
    const payment = await declined();

    const { status, body } = await confirm(payment.id);

    expect(status).toBe(200);
    expect(body).toMatchObject({ id: payment.id, status: 'succeeded', stripePaymentIntentId: payment.stripePaymentIntentId });
    expect(await chargesOf(payment.id)).toEqual(expect.arrayContaining(['succeeded', 'failed']));
    expect(await chargesOf(payment.id)).toHaveLength(2);
    const { body: timeline } = await system.call('GET', `/api/payments/${payment.id}/timeline`);
    const operations = timeline.data.flatMap((entry: { kind: string; details: { operation?: string } }) => entry.details.operation ?? []);
    expect(operations).toEqual(['create', 'confirm', 'confirm']);
  });

  it('may be declined again, and again be paid', async () => {
    const payment = await declined();

    const second = await confirm(payment.id, {});
    const third = await confirm(payment.id);

    expect(second).toMatchObject({ status: 402, body: { code: 'payment_declined', declineCode: 'insufficient_funds' } });
    expect(third).toMatchObject({ status: 200, body: { status: 'succeeded' } });
  });

  it('is paid by the customer with a method they saved, and with nobody else’s', async () => {
    const email = `again-${String(++serial)}@example.com`;
    const { body: customer } = await system.call('POST', '/api/customers', { body: { email } });
    const { body: other } = await system.call('POST', '/api/customers', { body: { email: `other-${email}` } });
    const save = async (id: string): Promise<string> =>
      (await system.call('POST', `/api/customers/${id}/payment-methods`, { body: { paymentMethod: 'pm_card_visa' }, key: aKey() })).body.id;
    const [own, foreign] = [await save(customer.id), await save(other.id)];
    const payment = await declined({ customerId: customer.id });
    const ofNobody = await declined();

    expect(await confirm(payment.id, { paymentMethod: foreign })).toMatchObject({
      status: 404,
      body: { code: 'payment_method_not_found' },
    });
    expect(await confirm(ofNobody.id, { paymentMethod: own })).toMatchObject({ status: 404, body: { code: 'payment_method_not_found' } });
    expect(await confirm(payment.id, { paymentMethod: own })).toMatchObject({ status: 200, body: { status: 'succeeded' } });
  });

  it('asks the owner of a saved card who was away', async () => {
    const { body: customer } = await system.call('POST', '/api/customers', { body: { email: `away-${String(++serial)}@example.com` } });
    const { body: method } = await system.call('POST', `/api/customers/${customer.id}/payment-methods`, {
      body: { paymentMethod: 'pm_card_authenticationRequired' },
      key: aKey(),
    });
    const [row] = await system.database.query<{ id: string }>(
      'select stripe_setup_intent_id as id from saved_payment_methods where id = $1',
      [method.id],
    );
    await system.control('POST', `/_sandbox/setup_intents/${row?.id ?? ''}/authenticate`, { outcome: 'succeed' });
    await waitFor(
      async () => (await system.call('GET', `/api/customers/${customer.id}/payment-methods/${method.id}`)).body.status === 'active',
    );
    const { id: deviceId } = await system.device({ type: 'gaming_console', businessType: 'gaming' });
    const { status, body: payment } = await system.call('POST', '/api/payments', {
      body: { amount: 15_000, currency: 'usd', deviceId, paymentMethod: method.id, offSession: true },
      key: aKey(),
    });
    expect([status, payment.status, payment.nextAction.type]).toEqual([201, 'requires_action', 'confirm_on_session']);
    // Nothing is held for somebody who may come back next week, and no time runs out for them.
    expect(await usedBy(deviceId)).toMatchObject({ used: 0, reserved: 0 });
    await system.database.query(`update payments set updated_at = now() - interval '3 days', next_check_at = now() where id = $1`, [
      payment.id,
    ]);
    await system.completeNow();
    expect((await paymentOf(payment.id)).status).toBe('requires_action');

    const present = await confirm(payment.id, { returnUrl: 'https://shop.example/back' });
    expect(await usedBy(deviceId)).toMatchObject({ used: 0, reserved: 15_000 });
    await system.control('POST', `/_sandbox/payment_intents/${String(payment.stripePaymentIntentId)}/authenticate`, { outcome: 'succeed' });

    expect(present).toMatchObject({ status: 200, body: { status: 'requires_action', nextAction: { type: 'redirect' } } });
    await waitFor(async () => (await paymentOf(payment.id)).status === 'succeeded');
    expect(await usedBy(deviceId)).toMatchObject({ used: 15_000, reserved: 0 });
  });

  it('is tried once with one key, and by one of many who try at the same moment', async () => {
    const payment = await declined();
    const key = aKey();

    const answers = await Promise.all([
      ...Array.from({ length: 4 }, () => confirm(payment.id, { paymentMethod: 'pm_card_visa' }, key)),
      ...Array.from({ length: 4 }, () => confirm(payment.id, { paymentMethod: 'pm_card_mastercard' })),
    ]);
    const replay = await confirm(payment.id, { paymentMethod: 'pm_card_visa' }, key);

    expect((await chargesOf(payment.id)).filter((status) => status === 'succeeded')).toHaveLength(1);
    expect(answers.filter(({ status }) => status !== 200 && status !== 409)).toEqual([]);
    expect([200, 409]).toContain(replay.status);
    expect((await paymentOf(payment.id)).status).toBe('succeeded');
  });

  it('is tried by one at a time: a challenge that one has begun is not undone by another', async () => {
    const payment = await declined();
    // The first is told to come again later, and gives the intent its method while the second one's challenge is open.
    await system.control('POST', '/_sandbox/faults', { route: 'POST /v1/payment_intents/{id}', fault: 'lock_timeout' });

    const slow = confirm(payment.id, { paymentMethod: 'pm_card_authenticationRequired' });
    await waitFor(async () => ((await system.control('GET', '/_sandbox/faults')) as { armed: unknown[] }).armed.length === 0);
    const fast = await confirm(payment.id, { paymentMethod: 'pm_card_authenticationRequired' });
    const answers = [await slow, fast];
    await system.control('POST', `/_sandbox/payment_intents/${String(payment.stripePaymentIntentId)}/authenticate`, { outcome: 'succeed' });

    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect(answers.find(({ status }) => status === 409)?.body.code).toMatch(/payment_busy|payment_unexpected_state/);
    await waitFor(async () => (await paymentOf(payment.id)).status === 'succeeded');
  });

  it('is not given back to its client by a look at the refusal before, while the next attempt is on its way', async () => {
    const payment = await declined();
    const look = await system.app.get(PaymentGateway).retrievePayment(String(payment.stripePaymentIntentId));
    if (look.outcome !== 'succeeded') throw new Error(look.outcome);
    const { object } = look;
    system.loseWebhooks(true);
    await system.control('POST', '/_sandbox/faults', { route: 'POST /v1/payment_intents/{id}/confirm', fault: 'slow', ms: 1_000 });

    const paying = confirm(payment.id);
    await waitFor(async () => (await paymentOf(payment.id)).status === 'processing');
    const effect = await system.database.transaction((transaction) =>
      system.app
        .get(GatewayEventsService)
        .apply(transaction, { kind: 'payment', object }, 'snapshot', { source: 'webhook', sourceId: 'evt_late' }),
    );
    const other = await confirm(payment.id);

    system.loseWebhooks(false);
    expect([object.status, effect]).toEqual(['requires_payment_method', 'unchanged']);
    expect(other.status).toBe(409);
    expect(await paying).toMatchObject({ status: 200, body: { status: 'succeeded' } });
  });

  it('is not confirmed in any other state, and not by others', async () => {
    const { id: deviceId, credential } = await system.device();
    const { body: paid } = await system.call('POST', '/api/payments', {
      body: { amount: 1_000, currency: 'usd', deviceId, paymentMethod: 'pm_card_visa' },
      key: aKey(),
    });
    const payment = await declined();

    expect(await confirm(paid.id)).toMatchObject({
      status: 409,
      body: { code: 'payment_unexpected_state', payment: { id: paid.id, status: 'succeeded' } },
    });
    expect((await confirm(newId('payment'))).status).toBe(404);
    const byOther = await system.call('POST', `/api/payments/${String(payment.id)}/confirm`, { body: {}, key: aKey(), credential });
    expect(byOther.status).toBe(404);
    expect(await confirm(payment.id, { paymentMethod: 'pm_nobody_knows_it' })).toMatchObject({
      status: 400,
      body: { code: 'payment_method_refused' },
    });
    expect(await confirm(payment.id)).toMatchObject({ status: 200, body: { status: 'succeeded' } });
  });

  it('is assessed again: a blocked one is over', async () => {
    const payment = await declined({ customerEmail: 'listed-later@example.com' });
    await system.call('POST', '/api/admin/blacklist', { body: { kind: 'email', value: 'listed-later@example.com', reason: 'fraud' } });

    expect(await confirm(payment.id)).toMatchObject({ status: 402, body: { code: 'payment_blocked' } });
    expect(await confirm(payment.id)).toMatchObject({ status: 409, body: { code: 'payment_unexpected_state' } });
    expect(await chargesOf(payment.id)).toEqual(['failed']);
  });

  it('reserves its limits anew and once, as far as there is room', async () => {
    const { id: deviceId } = await system.device({ type: 'gaming_console', businessType: 'gaming' });
    const game = async (amount: number, paymentMethod: string): Promise<ApiAnswer> =>
      system.call('POST', '/api/payments', { body: { amount, currency: 'usd', deviceId, paymentMethod }, key: aKey() });
    const { body: first } = await game(15_000, NO_FUNDS);
    const { body: second } = await game(8_000, NO_FUNDS);
    expect(await usedBy(deviceId)).toMatchObject({ used: 0, reserved: 0 });

    const paid = await confirm(first.payment.id);
    const refused = await confirm(second.payment.id);

    expect(paid.status).toBe(200);
    expect(refused).toMatchObject({ status: 422, body: { violations: [{ code: 'spending_limit_exceeded', remaining: 5_000 }] } });
    expect(await usedBy(deviceId)).toMatchObject({ used: 15_000, reserved: 0 });
    expect((await paymentOf(second.payment.id)).status).toBe('requires_payment_method');
  });

  it.each(['error', 'error_before', 'reset'])('whose next answer is lost (%s) is found out about', async (fault) => {
    const payment = await declined();
    system.loseWebhooks(true);
    await system.control('POST', '/_sandbox/faults', { route: 'POST /v1/payment_intents/{id}/confirm', fault });

    const { status, body } = await confirm(payment.id);
    await system.completeNow();

    system.loseWebhooks(false);
    expect([200, 202]).toContain(status);
    expect(body.status).toMatch(/processing|succeeded/);
    expect((await paymentOf(payment.id)).status).toBe('succeeded');
    expect((await chargesOf(payment.id)).filter((each) => each === 'succeeded')).toHaveLength(1);
  });
});

describe('a declined payment whose process dies while it is paid again', () => {
  let survivor: ApiProcess;

  beforeAll(async () => {
    survivor = await ApiProcess.start(system);
  });
  afterAll(() => survivor.stop());

  it.each(['after_intent_prepared', 'after_intent_adopted', 'after_confirmed', 'after_settled'] as CrashPoint[])(
    '%s: it is charged once',
    async (point) => {
      const [asked, left] = [await declined(), await declined()];
      const requests = [asked, left].map(({ id }) => ({
        path: `/api/payments/${String(id)}/confirm`,
        key: aKey(),
        body: { paymentMethod: 'pm_card_visa' },
      }));
      system.loseWebhooks(true);
      await dieAt(system, point, ...requests);

      const { status, body } = await insist(() => [survivor], requests[0]!);
      await system.completeNow();

      system.loseWebhooks(false);
      expect(status).toBe(200);
      expect(body).toMatchObject({ status: 'succeeded' });
      expect((await chargesOf(asked.id)).filter((each) => each === 'succeeded')).toHaveLength(1);
      // Before the attempt was recorded nothing has happened to it.
      const expected = point === 'after_intent_prepared' ? 'requires_payment_method' : 'succeeded';
      expect((await paymentOf(left.id)).status).toBe(expected);
      expect((await chargesOf(left.id)).filter((each) => each === 'succeeded')).toHaveLength(expected === 'succeeded' ? 1 : 0);
    },
    60_000,
  );
});
