import { LedgerRepository } from '#payments';
import { type CrashPoint } from '#platform';
import { waitFor } from '#test';
import { ApiProcess, dieAt, insist, type Insistence } from '../payments/api-process.js';
import { TestSystem } from '../support/test-system.js';

const LEASES = { PAYMENT_REQUEST_LEASE_SECONDS: '1', PAYMENT_COMPLETER_LEASE_SECONDS: '2' };
// The promise to clients: whoever asks later than this finds a payment that is settled.
const SETTLED_WITHIN_SECONDS = 60;

let system: TestSystem;
let survivor: ApiProcess;
let serial = 0;

beforeAll(async () => {
  system = await TestSystem.start({ environment: LEASES });
  survivor = await ApiProcess.start(system);
}, 60_000);
afterAll(async () => {
  await survivor.stop();
  const differences = await system.app.get(LedgerRepository).findDifferences();
  await system.stop();
  expect(differences).toEqual([]);
}, 60_000);

const aKey = (): string => `crash-${String(++serial)}`;

/** Sends a request to a process that dies at `point`. */
async function crashAt(point: CrashPoint, request: Insistence): Promise<void> {
  // Webhooks would settle what the crash left behind: here they are lost, and the product must find out by itself.
  system.loseWebhooks(true);
  await dieAt(system, point, request);
}

async function aPayment(parts: Record<string, unknown> = {}): Promise<Insistence> {
  const { id: deviceId } = await system.device();
  return {
    path: '/api/payments',
    key: aKey(),
    body: { amount: 1_000, currency: 'usd', deviceId, paymentMethod: 'pm_card_visa', ...parts },
  };
}

const make = async (parts: Record<string, unknown> = {}) => {
  const { body, key } = await aPayment(parts);
  return (await system.call('POST', '/api/payments', { body, key })).body;
};

/** A payment whose intent is made, and whose confirmation Stripe did not take. */
async function unsent(): Promise<string> {
  await system.control('POST', '/_sandbox/faults', { route: 'POST /v1/payment_intents/{id}/confirm', fault: 'rate_limited_no_retry' });
  const { body, key } = await aPayment();
  const { status, body: problem } = await system.call('POST', '/api/payments', { body, key });
  expect([status, problem.payment.status]).toEqual([503, 'requires_confirmation']);
  return problem.payment.id;
}

const paymentOf = async (id: string) => (await system.call('GET', `/api/payments/${id}`)).body;

/** The newest payment of the request's device. */
async function paymentIdOf(request: Insistence): Promise<string | null> {
  const { deviceId } = request.body as { deviceId: string };
  const [row] = await system.database.query<{ id: string }>('select id from payments where device_id = $1', [deviceId]);
  return row?.id ?? null;
}

/** The completer's turn, as it would come by itself: the look must be due soon enough. */
async function completeInTime(id: string): Promise<void> {
  await waitFor(async function nobodyHasTheLease() {
    const [row] = await system.database.query<{ due: number | null }>(
      `select extract(epoch from next_check_at - now())::float8 as due from payments where id = $1`,
      [id],
    );
    const due = row?.due ?? null;
    if (due !== null && due > SETTLED_WITHIN_SECONDS) throw new Error(`the next look comes in ${String(due)} s`);
    return due !== null && due <= 0;
  });
  await system.completeNow();
}

const POINTS_OF_CREATE = [
  'after_recorded',
  'after_intent_created',
  'after_intent_adopted',
  'after_confirmed',
  'after_settled',
  'after_answer_stored',
] as const;
const POINTS_OF_OPERATIONS = ['after_operation_claimed', 'after_operation_recorded', 'after_operation_sent', 'after_settled'] as const;
const POINTS_OF_REFUNDS = ['after_refund_reserved', 'after_refund_sent', 'after_refund_applied'] as const;

describe('a process that dies while it makes a payment', () => {
  it.each(POINTS_OF_CREATE)(
    '%s: the repeated request gets the one payment, charged once',
    async (point) => {
      const request = await aPayment();
      await crashAt(point, request);

      const { status, body } = await insist(() => [survivor], request);

      expect(status).toBe(201);
      expect(body).toMatchObject({ status: 'succeeded', outcomeCertainty: 'known' });
      expect(await system.chargesOf(body.id)).toEqual([expect.objectContaining({ amount: 1_000, status: 'succeeded' })]);
    },
    60_000,
  );

  // Behind these the payment has an end already, which the test above has seen.
  it.each(POINTS_OF_CREATE.slice(0, 4))(
    '%s: the completer settles what nobody asks for again',
    async (point) => {
      const request = await aPayment();
      await crashAt(point, request);
      const id = (await paymentIdOf(request)) ?? '';

      await completeInTime(id);

      expect(await paymentOf(id)).toMatchObject({ status: 'succeeded', outcomeCertainty: 'known', amountReceived: 1_000 });
      expect(await system.chargesOf(id)).toHaveLength(1);
    },
    60_000,
  );
});

