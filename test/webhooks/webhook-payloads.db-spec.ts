import { createTestDatabase, type TestDatabase } from '#test';
import { WebhookPayloads, WebhookProcessor } from '#webhooks';
import { gatewayPayment, startWebhookApp, succeeded, type WebhookApp } from './webhook-app.js';

describe(WebhookPayloads.name, () => {
  let testDatabase: TestDatabase;
  let webhooks: WebhookApp;

  beforeEach(async () => {
    testDatabase = await createTestDatabase();
    webhooks = await startWebhookApp(testDatabase.url, { environment: { RETENTION_BATCH_ROWS: '10' } });
  });

  afterEach(async () => {
    await webhooks.close();
    await testDatabase.drop();
  });

  it('empties what is over in small batches, keeps the hash of it, and nothing of what is younger', async () => {
    await insertEvents(25, 91);
    await insertEvents(3, 89);

    const rounds = [await empty(), await empty(), await empty(), await empty()];

    expect(rounds).toEqual([10, 10, 5, 0]);
    expect(await count(`length(payload) = 0 and redacted_sha256 = sha256('{}')`)).toBe(25);
    expect(await count(`length(payload) > 0 and redacted_sha256 is null`)).toBe(3);
  });

  it('leaves an event its bytes until it is done, however old it is', async () => {
    await insertEvents(2, 91);
    await webhooks.database.query(`insert into webhook_jobs (event_sequence) select min(sequence) from webhook_events`);
    await webhooks.database.query(
      `insert into webhook_dead (event_sequence, attempts, last_error) select max(sequence), 8, 'x' from webhook_events`,
    );

    await empty();
    const whileOpen = await count('length(payload) = 0');
    await webhooks.database.query('delete from webhook_jobs');
    await webhooks.database.query('delete from webhook_dead');
    await empty();

    expect(whileOpen).toBe(0);
    expect(await count('length(payload) = 0')).toBe(2);
  });

  it('lets two workers empty at once', async () => {
    await insertEvents(20, 91);

    await Promise.all([empty(), empty(), empty()]);
    await empty();

    expect(await count('length(payload) = 0')).toBe(20);
  });

  it('replays an event without its bytes by what Stripe says of its object now', async () => {
    await webhooks.post(succeeded('evt_old', 'pi_old'));
    webhooks.gateway.payments.set('pi_old', gatewayPayment({ gatewayId: 'pi_old' }));
    await webhooks.database.query(`update webhook_events set payload = '', redacted_sha256 = sha256(payload)`);

    await webhooks.app.get(WebhookProcessor, { strict: false }).processDue();

    expect(webhooks.gateway.retrievals).toBe(1);
    expect(await webhooks.database.query('select outcome, detail from webhook_attempts')).toEqual([
      { outcome: 'applied', detail: 'fetched' },
    ]);
  });

  const empty = (): Promise<number> => webhooks.app.get(WebhookPayloads, { strict: false }).emptyDue();

  async function insertEvents(howMany: number, daysOld: number): Promise<void> {
    await webhooks.database.query(
      `insert into webhook_events (livemode, stripe_event_id, type, stripe_created_at, received_at, payload)
       select false, 'evt_' || $2::integer || '_' || n, 'ping', now(), now() - make_interval(days => $2::integer), '{}' from generate_series(1, $1) n`,
      [howMany, daysOld],
    );
  }

  async function count(condition: string): Promise<number> {
    const [row] = await webhooks.database.query<{ count: number }>(`select count(*) as count from webhook_events where ${condition}`);
    return row?.count ?? 0;
  }
});
