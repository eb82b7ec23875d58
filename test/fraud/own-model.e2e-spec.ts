/** A deployment that learns from its own assessments and labels, from the stored rows to a model that acts. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ENGINE_FEATURES, FraudCoreModule, type FraudFeatures, type FraudModelDocument, FraudService, ModelsService } from '#fraud';
import { newId } from '#kernel';
import { anAttempt, runFraudCommand, startFraudApp, type FraudApp } from './fraud-app.js';

const DAY_SECONDS = 86_400;
/** As many as four folds need. */
const STORED_DAYS = 70;
/** More than the 500 without which a day's drift is not judged. */
const PAYMENTS_A_DAY = 520;

describe('a model of one’s own', () => {
  let folder: string;
  let fraud: FraudApp;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'upp-own-model-'));
    fraud = await startFraudApp([FraudCoreModule]);
    await storePast();
  });
  afterAll(async () => {
    await fraud.close();
    rmSync(folder, { recursive: true });
  });

  const run = (command: string, ...args: string[]) => runFraudCommand(fraud, folder, command, args);

  /** Ten weeks of assessments that end now, with what a model saw then; frauds are those of the largest amounts, and became known. */
  async function storePast(): Promise<void> {
    const endSeconds = Math.floor(Date.now() / 1_000);
    let state = 1;
    const chance = (): number => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
    const rows = Array.from({ length: STORED_DAYS * PAYMENTS_A_DAY }, (_, row) => {
      const at = endSeconds - (STORED_DAYS - row / PAYMENTS_A_DAY) * DAY_SECONDS;
      const values = ENGINE_FEATURES.map((name) =>
        name === 'is_weekend' ? Number([0, 6].includes(new Date(at * 1_000).getUTCDay())) : chance(),
      );
      return {
        id: newId('assessment', at * 1_000),
        paymentId: `pay_past_${row}`,
        at,
        customer: `cus_${row % 3_000}`,
        amount: 1_000,
        inputs: `[${values.map((value) => value.toFixed(4)).join()}]`,
        isFraud: (values[ENGINE_FEATURES.indexOf('amount')] ?? 0) > 0.98,
      };
    });
    await fraud.database.query(
      `insert into fraud_assessments (id, payment_id, merchant_id, livemode, customer_id, amount_minor, currency, business_type, score, level,
         decision, contributions, features, engine_version, created_at)
       select id, payment, $1, false, customer, amount, 'usd', 'retail', 0, 'low', 'allow', '{}',
         json_build_object('model', json_build_object('inputs', inputs::json)), '1', to_timestamp(at)
       from unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::float8[]) as past (id, payment, customer, amount, inputs, at)`,
      [
        fraud.merchantId,
        ...(['id', 'paymentId', 'customer', 'amount', 'inputs', 'at'] as const).map((name) => rows.map((row) => row[name])),
      ],
    );
    const frauds = rows.filter(({ isFraud }) => isFraud);
    await fraud.database.query(
      `insert into fraud_labels (payment_id, merchant_id, livemode, is_fraud, source, source_id, attempted_at)
       select payment, $1, false, true, 'dispute', payment, to_timestamp(at) from unnest($2::text[], $3::float8[]) as past (payment, at)`,
      [fraud.merchantId, frauds.map(({ paymentId }) => paymentId), frauds.map(({ at }) => at)],
    );
  }

  it('is trained on what is stored, measured on four folds of it, and acts once it has looked on', async () => {
    expect(run('train', '--version', 'mine-1', '--out', 'mine-1.json')).toMatchObject({ status: 0, stderr: '' });
    const { card } = JSON.parse(readFileSync(path.join(folder, 'mine-1.json'), 'utf8')) as FraudModelDocument;
    expect(card).toMatchObject({ data: 'stored payments and labels of this deployment', labelDelayDays: 7 });
    expect(card.folds.map(({ ap }) => ap > 0.9)).toEqual([true, true, true, true]);

    expect(run('promote', '--challenge', 'mine-1.json')).toMatchObject({ status: 0 });
    // The day's 500 payments are there, and they are like those it was trained on, whatever day of the week it is.
    expect(run('promote', '--promote', 'mine-1')).toMatchObject({ status: 0, stdout: 'mine-1 acts from now on\n', stderr: '' });

    const paymentId = newId('payment');
    await fraud.database.transaction((transaction) =>
      fraud.app.get(FraudService).assess(transaction, anAttempt(fraud.merchantId, { paymentId, businessType: 'retail' })),
    );
    const [stored] = await fraud.database.query<{ features: FraudFeatures }>(
      'select features from fraud_assessments where payment_id = $1',
      [paymentId],
    );
    expect(stored?.features.model).toMatchObject({ version: 'mine-1', mode: 'live', probability: expect.any(Number) as number });
    expect(await fraud.app.get(ModelsService).measureDrift()).toMatchObject([{ role: 'champion', modelVersion: 'mine-1', drifted: [] }]);
  }, 120_000);

  it('is replaced by none that is not better', () => {
    run('train', '--version', 'mine-2', '--out', 'mine-2.json');
    run('promote', '--challenge', 'mine-2.json');

    expect(run('promote', '--promote', 'mine-2')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/its ap of [01]\.\d+ does not beat the champion's [01]\.\d+/) as string,
    });
  }, 120_000);
});
