import { randomUUID } from 'node:crypto';
import { TestSystem } from '../support/test-system.js';

const ROUTE = 'POST /v1/refunds';
const AMOUNT = 1_099;

let system: TestSystem;
let deviceId: string;

beforeAll(async () => {
  system = await TestSystem.start();
  deviceId = (await system.device()).id;
  // The webhook would tell first.
  system.loseWebhooks(true);
}, 60_000);
afterAll(() => system.stop());
afterEach(() => system.control('DELETE', '/_sandbox/faults'));

async function pay(): Promise<string> {
  const body = { amount: AMOUNT, currency: 'usd', deviceId, paymentMethod: 'pm_card_visa' };
  return (await system.call('POST', '/api/payments', { body, key: randomUUID() })).body.id as string;
}

function refund(paymentId: string, key: string) {
  return system.call('POST', `/api/payments/${paymentId}/refunds`, { body: {}, key });
}

async function refundsAtStripe(paymentId: string): Promise<number> {
  const ledger = (await system.control('GET', '/_sandbox/ledger')) as {
    refunds: { payment_intent: string }[];
    payment_intents: { id: string; metadata: Record<string, string> }[];
  };
  const intent = ledger.payment_intents.find(({ metadata }) => metadata['upp_payment_id'] === paymentId);
  return ledger.refunds.filter((each) => each.payment_intent === intent?.id).length;
}

describe('a refund whose outcome nobody knows', () => {
  it.each(['error', 'error_before', 'error_unsaved', 'malformed'])(
    'is pending until the worker finds out, and is made exactly once: %s',
    async (fault) => {
      const paymentId = await pay();
      await system.control('POST', '/_sandbox/faults', { route: ROUTE, fault });

      const first = await refund(paymentId, randomUUID());
      await system.completeNow();
      await system.completeNow();

      const { body: list } = await system.call('GET', `/api/payments/${paymentId}/refunds`);
      expect(first).toMatchObject({ status: 202, body: { status: 'pending' } });
      expect(list.data).toMatchObject([{ id: first.body.id, status: 'succeeded', amount: AMOUNT }]);
      expect(await refundsAtStripe(paymentId)).toBe(1);
    },
  );

  it.each(['error', 'error_before'])('is made exactly once when the client and two workers ask at the same time: %s', async (fault) => {
    const paymentId = await pay();
    const key = randomUUID();
    await system.control('POST', '/_sandbox/faults', { route: ROUTE, fault });
    await refund(paymentId, key);

    await Promise.all([system.completeNow(), system.completeNow(), refund(paymentId, key)]);
    await system.completeNow();

    expect((await system.call('GET', `/api/payments/${paymentId}`)).body.amountRefunded).toBe(AMOUNT);
    expect(await refundsAtStripe(paymentId)).toBe(1);
  });

  it.each([
    { fault: 'error', made: 1, status: 'succeeded', refunded: AMOUNT },
    { fault: 'error_before', made: 0, status: 'failed', refunded: 0 },
  ])('is never sent again when Stripe may have forgotten its key: $fault', async ({ fault, made, status, refunded }) => {
    const paymentId = await pay();
    await system.control('POST', '/_sandbox/faults', { route: ROUTE, fault });
    const { body } = await refund(paymentId, randomUUID());
    await system.database.query(`update refunds set created_at = now() - interval '23 hours 1 second' where id = $1`, [body.id]);

    await system.completeNow();

    const { body: list } = await system.call('GET', `/api/payments/${paymentId}/refunds`);
    expect(list.data).toMatchObject([{ status }]);
    expect((await system.call('GET', `/api/payments/${paymentId}`)).body.amountRefunded).toBe(refunded);
    expect(await refundsAtStripe(paymentId)).toBe(made);
  });
});
