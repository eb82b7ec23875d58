import { LedgerRepository } from '#payments';
import { waitFor } from '#test';
import { type ApiAnswer, TestSystem } from '../support/test-system.js';

let system: TestSystem;
let serial = 0;

beforeAll(async () => {
  system = await TestSystem.start({ environment: { CHALLENGE_MAX_MINUTES: '10' } });
});
afterAll(async () => {
  const differences = await system.app.get(LedgerRepository).findDifferences();
  await system.stop();
  expect(differences).toEqual([]);
});

const aKey = (): string => `challenge-${String(++serial)}`;
/** A payment before its challenge, which holds 15 000 of its device's 20 000 for the day. */
const challenged = async () => {
  const { id: deviceId } = await system.device({ type: 'gaming_console', businessType: 'gaming' });
  const { body } = await system.call('POST', '/api/payments', {
    body: { amount: 15_000, currency: 'usd', deviceId, paymentMethod: 'pm_card_authenticationRequired' },
    key: aKey(),
  });
  expect(body.status).toBe('requires_action');
  return body;
};
const age = async (id: string, minutes: number): Promise<void> => {
  await system.database.query('update payments set updated_at = now() - make_interval(mins => $2) where id = $1', [id, minutes]);
};
const authenticate = (payment: { stripePaymentIntentId: string }): Promise<unknown> =>
  system.control('POST', `/_sandbox/payment_intents/${payment.stripePaymentIntentId}/authenticate`, { outcome: 'succeed' });
const paymentOf = async (id: string) => (await system.call('GET', `/api/payments/${id}`)).body;
const limitOf = async (deviceId: string) => (await system.call('GET', `/api/limits/${deviceId}`)).body.data[0];
const timelineOf = async (id: string): Promise<string[]> => {
  const { body }: ApiAnswer = await system.call('GET', `/api/payments/${id}/timeline`);
  return body.data.flatMap((entry: { kind: string; details: { statusAfter?: string } }) => entry.details.statusAfter ?? []);
};

describe('a challenge that nobody passes', () => {
  it('stays open until its time is over, which the deployment bounds below the profile', async () => {
    const [young, old] = [await challenged(), await challenged()];
    await age(young.id, 9);
    await age(old.id, 10);

    await system.completeNow();

    expect((await paymentOf(young.id)).status).toBe('requires_action');
    expect((await paymentOf(old.id)).status).toBe('canceled');
  });

  it('is canceled at Stripe, and its limits are free once, however many workers see it', async () => {
    const payment = await challenged();
    expect(await limitOf(payment.deviceId)).toMatchObject({ reserved: 15_000, remaining: 5_000 });
    await age(payment.id, 11);

    await Promise.all([system.completeNow(), system.completeNow(), system.completeNow()]);
    await system.completeNow();

    expect(await paymentOf(payment.id)).toMatchObject({ status: 'canceled', amountReceived: 0 });
    expect(await limitOf(payment.deviceId)).toMatchObject({ used: 0, reserved: 0, remaining: 20_000 });
    expect((await timelineOf(payment.id)).filter((status) => status === 'canceled')).toHaveLength(1);
    await expect(authenticate(payment)).rejects.toThrow('waits for no authentication');
    expect(await system.chargesOf(payment.id)).toEqual([]);
  });

  it('was passed after all, and only the webhook was lost: it is paid, and its limit is used', async () => {
    const payment = await challenged();
    system.loseWebhooks(true);
    await authenticate(payment);
    await age(payment.id, 60);

    await system.completeNow();

    system.loseWebhooks(false);
    expect(await paymentOf(payment.id)).toMatchObject({ status: 'succeeded', amountReceived: 15_000 });
    expect(await limitOf(payment.deviceId)).toMatchObject({ used: 15_000, reserved: 0 });
  });

  it('is passed between the last look and the cancel: Stripe decides, and the money is not lost sight of', async () => {
    const payment = await challenged();
    // No other look may meet the fault: neither one at another case's payment nor one that an event asks for.
    await system.database.query('update payments set next_check_at = null where id <> $1', [payment.id]);
    await waitFor(async function everyEventProcessed() {
      // In this order: what is delivered while the jobs are being read has a job that is not among them.
      if (system.sandbox.sandbox.delivery.pending > 0) return false;
      return (await system.database.query('select 1 from webhook_jobs')).length === 0;
    });
    await age(payment.id, 60);
    system.loseWebhooks(true);
    // The look is answered as of before, and arrives when the payer has passed.
    await system.control('POST', '/_sandbox/faults', { route: 'GET /v1/payment_intents/{id}', fault: 'slow', ms: 5_000 });
    const looking = system.completeNow();
    await waitFor(() => Promise.resolve(system.sandbox.sandbox.faults.struck.has('slow')));
    await authenticate(payment);
    await looking;
    await system.completeNow();

    system.loseWebhooks(false);
    expect(await paymentOf(payment.id)).toMatchObject({ status: 'succeeded', amountReceived: 15_000 });
    expect(await limitOf(payment.deviceId)).toMatchObject({ used: 15_000, reserved: 0 });
    expect(await system.chargesOf(payment.id)).toEqual([expect.objectContaining({ status: 'succeeded' })]);
    const attempts = await system.database.query('select outcome from payment_attempts where payment_id = $1 and operation = $2', [
      payment.id,
      'cancel',
    ]);
    expect(attempts).toEqual([{ outcome: 'failed' }]);
  });
});
