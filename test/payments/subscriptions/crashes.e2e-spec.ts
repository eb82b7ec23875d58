import { LedgerRepository } from '#payments';
import { type CrashPoint } from '#platform';
import { TestSystem } from '../../support/test-system.js';
import { ApiProcess, dieAt, insist, workerDiesAt } from '../api-process.js';
import { aKey } from '../customers.js';
import { DECLINING_CARD, Subscribers } from './subscribers.js';

let system: TestSystem;
let subscribers: Subscribers;

beforeAll(async () => {
  system = await TestSystem.start({ environment: { PAYMENT_REQUEST_LEASE_SECONDS: '1', PAYMENT_COMPLETER_LEASE_SECONDS: '2' } });
  subscribers = new Subscribers(system);
});
afterAll(async () => {
  const differences = await system.app.get(LedgerRepository).findDifferences();
  await system.stop();
  expect(differences).toEqual([]);
});
afterEach(() => {
  system.loseWebhooks(false);
});

/** What the next worker does, once whatever the dead one had claimed is free again. */
async function nextWorker(id: string): Promise<void> {
  for (let round = 0; round < 2; round++) {
    await subscribers.retryNow(id);
    await system.completeNow();
    await subscribers.renew();
  }
}

describe('a new subscription whose process dies', () => {
  it('before its first payment is made: by the repeat, or by the worker', async () => {
    const requests = [await subscribers.request(), await subscribers.request()].map((body) => ({
      path: '/api/subscriptions',
      key: aKey(),
      body,
    }));
    await dieAt(system, 'after_subscription_recorded', ...requests);
    const survivor = await ApiProcess.start(system);

    const { status, body } = await insist(() => [survivor], requests[0]!);
    await survivor.stop();
    await subscribers.renew();

    expect(status).toBe(201);
    expect(body.status).toBe('active');
    const { body: left } = await system.call('GET', `/api/subscriptions?customerId=${String(requests[1]?.body.customerId)}`);
    expect(left.data).toEqual([expect.objectContaining({ status: 'active' })]);
    expect(await subscribers.chargesOf(left.data[0].id)).toEqual(['0']);
  });

  it('after its first payment: is active, and charged once', async () => {
    const request = { path: '/api/subscriptions', key: aKey(), body: await subscribers.request() };
    system.loseWebhooks(true);
    await dieAt(system, 'after_confirmed', request);
    const { body: list } = await system.call('GET', `/api/subscriptions?customerId=${String(request.body.customerId)}`);

    await nextWorker(list.data[0].id);

    expect(await subscribers.get(list.data[0].id)).toMatchObject({ status: 'active' });
    expect(await subscribers.chargesOf(list.data[0].id)).toEqual(['0']);
  });
});

describe('a renewal whose worker dies', () => {
  it.each([
    'after_period_opened',
    'after_period_claimed',
    'after_recorded',
    'after_intent_created',
    'after_intent_adopted',
    'after_confirmed',
    'after_settled',
    'after_period_charged',
  ] as const satisfies readonly CrashPoint[])('%s: the next one charges it once', async (point) => {
    const { id } = await subscribers.active();
    await subscribers.pass(id, '1 month 3 hours');
    system.loseWebhooks(true);
    await workerDiesAt(system, point);

    await nextWorker(id);

    expect(await subscribers.chargesOf(id)).toEqual(['0', '1']);
    expect(await subscribers.get(id)).toMatchObject({ status: 'active', currentPeriod: { index: 1 } });
    expect(await subscribers.timeline(id)).toEqual(['created', 'activated', 'renewed']);
  });

  it.each(['after_intent_prepared', 'after_confirmed'] as const satisfies readonly CrashPoint[])(
    '%s, as it tries once more after a decline: the next one charges it once',
    async (point) => {
      const { id, customerId } = await subscribers.dueWith(DECLINING_CARD);
      await subscribers.renew();
      const { body: good } = await subscribers.save(customerId);
      await subscribers.payWith(id, good.id);
      system.loseWebhooks(true);
      await workerDiesAt(system, point);

      await nextWorker(id);

      expect(await subscribers.chargesOf(id)).toEqual(['0', '1']);
      expect(await subscribers.get(id)).toMatchObject({ status: 'active', currentPeriod: { index: 1 } });
    },
  );
});