describe('a process that dies while it captures', () => {
  it.each(POINTS_OF_OPERATIONS)(
    '%s: the repeated request captures once',
    async (point) => {
      const held = await make({ captureMethod: 'manual' });
      const request = { path: `/api/payments/${String(held.id)}/capture`, key: aKey(), body: { amount: 900 } };
      await crashAt(point, request);

      const { status, body } = await insist(() => [survivor], request);

      expect(status).toBe(200);
      expect(body).toMatchObject({ status: 'succeeded', amountReceived: 900 });
      expect(await system.chargesOf(held.id)).toHaveLength(1);
    },
    60_000,
  );

  it('after_operation_sent: the completer finds out that the money has moved', async () => {
    const held = await make({ captureMethod: 'manual' });
    await crashAt('after_operation_sent', { path: `/api/payments/${String(held.id)}/capture`, key: aKey(), body: {} });

    await completeInTime(held.id);

    expect(await paymentOf(held.id)).toMatchObject({ status: 'succeeded', amountReceived: 1_000 });
  }, 60_000);

  it('after_operation_sent with a tip: what is held is raised once', async () => {
    const { id: deviceId } = await system.device({ businessType: 'restaurant' });
    const { body } = await system.call('POST', '/api/payments', {
      key: aKey(),
      body: { amount: 2_000, currency: 'usd', deviceId, paymentMethod: 'pm_card_visa' },
    });
    const request = { path: `/api/payments/${String(body.id)}/capture`, key: aKey(), body: { tipAmount: 500 } };
    await crashAt('after_operation_sent', request);

    const after = await insist(() => [survivor], request);

    expect(after.body).toMatchObject({ status: 'succeeded', amount: 2_500, tipAmount: 500, amountReceived: 2_500 });
    expect(await system.chargesOf(body.id)).toEqual([expect.objectContaining({ amount: 2_500 })]);
  }, 60_000);
});

describe('a process that dies while it cancels', () => {
  it.each(POINTS_OF_OPERATIONS.slice(1, 3))(
    '%s: the repeated request cancels',
    async (point) => {
      const held = await make({ captureMethod: 'manual' });
      const request = { path: `/api/payments/${String(held.id)}/cancel`, key: aKey(), body: {} };
      await crashAt(point, request);

      const { body } = await insist(() => [survivor], request);

      expect(body).toMatchObject({ status: 'canceled', amountReceived: 0, amountCapturable: 0 });
    },
    60_000,
  );

  it('after_operation_sent: the completer finds out', async () => {
    const held = await make({ captureMethod: 'manual' });
    await crashAt('after_operation_sent', { path: `/api/payments/${String(held.id)}/cancel`, key: aKey(), body: {} });

    await completeInTime(held.id);

    expect((await paymentOf(held.id)).status).toBe('canceled');
  }, 60_000);

  it.each(POINTS_OF_OPERATIONS.slice(1, 3))(
    '%s, before the payment was confirmed: the completer cancels it',
    async (point) => {
      const id = await unsent();
      await crashAt(point, { path: `/api/payments/${id}/cancel`, key: aKey(), body: {} });

      await completeInTime(id);

      expect(await paymentOf(id)).toMatchObject({ status: 'canceled', outcomeCertainty: 'known' });
    },
    60_000,
  );
});

describe('a cancel whose answer is lost', () => {
  it.each(['error_unsaved', 'error_before', 'error'])(
    'by %s, before the payment was confirmed: the completer cancels it',
    async (fault) => {
      const id = await unsent();
      system.loseWebhooks(true);
      await system.control('POST', '/_sandbox/faults', { route: 'POST /v1/payment_intents/{id}/cancel', fault });
      const { status, body } = await system.call('POST', `/api/payments/${id}/cancel`, { body: {}, key: aKey() });

      await system.completeNow();

      expect([status, body.outcomeCertainty]).toEqual([202, 'unknown']);
      expect(await paymentOf(id)).toMatchObject({ status: 'canceled', outcomeCertainty: 'known' });
    },
  );
});

describe('a process that dies while it refunds', () => {
  it.each(POINTS_OF_REFUNDS)(
    '%s: the repeated request, or the completer, refunds once',
    async (point) => {
      const paid = await make();
      const request = { path: `/api/payments/${String(paid.id)}/refunds`, key: aKey(), body: { amount: 400 } };
      await crashAt(point, request);

      const [{ status, body }] = await Promise.all([insist(() => [survivor], request), system.completeNow()]);

      expect(status).toBe(201);
      expect(body).toMatchObject({ status: 'succeeded', amount: 400 });
      expect((await paymentOf(paid.id)).amountRefunded).toBe(400);
      const ledger = (await system.control('GET', '/_sandbox/ledger')) as { refunds: { payment_intent: string; amount: number }[] };
      expect(ledger.refunds.filter((refund) => refund.payment_intent === paid.stripePaymentIntentId)).toEqual([
        expect.objectContaining({ amount: 400 }),
      ]);
    },
    60_000,
  );
});
