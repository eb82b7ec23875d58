import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { currencyCode } from '#kernel';
import { createTestDatabase, type TestDatabase } from '#test';
import { WebhookProcessor } from '#webhooks';
import { insertAssessment, insertPayment, insertShop } from './payment-rows.js';
import { fixture, gatewayPayment, type JsonEvent, startWebhookApp, type WebhookApp } from './webhook-app.js';

const USD = currencyCode('usd');
/** The life of a payment that was authenticated, charged, refunded in part and disputed, as Stripe would tell it in order. */
const LIFE = [
  'payment_intent.created',
  'payment_intent.requires_action',
  'payment_intent.processing',
  'payment_intent.payment_failed',
  'payment_intent.succeeded',
  'charge.refunded',
  'refund.created',
  'refund.updated',
  'charge.dispute.created',
  'charge.dispute.funds_withdrawn',
  'charge.dispute.updated',
  'charge.dispute.funds_reinstated',
  'charge.dispute.closed',
  'review.opened',
  'review.closed',
  'radar.early_fraud_warning.created',
  'radar.early_fraud_warning.updated',
];

const REFERENCE = path.resolve(import.meta.dirname, '../../..', process.env['UPP_REFERENCE_DATA'] ?? '../shared/data/stripe');
/** Their objects are looked up in suites of their own. */
const FETCHED_ELSEWHERE = /^(setup_intent|payment_method|payout|customer)\./;
const RECORDED = recordedEvents();

describe('any order of events, with duplicates, through several workers', () => {
  let testDatabase: TestDatabase;
  let webhooks: WebhookApp;
  let serial = 0;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    webhooks = await startWebhookApp(testDatabase.url, { effects: 'payments' });
    await insertShop(webhooks.database);
  });

  afterAll(async () => {
    await webhooks.close();
    await testDatabase.drop();
  });

  it('ends in one state', async () => {
    const processor = webhooks.app.get(WebhookProcessor, { strict: false });
    const plan = fc.record({
      order: fc.shuffledSubarray(LIFE, { minLength: LIFE.length }),
      duplicates: fc.subarray(LIFE, { maxLength: 4 }),
      cuts: fc.subarray([2, 4, 6, 8, 10]),
      workers: fc.integer({ min: 1, max: 3 }),
    });

    await fc.assert(
      fc.asyncProperty(plan, async ({ order, duplicates, cuts, workers }) => {
        const id = await aPayment();
        const sequence = [...order, ...duplicates];
        const pieces = [0, ...cuts, sequence.length];
        for (let index = 1; index < pieces.length; index++) {
          for (const type of sequence.slice(pieces[index - 1], pieces[index])) await webhooks.post(eventOf(type, id));
          await Promise.all(Array.from({ length: workers }, () => processor.processDue()));
        }
        for (let round = 0; round < 12 && (await isOpen()); round++) {
          await webhooks.database.query('update webhook_jobs set next_attempt_at = now(), leased_until = null');
          await processor.processDue();
        }

        expect(await stateOf(id)).toEqual(FINAL_STATE);
      }),
      { numRuns: 20 },
    );
  });

  it(`ends in one state among ${RECORDED.title}`, async () => {
    const processor = webhooks.app.get(WebhookProcessor, { strict: false });
    const own = (id: string): JsonEvent[] => LIFE.map((type) => eventOf(type, id));
    const outcomes = new Set<string>();

    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 1_000_000 }), fc.integer({ min: 1, max: 3 }), async (seed, workers) => {
        const id = await aPayment();
        const others = RECORDED.events.map((event, index) => ({ ...event, id: `evt_${id}_other${String(index)}` }));
        const all = [...own(id), ...others];
        const sequence = shuffled([...all, ...shuffled(all, seed + 1).slice(0, all.length / 4)], seed);
        for (const [index, event] of sequence.entries()) {
          await webhooks.post(event);
          if (index % 60 === 59) await Promise.all(Array.from({ length: workers }, () => processor.processDue()));
        }
        for (let round = 0; round < 80 && (await isOpen()); round++) {
          await webhooks.database.query('update webhook_jobs set next_attempt_at = now(), leased_until = null');
          await processor.processDue();
        }

        expect(await stateOf(id)).toEqual(FINAL_STATE);
        outcomes.add(JSON.stringify(await endsOf(id)));
      }),
      { numRuns: 3 },
    );

    expect(outcomes.size).toBe(1);
  });

  async function aPayment(): Promise<string> {
    const id = String(++serial).padStart(8, '0');
    await insertPayment(webhooks.database, id, { status: 'processing' });
    await insertAssessment(webhooks.database, id);
    webhooks.gateway.payments.set(`pi_${id}`, gatewayPayment({ gatewayId: `pi_${id}`, chargeId: `ch_${id}`, paymentId: `pay_${id}` }));
    webhooks.gateway.refunds.set(`re_${id}`, {
      gatewayId: `re_${id}`,
      paymentGatewayId: `pi_${id}`,
      status: 'succeeded',
      amountMinor: 500,
      currency: USD,
      failureReason: null,
      refundId: null,
    });
    webhooks.gateway.disputes.set(`du_${id}`, {
      gatewayId: `du_${id}`,
      paymentGatewayId: `pi_${id}`,
      status: 'won',
      reason: 'fraudulent',
      networkReasonCode: '10.4',
      amountMinor: 1250,
      currency: USD,
      isAppeal: false,
      isChargeRefundable: false,
      hasEvidence: true,
      enhancedEligibility: [],
      movements: [],
      evidenceDueBy: new Date(1_790_850_000_000),
      evidenceSubmissionCount: 1,
    });
    return id;
  }

  function eventOf(type: string, id: string): JsonEvent {
    const text = JSON.stringify({ ...fixture(type), id: `evt_${id}_${type}` })
      .replaceAll('pi_3TfixtureCoffee00000001', `pi_${id}`)
      .replaceAll('ch_3TfixtureCoffee00000001', `ch_${id}`)
      .replaceAll('re_3TfixtureCoffee00000001', `re_${id}`)
      .replaceAll('du_1TfixtureCoffee0000001', `du_${id}`)
      .replaceAll('prv_1TfixtureCoffee0000001', `prv_${id}`)
      .replaceAll('issfr_1TfixtureCoffee00001', `issfr_${id}`)
      .replaceAll('pay_01jd8y3v5kq2e9c7x4m6n0r1st', `pay_${id}`)
      .replaceAll('"upp_refund_id":"re_01jd8y3v5kq2e9c7x4m6n0r1st"', '"made_by":"dashboard"');
    return JSON.parse(text) as JsonEvent;
  }

  async function isOpen(): Promise<boolean> {
    return (await webhooks.database.query('select 1 from webhook_jobs limit 1')).length > 0;
  }

  async function stateOf(id: string): Promise<unknown> {
    const payment = await webhooks.database.query(
      `select status, amount_received_minor as received, amount_refunded_minor as refunded, amount_disputed_minor as disputed from payments where id = $1`,
      [`pay_${id}`],
    );
    const refunds = await webhooks.database.query('select status, amount_minor as amount from refunds where payment_id = $1', [
      `pay_${id}`,
    ]);
    const disputes = await webhooks.database.query('select status, are_funds_withdrawn as withdrawn from disputes where payment_id = $1', [
      `pay_${id}`,
    ]);
    const dead = await webhooks.database.query(
      `select last_error from webhook_dead join webhook_events on sequence = event_sequence
       where starts_with(stripe_event_id, $1) and not starts_with(stripe_event_id, $2)`,
      [`evt_${id}_`, `evt_${id}_other`],
    );
    const reviews = await webhooks.database.query(
      'select stage, closed_reason as reason, closed_by as "closedBy" from fraud_reviews where payment_id = $1',
      [`pay_${id}`],
    );
    // What each source said last: a dispute that is first heard of when it is won never said that it was fraud.
    const labels = await webhooks.database.query(
      'select distinct on (source) source, is_fraud as fraud from fraud_labels where payment_id = $1 order by source, sequence desc',
      [`pay_${id}`],
    );
    const warnings = await webhooks.database.query(
      'select is_actionable as actionable, reaction from fraud_warnings where payment_id = $1',
      [`pay_${id}`],
    );
    return { payment, refunds, disputes, reviews, labels, warnings, dead };
  }

  /** What became of the events of others, whose objects nobody here knows. */
  function endsOf(id: string): Promise<unknown[]> {
    return webhooks.database.query(
      `select substr(e.stripe_event_id, length($1) + 1) as id, e.type, s.status from webhook_events e join webhook_event_statuses s using (sequence)
       where starts_with(e.stripe_event_id, $1) order by 1`,
      [`evt_${id}_other`],
    );
  }
});

