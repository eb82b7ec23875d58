import { currencyCode, money } from '#kernel';
import { metricValue } from '#test';
import { anAttempt, startFraudApp, type FraudApp } from '../../../../test/fraud/fraud-app.js';
import { type FraudFeatures } from '../domain/features.js';
import { FraudCoreModule } from '../fraud.module.js';
import { FraudService } from '../fraud.service.js';
import { CardFeatureStream, ENGINE_FEATURES, LABEL_DELAY_SECONDS } from './card-features.js';
import { MODEL_FORMAT, type FraudModelDocument } from './fraud-model.js';
import { trainTrees } from './gradient-boosting.js';
import { type DeviceLabels, modelEvidence, type PastAttempts } from '../past-attempts.js';
import { liveInputs } from './live-inputs.js';
import { distributionOf } from './metrics.js';
import { ModelsService } from './models.service.js';
import { transactionAt } from './protocol.js';
import { simulate } from './simulator.js';

/** A model that learned nothing, with the figures given. */
function aModel(version: string, ap: number, featureNames: readonly string[] = ENGINE_FEATURES): FraudModelDocument {
  const values = new Float64Array(featureNames.length * 10);
  const ensemble = trainTrees({ featureNames, values, labels: Uint8Array.from([1, 0, 0, 0, 0, 0, 0, 0, 0, 0]) });
  return {
    format: MODEL_FORMAT,
    version,
    calibration: { slope: 1, intercept: 0 },
    ensemble,
    card: {
      trainedAt: '2026-11-01T00:00:00Z',
      data: 'none',
      window: ['2026-10-01', '2026-10-07'],
      rows: 10,
      frauds: 1,
      labelDelayDays: 7,
      options: { trees: 1, learningRate: 1, maxDepth: 1, minLeafHessian: 1, regularization: 1 },
      folds: ['a', 'b', 'c', 'd'].map((start) => ({ start, auc: 0.9, ap, cp100: ap / 2 })),
      calibrationError: 0.001,
      distributions: { amount: distributionOf(Float64Array.from({ length: 1_000 }, (_, index) => 5 + (index % 10))) },
      limits: [],
    },
  };
}

