import { type AttributedEvent, GatewayEventsService } from '#payments';
import { type Queryable } from '#platform';
import { createTestDatabase, type TestDatabase } from '#test';
import { insertPayment, insertShop } from './payment-rows.js';
import { gatewayPayment, startWebhookApp, type WebhookApp } from './webhook-app.js';

describe(GatewayEventsService.name, () => {
  let testDatabase: TestDatabase;
  let webhooks: WebhookApp;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    webhooks = await startWebhookApp(testDatabase.url, { effects: 'payments' });
    await insertShop(webhooks.database);
  });

  afterAll(async () => {
    await webhooks.close();
    await testDatabase.drop();
  });

  it('looks once at all payments of events that say nothing new', async () => {
    const ids = Array.from({ length: 40 }, (_, index) => `seen${String(index)}`);
    for (const id of ids) await insertPayment(webhooks.database, id, { status: 'succeeded', receivedMinor: 1250 });

    const { effects, statements } = await applyAll(ids.map((id) => paid(id)));

    expect(new Set(effects)).toEqual(new Set(['unchanged']));
    expect(statements).toBe(1);
  });

  it('judges a later event of a payment by what an earlier one of the batch has made of it', async () => {
    await insertPayment(webhooks.database, 'twice', { status: 'processing' });

    const { effects } = await applyAll([paid('twice'), paid('twice'), paid('nobody')]);

    expect(effects).toEqual(['applied', 'unchanged', 'not_found']);
  });

  it('ties a payment to its intent once, though two events of the batch know it by its metadata only', async () => {
    await insertPayment(webhooks.database, 'untied', { status: 'processing', isTied: false });

    const { effects } = await applyAll([paid('untied'), paid('untied')]);

    expect(effects).toEqual(['applied', 'unchanged']);
    expect(
      await webhooks.database.query(`select stripe_payment_intent_id as intent, version from payments where id = 'pay_untied'`),
    ).toEqual([{ intent: 'pi_untied', version: 2 }]);
  });

  function applyAll(events: readonly AttributedEvent[]): Promise<{ effects: string[]; statements: number }> {
    return webhooks.database.transaction(async (transaction) => {
      let statements = 0;
      const counting: Queryable = {
        query: (sql, params) => {
          statements++;
          return transaction.query(sql, params);
        },
        execute: (sql, params) => {
          statements++;
          return transaction.execute(sql, params);
        },
        afterCommit: (work) => {
          transaction.afterCommit(work);
        },
      };
      const effects = await webhooks.app.get(GatewayEventsService, { strict: false }).applyAll(counting, events);
      return { effects, statements };
    });
  }
});

function paid(id: string): AttributedEvent {
  const object = gatewayPayment({ gatewayId: `pi_${id}`, chargeId: `ch_${id}`, paymentId: `pay_${id}` });
  return { event: { kind: 'payment', object }, evidence: 'hint', source: { source: 'webhook', sourceId: `evt_${id}` } };
}
