import { newId } from '#kernel';
import { ApiKeysService } from '#security';
import { aMerchant, anAttempt, startFraudApp, type FraudApp } from '../../../../test/fraud/fraud-app.js';
import { BacktestService } from '../backtest.service.js';
import { BacktestModule, FraudModule } from '../fraud.module.js';
import { FraudService, type AttemptAssessment } from '../fraud.service.js';
import { LabelsRepository } from '../labels.repository.js';

const EVERY_PAYMENT = { name: 'every_payment', expression: 'attempt.amountMinor > 0', mode: 'live', weight: 90 };

describe('rule sets', () => {
  let fraud: FraudApp;
  let own: string;
  let token: string;

  beforeAll(async () => {
    fraud = await startFraudApp([FraudModule, BacktestModule]);
    const request = { merchantId: fraud.merchantId, livemode: false, name: 'test', scopes: null };
    own = (await fraud.app.get(ApiKeysService).create(request, { actor: 'system:test' })).text;
    token = own;
  });
  afterAll(() => fraud.close());

  async function call(method: 'GET' | 'POST', path: string, body?: object) {
    const response = await fraud.app.inject({
      method,
      url: `/api/admin/${path}`,
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { payload: body }),
    });
    return { status: response.statusCode, body: response.json<Record<string, unknown>>() };
  }
  const save = (businessType: string, document: object, more: object = {}) =>
    call('POST', 'rules', { businessType, document, comment: 'test', ...more });
  const assess = (businessType: 'retail' | 'gaming' | 'iot', paymentId = newId('payment')): Promise<AttemptAssessment> =>
    fraud.database.transaction((transaction) =>
      fraud.app.get(FraudService).assess(transaction, anAttempt(fraud.merchantId, { businessType, paymentId })),
    );

  it('looks on in shadow, decides when live, and rests when off', async () => {
    const { status, body } = await save('gaming', { operatorRules: [EVERY_PAYMENT] });
    expect({ status, body }).toMatchObject({ status: 201, body: { version: 1, mode: 'shadow', content: { version: 'gaming-1' } } });

    expect((await assess('gaming')).decision).toBe('allow');
    await call('POST', 'rules/gaming/1/mode', { mode: 'live' });
    expect((await assess('gaming')).decision).toBe('block');
    await call('POST', 'rules/gaming/1/mode', { mode: 'off' });
    expect((await assess('gaming')).decision).toBe('allow');
  });

  it('reports what the shadow would have done, worth how much and how right', async () => {
    await save('iot', { operatorRules: [EVERY_PAYMENT] });
    const paymentId = newId('payment');
    await assess('iot', paymentId);
    await assess('iot');
    const label = { paymentId, isFraud: true, source: 'dispute', sourceId: 'dp_shadow' } as const;
    await fraud.database.transaction((transaction) => fraud.app.get(LabelsRepository).insert(transaction, label));

    const { body } = await call('GET', 'rules/iot/1/shadow-report?days=1');

    expect(body['data']).toEqual([
      { currency: 'usd', decision: 'allow', shadowDecision: 'block', payments: 2, amountMinor: 2_198, knownFrauds: 1, knownLegitimate: 0 },
    ]);
  });

  it('gives the same score again for ever, whatever became of the rules', async () => {
    await save('retail', { operatorRules: [{ ...EVERY_PAYMENT, weight: 33 }] });
    await call('POST', 'rules/retail/1/mode', { mode: 'live' });
    const { id } = await assess('retail');
    await call('POST', 'rules/retail/1/mode', { mode: 'off' });

    const { body } = await call('POST', `fraud/assessments/${id}/replay`);

    expect(body).toMatchObject({ storedScore: 33, score: 33, isEqual: true, ruleSetVersion: 'retail-1' });
    const { body: stored } = await call('GET', `fraud/assessments/${id}`);
    const lines = [...(stored['findings'] as { contribution: number }[]), ...(stored['adjustments'] as { contribution: number }[])];
    expect(lines.reduce((sum, { contribution }) => sum + contribution, 0)).toBe(33);
  });

  it('replays the product’s default as well', async () => {
    const { id } = await assess('iot');

    expect((await call('POST', `fraud/assessments/${id}/replay`)).body).toMatchObject({ isEqual: true, ruleSetVersion: 'default-iot-1' });
    expect((await call('POST', 'fraud/assessments/fra_none/replay')).status).toBe(404);
  });

  it('shows assessments of a payment and of a decision, the newest first, to nobody else', async () => {
    const paymentId = newId('payment');
    const first = await assess('retail', paymentId);
    const again = await assess('retail', paymentId);
    const idsOf = async (query: string): Promise<unknown[]> =>
      ((await call('GET', `fraud/assessments?${query}`)).body['data'] as { id: string }[]).map(({ id }) => id);

    expect(await idsOf(`paymentId=${paymentId}`)).toEqual([again.id, first.id]);
    expect(await idsOf(`paymentId=${paymentId}&startingAfter=${again.id}`)).toEqual([first.id]);
    expect(await idsOf(`paymentId=${paymentId}&decision=block`)).toEqual([]);
    const { body } = await call('GET', 'fraud/assessments?decision=block&limit=1');
    expect(body).toMatchObject({ object: 'list', data: [{ decision: 'block' }] });
    expect((await call('GET', 'fraud/assessments?decision=maybe')).status).toBe(400);
    const other = { merchantId: await aMerchant(fraud.database), livemode: false, name: 'other', scopes: null };
    const stranger = await fraud.app.get(ApiKeysService).create(other, { actor: 'system:test' });
    token = stranger.text;
    expect(await idsOf(`paymentId=${paymentId}`)).toEqual([]);
    token = own;
  });

  it('saves nothing that would not work, and names all of it', async () => {
    const operatorRules = [{ name: 'a', expression: 'nothing > 1', weight: 5 }];

    const answer = await save('retail', { thresholds: { review: 90, block: 80 }, operatorRules });

    expect(answer).toMatchObject({ status: 400, body: { code: 'rule_set_invalid' } });
    expect(answer.body['problems']).toEqual(['thresholds must hold 0 < review ≤ block ≤ 100', 'a: Unknown variable: nothing']);
  });

  it('never changes a version', async () => {
    await save('gaming', {});

    const change = fraud.database.query(`update fraud_rule_sets set content = '{}' where business_type = 'gaming'`);

    await expect(change).rejects.toThrow('a version of a rule set never changes');
  });

  it('judges the past again: a different rule set changes decisions, the same past gives the same digest', async () => {
    await assess('iot');
    const run = (document: unknown) =>
      fraud.app.get(BacktestService).run(fraud.merchantId, 'iot', { document, version: null, from: new Date(0) });

    const [strict, again, standard] = [
      await run({ operatorRules: [EVERY_PAYMENT] }),
      await run({ operatorRules: [EVERY_PAYMENT] }),
      await run({}),
    ];

    expect(strict.changed).toEqual({ 'allow → block': strict.payments });
    expect(strict.payments).toBeGreaterThan(0);
    expect(again.digest).toBe(strict.digest);
    expect(standard).toMatchObject({ changed: {}, payments: strict.payments });
    expect(standard.digest).not.toBe(strict.digest);
  });

  it('judges only what happened since', async () => {
    const { payments } = await fraud.app
      .get(BacktestService)
      .run(fraud.merchantId, 'iot', { document: {}, version: null, from: new Date(Date.now() + 60_000) });

    expect(payments).toBe(0);
  });

  it('lists versions with the default behind them', async () => {
    const { body } = await call('GET', 'rules?businessType=gaming&limit=1');

    expect(body).toMatchObject({ object: 'list', hasMore: true, default: { version: 'default-gaming-1' } });
    expect((await call('GET', 'rules?businessType=casino')).status).toBe(400);
  });
});
