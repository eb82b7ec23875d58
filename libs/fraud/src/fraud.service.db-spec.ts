import { runAsTenant } from '#platform';
import { aMerchant, anAttempt, startFraudApp, type FraudApp } from '../../../test/fraud/fraud-app.js';
import { type FraudFeatures } from './domain/features.js';
import { type Finding } from './domain/risk-score.js';
import { type FraudAttempt } from './fraud-attempt.js';
import { FraudCoreModule } from './fraud.module.js';
import { FraudService, type AttemptAssessment } from './fraud.service.js';

interface StoredAssessment {
  readonly score: number;
  readonly features: FraudFeatures;
  readonly contributions: { readonly findings: readonly Finding[] };
}

describe('FraudService', () => {
  let fraud: FraudApp;
  let replica: FraudApp;

  beforeAll(async () => {
    fraud = await startFraudApp([FraudCoreModule]);
    replica = await startFraudApp([FraudCoreModule], { databaseUrl: fraud.databaseUrl });
  });
  afterAll(async () => {
    await replica.close();
    await fraud.close();
  });

  const assess = (attempt: FraudAttempt, by: FraudApp = fraud): Promise<AttemptAssessment> =>
    by.database.transaction((transaction) => by.app.get(FraudService).assess(transaction, attempt));
  const attempt = (change: Partial<FraudAttempt> = {}): FraudAttempt => anAttempt(fraud.merchantId, change);
  const stored = async (id: string): Promise<StoredAssessment> => {
    const [row] = await fraud.database.query<StoredAssessment & Record<string, unknown>>(
      'select score, features, contributions from fraud_assessments where id = $1',
      [id],
    );
    return row!;
  };
  const findingOf = ({ contributions }: StoredAssessment, rule: string): Finding =>
    contributions.findings.find((each) => each.rule === rule)!;

  it('allows a harmless first payment', async () => {
    expect(await assess(attempt())).toMatchObject({ score: 0, level: 'low', decision: 'allow', isDegraded: false });
  });

  it.each([1, 2, 3])('lets exactly 5 of 60 parallel attempts through a limit of 5, over two pools, burst %d', async (burst) => {
    const card = `pm_burst_${burst}`;

    const ids = await Promise.all(
      // Each from a device of its own: only the card is shared. Five minutes would speak before the day does, so the day's reading is looked at.
      Array.from({ length: 60 }, async (_, index) => (await assess(attempt({ card }), index % 2 === 0 ? fraud : replica)).id),
    );

    const counts = await Promise.all(ids.map(async (id) => (await stored(id)).features.history?.subjects.card?.attempts24Hours));
    expect(counts.toSorted((first = 0, second = 0) => first - second)).toEqual(Array.from({ length: 60 }, (_, index) => index));
    expect(counts.filter((count = 0) => count < 5)).toHaveLength(5);
  });

  it('does not deadlock when devices and cards cross', async () => {
    const device = (name: string): FraudAttempt['device'] => ({ ...attempt().device, id: name });

    const decisions = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        assess(attempt({ device: device(`dev_cross_${index % 2}`), card: `pm_cross_${(index + (index >> 1)) % 2}` })),
      ),
    );

    expect(decisions).toHaveLength(40);
  });

  it('counts by device, card, customer and address, and sums in the attempt’s currency', async () => {
    const same = { device: attempt().device, card: 'pm_1', customerId: 'cus_1', ip: '192.0.2.1' };
    await assess(attempt(same));
    await assess(attempt({ ...same, device: attempt().device }));

    const { features } = await stored((await assess(attempt(same))).id);

    const { device, card, customer, ip } = features.history!.subjects;
    expect([device, card, customer, ip].map((each) => each?.attempts24Hours)).toEqual([1, 2, 2, 2]);
    expect(card?.amounts30Days).toEqual({ count: 2, sumMinor: 2_198 });
    expect(features.history?.customerHours?.reduce((sum, count) => sum + count, 0)).toBe(2);
  });

  it('remembers the last place', async () => {
    const { device } = attempt();
    await assess(attempt({ device, location: { latitude: 48.8566, longitude: 2.3522 } }));

    const assessment = await stored((await assess(attempt({ device, location: { latitude: 40.7128, longitude: -74.006 } }))).id);

    expect(findingOf(assessment, 'location_anomaly')).toMatchObject({ code: 'impossible_travel', contribution: 20 });
  });

  it('forgets an attempt whose payment was not recorded', async () => {
    const { device } = attempt();
    const undone = fraud.database.transaction(async (transaction) => {
      await fraud.app.get(FraudService).assess(transaction, attempt({ device }));
      throw new RangeError('undone');
    });
    await expect(undone).rejects.toThrow('undone');

    const { features } = await stored((await assess(attempt({ device }))).id);

    expect(features.history?.subjects.device?.attempts24Hours).toBe(0);
  });

  it('counts nothing for another merchant than the one it works for', async () => {
    const other = await aMerchant(fraud.database);

    await expect(runAsTenant(other, () => assess(attempt()))).rejects.toThrow('not for this merchant');
    expect(await runAsTenant(other, () => assess(anAttempt(other)))).toMatchObject({ decision: 'allow' });
  });
});
