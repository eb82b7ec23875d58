import { createTestDatabase, type TestDatabase } from '#test';
import { WebhookAdminService, WebhookProcessor } from '#webhooks';
import { gatewayPayment, type JsonEvent, fixture, startWebhookApp, succeeded, type WebhookApp } from './webhook-app.js';

interface JobState {
  readonly status: string;
  readonly attempts: number;
  readonly detail: string | null;
  /** Seconds until the next attempt. */
  readonly wait: number | null;
}

describe('WebhookProcessor', () => {
  let testDatabase: TestDatabase;
  let webhooks: WebhookApp;
  let processor: WebhookProcessor;

  beforeEach(async () => {
    testDatabase = await createTestDatabase();
    webhooks = await startWebhookApp(testDatabase.url);
    processor = webhooks.app.get(WebhookProcessor, { strict: false });
  });

  afterEach(async () => {
    await webhooks.close();
    await testDatabase.drop();
  });

  const stateOf = async (id: string): Promise<JobState | undefined> => {
    const [row] = await webhooks.database.query<JobState>(
      `select s.status, s.attempts, s.last_detail as detail, extract(epoch from s.next_attempt_at - now())::float8 as wait
       from webhook_events e join webhook_event_statuses s on s.sequence = e.sequence where e.stripe_event_id = $1`,
      [id],
    );
    return row;
  };
  const effects = (): Promise<{ event_id: string }[]> =>
    webhooks.database.query<{ event_id: string }>('select event_id from webhook_test_effects order by event_id');
  const makeDue = async (): Promise<void> => {
    await webhooks.database.query('update webhook_jobs set next_attempt_at = now()');
  };
  const post = async (...events: JsonEvent[]): Promise<void> => {
    await Promise.all(events.map((event) => webhooks.post(event)));
  };

  it('applies an event once and says so', async () => {
    await post(succeeded('evt_1', 'pi_1'));

    await processor.processDue();
    await processor.processDue();

    expect(await effects()).toEqual([{ event_id: 'evt_1' }]);
    expect(await stateOf('evt_1')).toMatchObject({ status: 'processed', attempts: 1 });
  });

  it('applies no event twice when several workers race', async () => {
    await post(...Array.from({ length: 120 }, (_, index) => succeeded(`evt_${String(index).padStart(3, '0')}`, `pi_${index % 7}`)));

    await Promise.all(Array.from({ length: 6 }, () => processor.processDue()));

    expect(await effects()).toHaveLength(120);
    expect(await webhooks.database.query('select 1 from webhook_jobs')).toEqual([]);
  });

  it('ignores a type without effect, with the reason', async () => {
    await post({ ...succeeded('evt_1', 'pi_1'), type: 'customer.updated' });

    await processor.processDue();

    expect(await stateOf('evt_1')).toMatchObject({ status: 'ignored', detail: 'customers are kept here; Stripe’s copies decide nothing' });
  });

  it('ignores an event of the other mode', async () => {
    await post({ ...succeeded('evt_1', 'pi_1'), livemode: true });

    await processor.processDue();

    expect(await stateOf('evt_1')).toMatchObject({ status: 'ignored', detail: 'livemode_mismatch' });
    expect(await effects()).toEqual([]);
  });

  it('retries an event that failed, and not its neighbours', async () => {
    webhooks.ledger.poison.add('pi_bad');
    await post(succeeded('evt_bad', 'pi_bad'), succeeded('evt_good_1', 'pi_a'), succeeded('evt_good_2', 'pi_z'));

    await processor.processDue();
    const afterFailure = await stateOf('evt_bad');
    webhooks.ledger.poison.clear();
    await makeDue();
    await processor.processDue();

    expect(afterFailure).toMatchObject({ status: 'failed', attempts: 1, detail: 'Error: this object cannot be applied' });
    expect(afterFailure!.wait).toBeGreaterThan(-1);
    expect(await effects()).toHaveLength(3);
    expect(await stateOf('evt_bad')).toMatchObject({ status: 'processed', attempts: 2 });
  });

  it('buries an event after its eighth failure', async () => {
    webhooks.ledger.poison.add('pi_bad');
    await post(succeeded('evt_bad', 'pi_bad'));

    for (let attempt = 0; attempt < 9; attempt++) {
      await makeDue();
      await processor.processDue();
    }

    expect(await stateOf('evt_bad')).toMatchObject({ status: 'dead', attempts: 8 });
    expect(await webhooks.database.query('select outcome from webhook_attempts')).toHaveLength(8);
  });

  it('gives a replayed dead letter the whole schedule again', async () => {
    webhooks.ledger.poison.add('pi_bad');
    await post(succeeded('evt_bad', 'pi_bad'));
    for (let attempt = 0; attempt < 8; attempt++) {
      await makeDue();
      await processor.processDue();
    }
    const [event] = await webhooks.database.query<{ sequence: number }>('select sequence from webhook_events');
    const operator = { actor: 'usr_1', merchantId: null, requestId: 'req_1', ip: '127.0.0.1' };

    await webhooks.app.get(WebhookAdminService, { strict: false }).replay(event!.sequence, 'it was a bug of ours', operator);
    await processor.processDue();

    const state = await stateOf('evt_bad');
    expect(state).toMatchObject({ status: 'failed', attempts: 9 });
    expect(state!.wait).toBeLessThan(11);
  });

  it('buries signed bytes that are no event at once', async () => {
    await webhooks.post(Buffer.from('ping'));

    await processor.processDue();

    expect(await webhooks.database.query('select last_error from webhook_dead')).toEqual([
      { last_error: 'the signed bytes are no Stripe event' },
    ]);
  });

  it('parks an event that comes before its payment, and applies it when the payment is there', async () => {
    webhooks.ledger.outcomes.set('pi_early', 'not_found');
    await post(succeeded('evt_early', 'pi_early'));

    await processor.processDue();
    const parked = await stateOf('evt_early');
    webhooks.ledger.outcomes.clear();
    await makeDue();
    await processor.processDue();

    expect(parked).toMatchObject({ status: 'waiting', attempts: 1 });
    expect(await stateOf('evt_early')).toMatchObject({ status: 'processed' });
    expect(await effects()).toEqual([{ event_id: 'evt_early' }]);
  });

  it('leaves alone a payment intent that somebody made elsewhere', async () => {
    const event = succeeded('evt_foreign', 'pi_foreign');
    event.data.object['metadata'] = {};
    webhooks.ledger.outcomes.set('pi_foreign', 'not_found');
    await post(event);

    await processor.processDue();

    expect(await stateOf('evt_foreign')).toMatchObject({ status: 'ignored', detail: 'not_ours' });
  });

  it.each([
    { whose: 'its own', paymentId: 'pay_1', status: 'dead' },
    { whose: 'somebody else’s', paymentId: null, status: 'ignored' },
  ])('ends a refund of $whose payment that never appeared as $status', async ({ paymentId, status }) => {
    const event = fixture('refund.created');
    webhooks.ledger.outcomes.set(event.data.object['id'] as string, 'not_found');
    webhooks.gateway.payments.set('pi_3TfixtureCoffee00000001', gatewayPayment({ paymentId }));
    await post(event);

    for (let attempt = 0; attempt < 12; attempt++) {
      await makeDue();
      await processor.processDue();
    }

    expect(await stateOf(event.id)).toMatchObject({ status });
  });

  it('fetches the object when the snapshot conflicts, and applies what Stripe says now', async () => {
    webhooks.ledger.outcomes.set('pi_late', 'conflict');
    webhooks.gateway.payments.set('pi_late', gatewayPayment({ gatewayId: 'pi_now', status: 'succeeded' }));
    await post(succeeded('evt_late', 'pi_late'));

    await processor.processDue();

    expect(webhooks.gateway.retrievals).toBe(1);
    expect(await webhooks.database.query('select event_id, object_id from webhook_test_effects')).toEqual([
      { event_id: 'evt_late', object_id: 'pi_now' },
    ]);
  });

  it('holds no transaction while it waits for Stripe, and retries when Stripe is away', async () => {
    webhooks.gateway.isAway = true;
    await post({ ...fixture('charge.expired'), id: 'evt_expired' });

    await processor.processDue();

    expect(await stateOf('evt_expired')).toMatchObject({ status: 'failed', detail: 'Error: Stripe did not answer a retrieve: unknown' });
  });

  it('takes over the jobs of a worker that died, and fences the dead one off', async () => {
    await post(succeeded('evt_1', 'pi_1'));
    await webhooks.database.query(`update webhook_jobs set attempts = 1, leased_until = now() + interval '60 s'`);

    const whileLeased = await processor.processDue();
    await webhooks.database.query(`update webhook_jobs set leased_until = now() - interval '1 s'`);
    const afterwards = await processor.processDue();

    expect([whileLeased, afterwards]).toEqual([0, 1]);
    expect(await stateOf('evt_1')).toMatchObject({ status: 'processed', attempts: 2 });
  });

  it('processes within moments of the commit when the process is told to', async () => {
    processor.start();

    await post(...Array.from({ length: 130 }, (_, index) => succeeded(`evt_${String(index)}`, `pi_${String(index)}`)));
    await processor.stop();
    processor.start();
    await processor.stop();
    while ((await processor.processDue()) > 0);

    expect(await effects()).toHaveLength(130);
  });
});