const FINAL_STATE = {
  payment: [{ status: 'succeeded', received: 1250, refunded: 500, disputed: 0 }],
  refunds: [{ status: 'succeeded', amount: 500 }],
  disputes: [{ status: 'won', withdrawn: false }],
  reviews: [
    { stage: 'after_payment', reason: expect.stringMatching(/^(disputed|refunded_as_fraud)$/) as string, closedBy: 'system:stripe' },
  ],
  warnings: [{ actionable: false, reaction: 'none' }],
  labels: expect.arrayContaining([
    { source: 'dispute', fraud: false },
    { source: 'early_fraud_warning', fraud: true },
  ]) as unknown,
  dead: [],
};

/** What others have received from Stripe, of any API version; nothing where that data is absent. */
function recordedEvents(): { title: string; events: JsonEvent[] } {
  try {
    const folder = path.join(REFERENCE, 'events');
    const events = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.json'))
      .toSorted()
      .map((name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as JsonEvent)
      .filter(({ type }) => typeof type === 'string' && !FETCHED_ELSEWHERE.test(type));
    return { title: `${String(events.length)} recorded events of others`, events };
  } catch {
    return { title: `no events of others: reference data is absent at ${REFERENCE}`, events: [] };
  }
}

/** The same order for the same seed. */
function shuffled<T>(items: readonly T[], seed: number): T[] {
  let state = seed + 1;
  const next = (): number => (state = (state * 48_271) % 2_147_483_647);
  return items
    .map((item) => ({ item, key: next() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
