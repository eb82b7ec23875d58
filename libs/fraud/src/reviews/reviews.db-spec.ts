import { currencyCode, money, newId } from '#kernel';
import { ApiKeysService } from '#security';
import { aMerchant, anAttempt, type NotedDecisions, startFraudApp, type FraudApp } from '../../../../test/fraud/fraud-app.js';
import { BlacklistService } from '../blacklist/blacklist.service.js';
import { FraudModule } from '../fraud.module.js';
import { FraudService } from '../fraud.service.js';
import { LabelsRepository } from '../labels.repository.js';
import { ModelsRepository } from '../model/models.repository.js';
import { RuleSetsService } from '../rules/rule-sets.service.js';
import { ReviewQueue } from './review-queue.js';
import { ReviewedPayments } from './review.js';
import { ReviewsService } from './reviews.service.js';

const REASON = { reason: 'looked at it' };
const WATCHED = 'cus_watched';

describe('reviews', () => {
  let fraud: FraudApp;
  let alice: string;
  let bob: string;

  beforeAll(async () => {
    fraud = await startFraudApp([FraudModule]);
    [alice, bob] = [await aKey(fraud.merchantId), await aKey(fraud.merchantId)];
    const entry = { kind: 'customer', value: WATCHED, list: 'review', reason: 'test', expiresAt: null } as const;
    await fraud.app.get(BlacklistService).add(fraud.merchantId, entry, { actor: 'system:test' });
  });
  afterAll(() => fraud.close());

  const payments = (): NotedDecisions => fraud.app.get<NotedDecisions>(ReviewedPayments);
  const reviews = (): ReviewsService => fraud.app.get(ReviewsService);
  async function aKey(merchantId: string): Promise<string> {
    const request = { merchantId, livemode: false, name: 'analyst', scopes: null };
    return (await fraud.app.get(ApiKeysService).create(request, { actor: 'system:test' })).text;
  }
  async function call(path: string, body?: object, bearer = alice, method: 'GET' | 'POST' = 'POST') {
    const response = await fraud.app.inject({
      method,
      url: `/api/admin/reviews${path}`,
      headers: { authorization: `Bearer ${bearer}` },
      ...(body === undefined ? {} : { payload: body }),
    });
    return { status: response.statusCode, body: response.json<Record<string, unknown>>() };
  }
  /** A payment held for review. @returns The ids of the payment and its review. */
  async function held(amountMinor = 1_099): Promise<{ paymentId: string; id: string }> {
    const paymentId = newId('payment');
    const attempt = anAttempt(fraud.merchantId, { paymentId, customerId: WATCHED });
    await fraud.database.transaction((transaction) =>
      fraud.app.get(FraudService).assess(transaction, { ...attempt, amount: { ...attempt.amount, amountMinor } }),
    );
    const [row] = await fraud.database.query<{ id: string }>('select id from fraud_reviews where payment_id = $1', [paymentId]);
    return { paymentId, id: row!.id };
  }
  async function labelsOf(paymentId: string): Promise<boolean[]> {
    const rows = await fraud.database.query<{ is_fraud: boolean }>('select is_fraud from fraud_labels where payment_id = $1', [paymentId]);
    return rows.map((row) => row.is_fraud);
  }
  const effectsOf = (paymentId: string): string[] =>
    payments()
      .decisions.filter((each) => each.paymentId === paymentId)
      .map(({ effect }) => effect);
  const overdue = (id: string) => fraud.database.query(`update fraud_reviews set expires_at = now() where id = $1`, [id]);

  it('opens with the assessment of a held payment and shows in the queue', async () => {
    const { id, paymentId } = await held();

    const { body } = await call(`/${id}`, undefined, alice, 'GET');

    expect(body).toMatchObject({ id, paymentId, open: true, score: 70, amount: 1_099, stage: 'before_payment', onExpiry: 'cancel' });
    const { body: queue } = await call('', undefined, alice, 'GET');
    expect((queue['data'] as { id: string }[]).map((review) => review.id)).toContain(id);
  });

  it.each([
    ['approve', 'approved', 'release', [false]],
    ['reject', 'rejected', 'cancel', [true]],
  ])('%s ends it as %s, lets the payment follow and labels it', async (verdict, closedReason, effect, labels) => {
    const { id, paymentId } = await held();

    const { status, body } = await call(`/${id}/${verdict}`, REASON);

    expect({ status, body }).toMatchObject({ status: 200, body: { closedReason, open: false, carriedOut: true, note: REASON.reason } });
    expect(effectsOf(paymentId)).toEqual([effect]);
    expect(await labelsOf(paymentId)).toEqual(labels);
  });

  it('asks for a reason', async () => {
    expect(await call(`/${(await held()).id}/approve`, {})).toMatchObject({
      status: 400,
      body: { code: 'parameter_missing', param: 'reason' },
    });
  });

  it('cannot refund what has not been paid', async () => {
    expect(await call(`/${(await held()).id}/refund`, REASON)).toMatchObject({ status: 409, body: { code: 'review_not_refundable' } });
  });

  it('has one winner of approve, reject, expiry and cancellation', async () => {
    for (let round = 0; round < 10; round++) {
      const { id, paymentId } = await held();
      await overdue(id);

      const [approve, reject, expired, canceled] = await Promise.all([
        call(`/${id}/approve`, REASON, alice),
        call(`/${id}/reject`, REASON, bob),
        reviews().expireOverdue(),
        fraud.database.transaction((transaction) =>
          fraud.app.get(ReviewQueue).closeForPayment(transaction, paymentId, 'canceled', 'device:dev_1'),
        ),
      ]);

      const wins = [approve.status === 200, reject.status === 200, expired === 1, canceled].filter(Boolean);
      expect(wins).toHaveLength(1);
      expect(effectsOf(paymentId)).toHaveLength(canceled ? 0 : 1);
      for (const loser of [approve, reject].filter(({ status }) => status !== 200)) {
        expect(loser).toMatchObject({ status: 409, body: { code: 'review_closed' } });
      }
    }
  });

  it('lets one analyst work at a time, until the lease ends', async () => {
    const { id } = await held();
    expect((await call(`/${id}/claim`, undefined, alice)).status).toBe(200);
    expect((await call(`/${id}/claim`, undefined, alice)).status).toBe(200);

    expect(await call(`/${id}/claim`, undefined, bob)).toMatchObject({ status: 409, body: { code: 'review_claimed' } });
    expect((await call(`/${id}/approve`, REASON, bob)).status).toBe(409);
    await fraud.database.query(`update fraud_reviews set claimed_until = now() where id = $1`, [id]);

    expect((await call(`/${id}/approve`, REASON, bob)).status).toBe(200);
  });

  it('asks for four eyes above 100 000', async () => {
    const { id, paymentId } = await held(100_001);

    expect((await call(`/${id}/approve`, REASON, alice)).body).toMatchObject({ open: true, firstApprovedBy: expect.any(String) as string });
    expect(await call(`/${id}/approve`, REASON, alice)).toMatchObject({ status: 409, body: { code: 'second_approver_required' } });
    expect(effectsOf(paymentId)).toEqual([]);
    expect((await call(`/${id}/approve`, REASON, bob)).body).toMatchObject({ open: false, closedReason: 'approved' });
    expect((await call(`/${(await held(100_000)).id}/approve`, REASON, alice)).body).toMatchObject({ open: false });
  });

  it('leaves the queue while it is snoozed, and gives its lease back', async () => {
    const { id } = await held();
    await call(`/${id}/claim`, undefined, alice);

    await call(`/${id}/snooze`, { until: new Date(Date.now() + 60_000).toISOString() });

    const ids = async (status: string) => {
      const { body } = await call(`?status=${status}&limit=100`, undefined, alice, 'GET');
      return (body['data'] as { id: string }[]).map((review) => review.id);
    };
    expect(await ids('open')).not.toContain(id);
    expect(await ids('snoozed')).toContain(id);
    expect((await call(`/${id}/claim`, undefined, bob)).status).toBe(200);
    expect((await call(`/${id}/snooze`, { until: '2020-01-01T00:00:00Z' }, bob)).status).toBe(400);
  });

  it('can be handed on', async () => {
    expect((await call(`/${(await held()).id}/escalate`, REASON)).body).toMatchObject({ escalated: true, open: true });
  });

  it('follows the profile when nobody decides in time', async () => {
    const { id, paymentId } = await held();
    await overdue(id);

    await reviews().expireOverdue();

    expect((await call(`/${id}`, undefined, alice, 'GET')).body).toMatchObject({ closedReason: 'expired', carriedOut: true });
    expect(effectsOf(paymentId)).toEqual(['cancel']);
    expect(await labelsOf(paymentId)).toEqual([]);
  });

  it('is carried out later when the payment cannot follow at once', async () => {
    const { id, paymentId } = await held();
    payments().failures = 1;

    expect((await call(`/${id}/approve`, REASON)).body).toMatchObject({ open: false, carriedOut: false });
    await fraud.database.query(`update fraud_reviews set next_effect_at = now() where id = $1`, [id]);
    await reviews().carryOutUndone();

    expect((await call(`/${id}`, undefined, alice, 'GET')).body).toMatchObject({ carriedOut: true });
    expect(effectsOf(paymentId)).toEqual(['release']);
  });

  it('mirrors Stripe’s reviews, both ways', async () => {
    const open = async (stripeReviewId: string): Promise<string> => {
      const paymentId = newId('payment');
      await fraud.database.transaction(async (transaction) => {
        await fraud.app.get(FraudService).assess(transaction, anAttempt(fraud.merchantId, { paymentId }));
        const review = { stripeReviewId, openedReason: 'rule', paymentId, merchantId: fraud.merchantId, livemode: false } as const;
        for (let repeat = 0; repeat < 2; repeat++) {
          await fraud.app
            .get(ReviewQueue)
            .openFromStripe(transaction, { ...review, amountMinor: 500, currency: 'usd', businessType: 'retail' });
        }
      });
      return paymentId;
    };
    const closedThere = await open('prv_1');
    const closedHere = await open('prv_2');

    await fraud.database.transaction((transaction) =>
      fraud.app.get(ReviewQueue).closeFromStripe(transaction, 'prv_1', 'refunded_as_fraud'),
    );
    const [row] = await fraud.database.query<{ id: string }>(`select id from fraud_reviews where stripe_review_id = 'prv_2'`);
    await call(`/${row!.id}/approve`, REASON);

    expect(await labelsOf(closedThere)).toEqual([true]);
    expect(effectsOf(closedHere)).toEqual(['approve_at_processor']);
  });

  it('is nobody else’s', async () => {
    const { id } = await held();
    const stranger = await aKey(await aMerchant(fraud.database));

    expect((await call(`/${id}`, undefined, stranger, 'GET')).status).toBe(404);
    expect((await call(`/${id}/approve`, REASON, stranger)).status).toBe(404);
  });

  describe('what people look at', () => {
    let tuned: FraudApp;

    beforeAll(async () => {
      const environment = { FRAUD_EXPLORE_PERCENT: '20', FRAUD_EXPLORE_UP_TO: 'usd:5000', FRAUD_FOUR_EYES_ABOVE: 'jpy:20000' };
      tuned = await startFraudApp([FraudModule], { databaseUrl: fraud.databaseUrl, environment });
      const everything = [{ name: 'everything', expression: 'attempt.amountMinor > 0', weight: 100, mode: 'live' }];
      const ruleSets = tuned.app.get(RuleSetsService);
      const request = { document: { operatorRules: everything }, comment: 'blocks by points alone', mode: 'shadow' } as const;
      const { version } = await ruleSets.create(tuned.merchantId, 'retail', request, { actor: 'system:test' });
      await ruleSets.setMode(tuned.merchantId, 'retail', version, 'live', { actor: 'system:test' });
    });
    afterAll(() => tuned.close());

    const assess = (change: Parameters<typeof anAttempt>[1]) =>
      tuned.database.transaction((transaction) => tuned.app.get(FraudService).assess(transaction, anAttempt(tuned.merchantId, change)));

    it('a share of what points would block, which is canceled when nobody looks', async () => {
      const decisions = [];
      for (let index = 0; index < 60; index++) decisions.push((await assess({ businessType: 'retail' })).decision);

      const held = decisions.filter((decision) => decision === 'review').length;
      // A fair lot of one in five leaves all or none of 60 on one side once in a million times.
      expect(held).toBeGreaterThan(0);
      expect(decisions.filter((decision) => decision === 'block')).toHaveLength(60 - held);
      const reviews = await tuned.database.query(
        `select distinct opened_reason as "openedReason", on_expiry as "onExpiry" from fraud_reviews where merchant_id = $1`,
        [tuned.merchantId],
      );
      expect(reviews).toEqual([{ openedReason: 'exploration', onExpiry: 'cancel' }]);
      const stored = await tuned.database.query(
        `select decision, contributions #>> '{exploration,weight}' as weight, count(*) from fraud_assessments where merchant_id = $1 group by 1, 2 order by 2`,
        [tuned.merchantId],
      );
      // The rules' own decision is kept, so that a replay gives the same.
      expect(stored).toEqual([
        { decision: 'block', weight: '5', count: held },
        { decision: 'block', weight: null, count: 60 - held },
      ]);
    });

    it('as so many in reports and in training as each stands for', async () => {
      const by = { actor: 'system:test' };
      const shadow = { document: {}, comment: 'the default looks on', mode: 'shadow' } as const;
      const { version } = await tuned.app.get(RuleSetsService).create(tuned.merchantId, 'retail', shadow, by);
      const customerId = 'cus_explored';
      let paymentId = newId('payment');
      while ((await assess({ businessType: 'retail', customerId, paymentId })).decision !== 'review') paymentId = newId('payment');
      const label = { paymentId, isFraud: true, source: 'review', sourceId: 'rev_explored' } as const;
      await tuned.app.get(LabelsRepository).insert(tuned.database, label);

      const report = await tuned.app.get(RuleSetsService).shadowReport(tuned.merchantId, false, { businessType: 'retail', version }, 30);
      const csv = `kind,value,reason\ncustomer,${customerId},known\n`;
      const { pastHits } = await tuned.app.get(BlacklistService).importCsv(tuned.merchantId, csv, true, by);
      const rows = await tuned.app.get(ModelsRepository).listLabelled(new Date(0));

      const counted = { knownFrauds: 5, knownLegitimate: 0 };
      expect(report).toMatchObject([{ decision: 'block', shadowDecision: 'allow', ...counted }]);
      expect(pastHits).toMatchObject([counted]);
      expect(rows.filter(({ customer, isFraud }) => customer === customerId && isFraud)).toHaveLength(5);
    });

    it.each([
      ['jpy', 20_000, false],
      ['jpy', 20_001, true],
      ['usd', 100_000, false],
      ['usd', 100_001, true],
    ])('four eyes: of %s %d two people must approve: %s', async (currency, amountMinor, needsTwo) => {
      const entry = { kind: 'customer', value: `cus_${currency}_${amountMinor}`, list: 'review', reason: 'test', expiresAt: null } as const;
      await tuned.app.get(BlacklistService).add(tuned.merchantId, entry, { actor: 'system:test' });
      const paymentId = newId('payment');
      await assess({ paymentId, customerId: entry.value, amount: money(amountMinor, currencyCode(currency)) });
      const [review] = await tuned.database.query<{ id: string }>('select id from fraud_reviews where payment_id = $1', [paymentId]);

      const by = { actor: 'user:first', reason: 'looked at it' };
      const { closedReason } = await tuned.app
        .get(ReviewsService)
        .decide({ merchantId: tuned.merchantId, livemode: false }, review!.id, 'approve', by);

      expect(closedReason).toBe(needsTwo ? null : 'approved');
    });
  });
});
