import { waitFor } from '#test';
import { WebhookBackFill, WebhookProcessor } from '#webhooks';
import { TestSystem } from '../support/test-system.js';

interface Ledger {
  readonly charges: { payment_intent: string; amount_captured: number; status: string; metadata: Record<string, string> }[];
  readonly refunds: { amount: number; status: string }[];
}

let system: TestSystem;
let serial = 0;
const today = new Date().toISOString().slice(0, 10);

beforeAll(async () => {
  system = await TestSystem.start();
  await system.control('POST', '/_sandbox/webhooks', { disorder: { drop: 0.1 } });
});
afterAll(() => system.stop());

const pay = async (amount: number, paymentMethod = 'pm_card_visa'): Promise<string> => {
  const { id: deviceId } = await system.device();
  const body = { amount, currency: 'usd', deviceId, paymentMethod };
  return (await system.call('POST', '/api/payments', { body, key: `books-${String(++serial)}` })).body.id as string;
};
const compare = async (): Promise<{ id: string; matched: number; breaks: number }> =>
  (await system.call('POST', '/api/admin/reconciliation/runs', { body: { day: today } })).body as {
    id: string;
    matched: number;
    breaks: number;
  };
const breaks = async (query = 'status=open'): Promise<{ id: string; kind: string; objectId: string; paymentId: string }[]> =>
  (await system.call('GET', `/api/admin/reconciliation/breaks?limit=100&${query}`)).body.data as never;
const sums = async (): Promise<{ here: unknown; there: unknown }> => {
  const { charges, refunds } = (await system.control('GET', '/_sandbox/ledger')) as Ledger;
  const [here] = await system.database.query(
    `select coalesce(sum(amount_received_minor), 0)::bigint as received, coalesce(sum(amount_refunded_minor), 0)::bigint as refunded from payments`,
  );
  const charged = charges.filter(({ status }) => status === 'succeeded').reduce((sum, charge) => sum + charge.amount_captured, 0);
  const paidBack = refunds.filter(({ status }) => status === 'succeeded').reduce((sum, refund) => sum + refund.amount, 0);
  return { here, there: { received: charged, refunded: paidBack } };
};
const processAll = async (): Promise<void> => {
  const processor = system.app.get(WebhookProcessor, { strict: false });
  await waitFor(async () => {
    await system.database.query('update webhook_jobs set next_attempt_at = now() where leased_until is null');
    await processor.processDue();
    return (await system.database.query('select 1 from webhook_jobs')).length === 0;
  });
};

describe('a system that lost a tenth of its webhooks, and some of its effects', () => {
  it('closes its books to the cent within one sweep', async () => {
    const payments = await Promise.all([1_050, 2_099, 333, 12_500, 777, 4_999].map((amount) => pay(amount)));
    // Made in the dashboard: only events tell of them, and none arrives.
    await system.control('POST', '/_sandbox/webhooks', { disorder: { drop: 1 } });
    const intents = await system.database.query<{ id: string }>('select stripe_payment_intent_id as id from payments order by id limit 2');
    for (const { id } of intents) {
      await fetch(`${system.sandbox.url}/v1/refunds`, {
        method: 'POST',
        headers: { authorization: 'Bearer sk_test_0123456789abcdef', 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ payment_intent: id, amount: '111' }),
      });
    }
    // An effect that was lost here, as by a restore of yesterday's backup.
    await system.database.query(
      `update payments set status = 'processing', amount_received_minor = 0, next_check_at = null where id = $1`,
      [payments[2]],
    );
    const before = await sums();

    const offered = await system.app.get(WebhookBackFill, { strict: false }).readNow();
    await processAll();
    const first = await compare();
    for (const { id } of await breaks()) {
      await system.call('POST', `/api/admin/reconciliation/breaks/${id}/repair`, {
        body: { dryRun: false, reason: 'the books must close' },
      });
    }
    const second = await compare();

    const after = await sums();
    expect(before.here).not.toEqual(before.there);
    expect(offered).toBeGreaterThan(0);
    expect(first.matched).toBeGreaterThan(0);
    expect(second.breaks).toBe(0);
    expect(after.here).toEqual(after.there);
    expect(await breaks()).toEqual([]);
  });

  it('finds what is at Stripe and not here, and what is here and not at Stripe', async () => {
    const lost = await pay(4_242);
    const invented = await pay(1_234);
    await processAll();
    const [row] = await system.database.query<{ intent: string }>('select stripe_payment_intent_id as intent from payments where id = $1', [
      lost,
    ]);
    await system.database.query(`update payments set stripe_payment_intent_id = 'pi_elsewhere' where id = $1`, [lost]);
    await system.database.query(`update payments set amount_received_minor = 1233 where id = $1`, [invented]);
    const intentOfInvented = (await system.call('GET', `/api/payments/${invented}`)).body.stripePaymentIntentId as string;

    await compare();

    const found = await breaks();
    expect(found).toContainEqual(expect.objectContaining({ kind: 'missing_here', objectId: row!.intent, paymentId: lost }));
    expect(found).toContainEqual(expect.objectContaining({ kind: 'missing_there', objectId: 'pi_elsewhere', paymentId: lost }));
    expect(found).toContainEqual(
      expect.objectContaining({ kind: 'over', objectId: intentOfInvented, amountAtStripe: 1234, amountHere: 1233 }),
    );
    expect((await system.call('GET', '/api/admin/reconciliation')).body.open).toMatchObject({ missing_here: 1, missing_there: 1, over: 1 });
  });

  it('shows a repair before it is made, makes it audited, and closes the break', async () => {
    const [found] = await breaks('status=open&kind=over');
    const repair = async (dryRun: boolean): Promise<unknown> =>
      (await system.call('POST', `/api/admin/reconciliation/breaks/${found!.id}/repair`, { body: { dryRun, reason: 'one cent' } })).body;
    const received = async (): Promise<number> =>
      (await system.call('GET', `/api/payments/${found!.paymentId}`)).body.amountReceived as number;

    const preview = await repair(true);
    const afterPreview = await received();
    const repaired = await repair(false);

    expect(preview).toMatchObject({ outcome: 'applied', isDryRun: true });
    expect(afterPreview).toBe(1233);
    expect(repaired).toMatchObject({ outcome: 'applied', isDryRun: false });
    expect(await received()).toBe(1234);
    expect(await breaks('status=open&kind=over')).toEqual([]);
    const audit = await system.database.query<{ reason: string }>(
      `select reason from audit_log where action = 'reconciliation_break_repaired' and object_id = $1`,
      [found!.id],
    );
    expect(audit).toEqual([{ reason: 'one cent' }]);
  });

  it.each(['2026-13-01', 'yesterday', '2999-01-01', '2026-02-30'])('compares no day called %s', async (day) => {
    expect((await system.call('POST', '/api/admin/reconciliation/runs', { body: { day } })).status).toBe(400);
  });
});