describe('models', () => {
  let fraud: FraudApp;

  beforeAll(async () => {
    fraud = await startFraudApp([FraudCoreModule]);
  });
  afterAll(() => fraud.close());

  const models = (): ModelsService => fraud.app.get(ModelsService);
  /** Assesses so many payments of 5.00 to 14.99. */
  const assessMany = (count: number): Promise<void> =>
    fraud.database.transaction(async (transaction) => {
      for (let index = 0; index < count; index++) {
        const amount = money(500 + (index % 10) * 100, currencyCode('usd'));
        await fraud.app.get(FraudService).assess(transaction, anAttempt(fraud.merchantId, { amount, businessType: 'retail' }));
      }
    });
  const latestSnapshot = async (): Promise<FraudFeatures> => {
    const [row] = await fraud.database.query<{ features: FraudFeatures }>(
      'select features from fraud_assessments order by id desc limit 1',
    );
    return row!.features;
  };

  it('sees live what it was trained on: the database gives the streamed features, payment for payment', async () => {
    const data = simulate({ seed: 11, customers: 15, terminals: 400, days: 60 });
    const rows = Array.from({ length: data.length }, (_, row) => row);
    const seconds = (row: number): number => transactionAt(data, row).timeSeconds;
    const ids = rows.map((row) => `pay_sim_${row}`);
    await fraud.database.query(
      `insert into fraud_labels (payment_id, merchant_id, livemode, is_fraud, source, source_id, device_id, attempted_at, known_at)
       select payment, $1, false, true, 'dispute', payment, device, to_timestamp(at), to_timestamp(at + $5)
       from unnest($2::text[], $3::text[], $4::float8[]) as simulated (payment, device, at)`,
      ...[rows.filter((row) => data.fraud[row] === 1)].map((frauds) => [
        fraud.merchantId,
        frauds.map((row) => ids[row]),
        frauds.map((row) => `t${data.terminal[row]}`),
        frauds.map(seconds),
        LABEL_DELAY_SECONDS,
      ]),
    );
    const stream = new CardFeatureStream();
    let compared = 0;
    for (const row of rows) {
      const streamed = new Float64Array(ENGINE_FEATURES.length);
      stream.push(transactionAt(data, row), streamed);
      const [found] = await fraud.database.query<{ answer: PastAttempts & { labels: DeviceLabels } }>(
        `select fraud_record_attempt($1, false, $2, 'retail', $3, 'usd', $4, null, $5, null, null, null, '{}', '{}', true, 10000, false, to_timestamp($6)) as answer`,
        [fraud.merchantId, ids[row], data.amountMinor[row], `t${data.terminal[row]}`, `c${data.customer[row]}`, seconds(row)],
      );
      if (row < data.length - 300) continue;
      const amount = money(data.amountMinor[row]!, currencyCode('usd'));
      const live = liveInputs(amount, new Date(seconds(row) * 1_000), modelEvidence(found!.answer, found!.answer.labels, true));
      const rounded = (values: Float64Array): Record<string, number> =>
        Object.fromEntries(ENGINE_FEATURES.map((name, column) => [name, Number((values[column] ?? NaN).toPrecision(9))]));
      expect(rounded(live)).toEqual(rounded(streamed));
      compared++;
    }
    expect(compared).toBe(300);
  });

  it('lets the shipped model look on, and keeps what it saw', async () => {
    await assessMany(1);

    const { model } = await latestSnapshot();

    expect(model).toMatchObject({ version: 'default-1', mode: 'shadow', probability: expect.any(Number) as number });
    expect(model?.inputs).toHaveLength(ENGINE_FEATURES.length);
    expect(model?.reasons).toHaveLength(3);
    expect(ENGINE_FEATURES).toContain(model?.reasons?.[0]?.feature);
  });

  it('promotes only the challenger, after it has looked on and beaten the champion', async () => {
    expect(await models().challenge(aModel('first', 0.5), 'operator:test')).toBe(true);
    expect(await models().challenge(aModel('first', 0.6), 'operator:test')).toBe(false);
    await expect(models().promote('first', 'operator:test')).rejects.toThrow('500 are needed');
    await assessMany(600);

    await models().promote('first', 'operator:test');

    await assessMany(1);
    expect((await latestSnapshot()).model).toMatchObject({ version: 'first', mode: 'live' });
    await models().challenge(aModel('weaker', 0.4), 'operator:test');
    await expect(models().promote('weaker', 'operator:test')).rejects.toThrow("does not beat the champion's");
    await expect(models().promote('first', 'operator:test')).rejects.toThrow('it is not the challenger');
  });

  it('measures drift and names the features that moved', async () => {
    expect((await models().measureDrift()).map(({ role, drifted }) => [role, drifted])).toEqual([
      ['champion', []],
      ['challenger', []],
    ]);
    const moved = aModel('moved', 0.9);
    const amount = distributionOf(Float64Array.from({ length: 1_000 }, (_, index) => 1_000 + index));
    await models().challenge({ ...moved, card: { ...moved.card, distributions: { amount } } }, 'operator:test');

    const reports = await models().measureDrift();

    expect(reports.map(({ role, modelVersion, drifted }) => [role, modelVersion, drifted.map(({ feature }) => feature)])).toEqual([
      ['champion', 'first', []],
      ['challenger', 'moved', ['amount']],
    ]);
    // Only the one that acts wakes anybody; the other cannot be promoted.
    expect(await metricValue('upp_fraud_model_stability_index', { role: 'challenger' })).toBeGreaterThan(0.25);
    expect(await metricValue('upp_fraud_model_stability_index', { role: 'champion' })).toBeLessThan(0.25);
    await expect(models().promote('moved', 'operator:test')).rejects.toThrow('amount has drifted');
    expect(await fraud.database.query(`select 1 from fraud_model_drift where model_version = 'moved'`)).toHaveLength(1);
  });

  it('lets a champion rest, so that the rules decide alone', async () => {
    await models().rest('first', 'operator:test');

    await assessMany(1);
    expect((await latestSnapshot()).model).toMatchObject({ version: 'moved', mode: 'shadow' });
    await expect(models().rest('first', 'operator:test')).rejects.toMatchObject({ code: 'model_not_found' });
  });

  it('takes payments whatever models are stored', async () => {
    const { ensemble, ...rest } = aModel('broken', 0.9);
    const documents = {
      'of another format': { ...aModel('x', 1), format: 99 },
      empty: {},
      broken: { ...rest, ensemble: { ...ensemble, trees: null } },
    };
    for (const [version, document] of Object.entries(documents)) {
      await fraud.database.query(`update fraud_models set mode = 'off'`);
      await fraud.database.query(`insert into fraud_models (version, mode, document, created_by) values ($1, 'live', $2, 'test')`, [
        version,
        JSON.stringify(document),
      ]);
      // Another process, which reads them for the first time.
      const other = await startFraudApp([FraudCoreModule], { databaseUrl: fraud.databaseUrl });

      const assessment = await other.database.transaction((transaction) =>
        other.app.get(FraudService).assess(transaction, anAttempt(fraud.merchantId)),
      );

      await other.close();
      expect(assessment.decision).toBe('allow');
    }
  });

  it('refuses a model of other features', async () => {
    await expect(models().challenge(aModel('other', 0.9, ['amount']), 'operator:test')).rejects.toThrow('not a model of this release');
    await expect(models().challenge({} as FraudModelDocument, 'operator:test')).rejects.toThrow('not a model of this release');
  });
});
