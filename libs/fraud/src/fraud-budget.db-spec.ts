import { Database, DatabaseUnavailableError } from '#platform';
import { asOwner, waitFor } from '#test';
import { anAttempt, startFraudApp, type FraudApp } from '../../../test/fraud/fraud-app.js';
import { type FraudAttempt } from './fraud-attempt.js';
import { FraudCoreModule } from './fraud.module.js';
import { FraudService, type AttemptAssessment } from './fraud.service.js';
import { BlacklistService } from './blacklist/blacklist.service.js';
import { LabelsRepository } from './labels.repository.js';

/** What each failure policy makes of a payment that could not be judged by its past. */
const BY_POLICY = [
  ['open', 'retail', 'allow'],
  ['hold', 'service', 'review'],
  ['closed', 'gaming', 'block'],
] as const;
/** Longer than the pool lets any statement run: a payment that waited for it would fail. */
const SLEEP = `perform pg_sleep(60)`;

describe('the time an assessment may take', () => {
  let fraud: FraudApp;

  beforeAll(async () => {
    fraud = await startFraudApp([FraudCoreModule], { environment: { FRAUD_BUDGET_MS: '150' } });
    // The first assessment loads models, plans and rule sets.
    await assess();
  });
  afterAll(() => fraud.close());

  const attempt = (change: Partial<FraudAttempt> = {}): FraudAttempt =>
    anAttempt(fraud.merchantId, { email: 'someone@example.com', ...change });
  const assess = (change: Partial<FraudAttempt> = {}): Promise<AttemptAssessment> =>
    fraud.database.transaction((transaction) => fraud.app.get(FraudService).assess(transaction, attempt(change)));
  const countOf = async (paymentId: string): Promise<number> =>
    (await fraud.database.query('select from fraud_attempts where payment_id = $1', [paymentId])).length;
  const locked = <T>(table: string, work: () => Promise<T>): Promise<T> =>
    fraud.database.transaction(async (holder) => {
      await holder.query('set local role none');
      await holder.query(`lock table ${table} in access exclusive mode`);
      return work();
    });
  /** Makes every insert into a table take a minute. */
  async function slowed<T>(table: string, work: () => Promise<T>): Promise<T> {
    await asOwner(
      fraud.database,
      `create function slow_insert() returns trigger language plpgsql as $$ begin ${SLEEP}; return new; end $$`,
      `create trigger slow_insert before insert on ${table} for each row execute function slow_insert()`,
    );
    try {
      return await work();
    } finally {
      await asOwner(fraud.database, `drop trigger slow_insert on ${table}`, 'drop function slow_insert');
    }
  }

  it.each(BY_POLICY)(
    'with slow lists and the policy %s a %s payment is judged without them: %s',
    async (_policy, businessType, decision) => {
      const { paymentId } = attempt();

      const assessment = await locked('blacklist', () => assess({ businessType, paymentId }));

      expect(assessment).toMatchObject({ isDegraded: true, decision });
      // It was cut off while reading and is counted all the same.
      expect(await countOf(paymentId)).toBe(1);
    },
  );

  it.each(BY_POLICY)('when attempts cannot even be counted, %s lets a %s payment: %s', async (_policy, businessType, decision) => {
    const { paymentId } = attempt();

    const assessment = await slowed('fraud_attempts', () => assess({ businessType, paymentId }));

    expect(assessment).toMatchObject({ isDegraded: true, decision });
    expect(await countOf(paymentId)).toBe(0);
    // What becomes known of it later still finds it.
    const label = { paymentId, isFraud: true, source: 'dispute', sourceId: `dp_${paymentId}` } as const;
    expect(await fraud.app.get(LabelsRepository).insert(fraud.database, label)).toBe(true);
  });

  it('blocks by a list whatever is slow behind it', async () => {
    const entry = { kind: 'customer', value: 'cus_blocked', list: 'block', reason: 'test', expiresAt: null } as const;
    await fraud.app.get(BlacklistService).add(fraud.merchantId, entry, { actor: 'system:test' });

    const assessment = await locked('fraud_labels', () => assess({ customerId: 'cus_blocked', businessType: 'retail' }));

    expect(assessment).toMatchObject({ decision: 'block', score: 100 });
  });

  it('judges by what it knew, or else by the default, when the rule sets cannot be read', async () => {
    const other = await startFraudApp([FraudCoreModule], { databaseUrl: fraud.databaseUrl, environment: { FRAUD_BUDGET_MS: '150' } });

    const assessment = await locked('fraud_rule_sets, fraud_models', () =>
      other.app
        .get(Database)
        .transaction((transaction) =>
          other.app.get(FraudService).assess(transaction, anAttempt(fraud.merchantId, { businessType: 'retail' })),
        ),
    );

    await other.close();
    expect(assessment.decision).toBe('allow');
  });

  it('gives the rest of the transaction its usual time', async () => {
    const timeouts = await locked('blacklist', () =>
      fraud.database.transaction(async (transaction) => {
        const before = await transaction.query('show statement_timeout');
        await fraud.app.get(FraudService).assess(transaction, attempt());
        return [before, await transaction.query('show statement_timeout')];
      }),
    );

    expect(timeouts[1]).toEqual(timeouts[0]);
  });

  it('records no payment when the server takes the connection away', async () => {
    const { paymentId, device } = attempt();
    const lock = `hashtextextended('device:${device.id}', 0)`;
    let outcome: Promise<unknown> = Promise.resolve();
    await fraud.database.transaction(async (holder) => {
      await holder.query(`select pg_advisory_xact_lock(${lock})`);
      outcome = assess({ paymentId, device }).catch((error: unknown) => error);
      // Once it waits for the device its transaction is open; then the server ends it, as in a shutdown.
      await waitFor(async () => {
        const [killed] = await asOwnerQuery(
          // Other suites' databases are on the same server.
          `select count(pg_terminate_backend(pid))::int as count from pg_locks
           where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())`,
        );
        return killed?.count === 1;
      });
    });

    expect(await outcome).toBeInstanceOf(DatabaseUnavailableError);
    expect(await countOf(paymentId)).toBe(0);
    expect(await fraud.database.query('select from fraud_assessments where payment_id = $1', [paymentId])).toEqual([]);
  });

  async function asOwnerQuery(sql: string): Promise<{ count: number }[]> {
    return fraud.database.transaction(async (transaction) => {
      await transaction.query('set local role none');
      return transaction.query<{ count: number }>(sql);
    });
  }
});
