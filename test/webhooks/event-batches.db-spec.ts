import fc from 'fast-check';
import { type AttributedEvent, type EventEffect, GatewayEventsService, type GatewayPayment, LedgerRepository } from '#payments';
import { type Queryable } from '#platform';
import { createTestDatabase, type TestDatabase } from '#test';
import { WebhookProcessor } from '#webhooks';
import { insertPayment, insertShop } from './payment-rows.js';
import { gatewayPayment, startWebhookApp, succeeded, type WebhookApp } from './webhook-app.js';

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

  it('moves many payments with one look and one write, each with its history, its event for the merchant and its line in the audit log', async () => {
    const ids = Array.from({ length: 40 }, (_, index) => `moved${String(index)}`);
    for (const id of ids) await insertPayment(webhooks.database, id, { status: 'processing' });

    const { effects, statements } = await applyAll(ids.map((id) => paid(id)));

    expect(new Set(effects)).toEqual(new Set(['applied']));
    expect(statements).toBe(2);
    expect(
      await webhooks.database.query(
        `select p.status, p.version, count(distinct a.sequence) as adjustments, count(distinct o.id) as events, count(distinct l.sequence) as lines
         from payments p join payment_adjustments a on a.payment_id = p.id and a.source_id = 'evt_' || substr(p.id, 5)
         join outbox_events o on o.object_id = p.id join audit_log l on l.object_id = p.id
         where p.id like 'pay_moved%' group by p.id having count(*) = 1 and p.version = 2 and p.status = 'succeeded'`,
      ),
    ).toHaveLength(40);
  });

  it('settles what several payments of a batch have reserved of one limit', async () => {
    const { database } = webhooks;
    await database.query(
      `insert into spending_buckets values ('daily', 'mer_1', false, 'dev_1', 3750, now()), ('monthly', 'mer_1', false, 'dev_1', 2500, now())`,
    );
    for (const id of ['kept', 'left', 'less']) {
      await insertPayment(database, id, { status: 'processing' });
      await reserve(`pay_${id}`, 'daily');
      if (id !== 'left') await reserve(`pay_${id}`, 'monthly');
    }

    const { effects } = await applyAll([
      paid('kept'),
      canceled('left'),
      { ...paid('less'), event: { kind: 'payment', object: { ...objectOf('less'), amountReceivedMinor: 1000 } } },
    ]);

    expect(effects).toEqual(['applied', 'applied', 'applied']);
    expect(await database.query(`select key, used from spending_buckets where key in ('daily', 'monthly') order by key`)).toEqual([
      { key: 'daily', used: 2250 },
      { key: 'monthly', used: 2250 },
    ]);
    expect(
      await database.query(
        `select state, sum(held)::integer as held from spending_reservations where bucket_key = 'daily' group by state order by state`,
      ),
    ).toEqual([
      { state: 'released', held: 0 },
      { state: 'settled', held: 2250 },
    ]);
  });

  it('decides anew about a payment that a request changes between the look and the write', async () => {
    for (const id of ['calm', 'hurried', 'gone']) await insertPayment(webhooks.database, id, { status: 'processing' });

    const { effects } = await applyAll([paid('calm'), paid('hurried'), paid('gone')], async () => {
      // As a request would: one is told of the success by Stripe's answer, the other is amended only.
      await applyAll([paid('gone')]);
      await webhooks.database.query(`update payments set version = version + 1, check_count = 7 where id = 'pay_hurried'`);
    });

    expect(effects).toEqual(['applied', 'applied', 'unchanged']);
    expect(
      await webhooks.database.query(
        `select id, status, version from payments where id in ('pay_calm', 'pay_hurried', 'pay_gone') order by id`,
      ),
    ).toEqual([
      { id: 'pay_calm', status: 'succeeded', version: 2 },
      { id: 'pay_gone', status: 'succeeded', version: 2 },
      { id: 'pay_hurried', status: 'succeeded', version: 3 },
    ]);
  });

  it('leaves a payment alone when another intent is tied to it', async () => {
    await insertPayment(webhooks.database, 'tied', { status: 'processing' });

    const { effects } = await applyAll([
      { ...paid('tied'), event: { kind: 'payment', object: { ...objectOf('tied'), gatewayId: 'pi_second' } } },
    ]);

    expect(effects).toEqual(['unchanged']);
  });

  it('applies the neighbours of an event that the database refuses', async () => {
    for (const id of ['well', 'ill']) await insertPayment(webhooks.database, id, { status: 'processing' });
    await webhooks.post(succeeded('evt_well', 'pi_well'));
    const poisoned = succeeded('evt_ill', 'pi_ill');
    await webhooks.post({ ...poisoned, data: { object: { ...poisoned.data.object, latest_charge: 'ch_\0' } } });

    await webhooks.app.get(WebhookProcessor, { strict: false }).processDue();

    expect(
      await webhooks.database.query(
        `select stripe_event_id as id, e.status, p.status as payment from webhook_event_statuses e join webhook_events using (sequence)
         join payments p on p.stripe_payment_intent_id = payment_intent_id order by 1`,
      ),
    ).toEqual([
      { id: 'evt_ill', status: 'failed', payment: 'processing' },
      { id: 'evt_well', status: 'processed', payment: 'succeeded' },
    ]);
  });

  it('ends as one by one would end, with the same history', async () => {
    let serial = 0;
    const piece = fc.record({
      payment: fc.integer({ min: 0, max: 2 }),
      status: fc.constantFrom(
        'requires_payment_method',
        'requires_confirmation',
        'requires_action',
        'processing',
        'requires_capture',
        'succeeded',
        'canceled',
      ),
      evidence: fc.constantFrom('hint', 'snapshot'),
      isNamed: fc.boolean(),
    });
    const start = fc.record({
      status: fc.constantFrom('processing', 'requires_confirmation', 'requires_action', 'in_review'),
      isTied: fc.boolean(),
    });

    await fc.assert(
      fc.asyncProperty(
        fc.array(start, { minLength: 3, maxLength: 3 }),
        fc.array(piece, { minLength: 1, maxLength: 9 }),
        async (starts, pieces) => {
          serial++;
          const run = async (how: 'together' | 'apart'): Promise<unknown> => {
            const prefix = `${how}${String(serial)}_`;
            for (const [index, { status, isTied }] of starts.entries())
              await insertPayment(webhooks.database, `${prefix}${String(index)}`, { status, isTied });
            const events = pieces.map((each, index) => newsOf(`${prefix}${String(each.payment)}`, index, each));
            const effects: EventEffect[] = [];
            if (how === 'together') effects.push(...(await applyAll(events)).effects);
            else for (const event of events) effects.push(...(await applyAll([event])).effects);
            return { effects, ...(await historyOf(prefix)) };
          };

          expect(await run('together')).toEqual(await run('apart'));
        },
      ),
      { numRuns: 60 },
    );
    const differences = await webhooks.app.get(LedgerRepository, { strict: false }).findDifferences();
    expect(differences.filter(({ id, field }) => id.startsWith('pay_together') && field === 'illegal move')).toEqual([]);
  });

  /** @param meanwhile - Runs once, after the payments were read. */
  async function applyAll(
    events: readonly AttributedEvent[],
    meanwhile: () => Promise<void> = () => Promise.resolve(),
  ): Promise<{ effects: EventEffect[]; statements: number }> {
    return webhooks.database.transaction(async (transaction) => {
      let statements = 0;
      const counting: Queryable = {
        query: async (sql, params) => {
          if (++statements === 2) await meanwhile();
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

  async function reserve(paymentId: string, bucket: string): Promise<void> {
    await webhooks.database.query(
      `insert into spending_reservations (payment_id, bucket_key, merchant_id, measure, is_released_by_refund, taken, held)
       values ($1, $2, 'mer_1', 'amount', true, 1250, 1250)`,
      [paymentId, bucket],
    );
  }

  async function historyOf(prefix: string): Promise<Record<string, unknown>> {
    const nameless = (rows: Record<string, unknown>[]): unknown => JSON.parse(JSON.stringify(rows).replaceAll(prefix, ''));
    return {
      payments: nameless(
        await webhooks.database.query(
          `select id, status, version, stripe_payment_intent_id as intent, amount_received_minor as received, amount_capturable_minor as capturable,
             outcome_certainty as certainty, last_error as error from payments where starts_with(id, $1) order by id`,
          [`pay_${prefix}`],
        ),
      ),
      history: nameless(
        await webhooks.database.query(
          `select payment_id as id, sequence, source_id as source, status_before as before, status_after as after, amount_received_minor as received
           from payment_adjustments where starts_with(payment_id, $1) order by payment_id, sequence`,
          [`pay_${prefix}`],
        ),
      ),
      told: nameless(
        await webhooks.database.query(
          `select id, type, sequence, previous from outbox_events where starts_with(object_id, $1) order by id`,
          [`pay_${prefix}`],
        ),
      ),
    };
  }
});

function objectOf(id: string): GatewayPayment {
  return gatewayPayment({ gatewayId: `pi_${id}`, chargeId: `ch_${id}`, paymentId: `pay_${id}` });
}

function paid(id: string): AttributedEvent {
  return { event: { kind: 'payment', object: objectOf(id) }, evidence: 'hint', source: { source: 'webhook', sourceId: `evt_${id}` } };
}

function canceled(id: string): AttributedEvent {
  return { ...paid(id), event: { kind: 'payment', object: { ...objectOf(id), status: 'canceled', amountReceivedMinor: 0 } } };
}

function newsOf(
  id: string,
  index: number,
  { status, evidence, isNamed }: { status: GatewayPayment['status']; evidence: AttributedEvent['evidence']; isNamed: boolean },
): AttributedEvent {
  const object = {
    ...objectOf(id),
    status,
    amountReceivedMinor: status === 'succeeded' ? 1250 : 0,
    amountCapturableMinor: status === 'requires_capture' ? 1250 : 0,
    lastError:
      status === 'requires_payment_method'
        ? { code: 'card_declined', declineCode: null, advice: null, message: `No ${String(index)}` }
        : null,
    ...(isNamed ? {} : { paymentId: null }),
  };
  return { event: { kind: 'payment', object }, evidence, source: { source: 'webhook', sourceId: `evt_${String(index)}` } };
}
