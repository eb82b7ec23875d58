import { Database } from '#platform';
import { StripeProbe } from '#stripe';
import { waitFor } from '#test';
import { TestSystem } from '../support/test-system.js';

const METRICS_TOKEN = 'metrics-token-of-the-tests';

describe('GET /health', () => {
  let system: TestSystem | undefined;

  afterEach(async () => {
    await system?.stop();
  });

  it('tells everybody the statuses and only the authorised what is behind them', async () => {
    system = await TestSystem.start();

    const publicly = await system.call('GET', '/health', { credential: null });
    const authorised = await system.call('GET', '/health', { credential: METRICS_TOKEN });

    expect(publicly.status).toBe(200);
    expect(publicly.body.status).toBe('ok');
    expect(Object.keys(publicly.body.details).sort()).toEqual(Object.keys(authorised.body.details).sort());
    for (const detail of Object.values(publicly.body.details)) expect(Object.keys(detail as object)).toEqual(['status']);
    expect(authorised.body.details.database).toMatchObject({ status: 'up', pool: { size: 10 } });
    expect(authorised.body.details.memory.limitBytes).toBeGreaterThan(authorised.body.details.memory.usedBytes);
  });

  it('stays ready, degraded, when Stripe cannot be reached, and shows the age of that knowledge', async () => {
    system = await TestSystem.start();
    const probe = system.app.get(StripeProbe, { strict: false });

    await probe.look();
    const before = await system.call('GET', '/health', { credential: METRICS_TOKEN });
    await system.sandbox.close();
    await probe.look();
    // The report is reused for a second.
    const after = await waitFor(async () => {
      const answer = await system?.call('GET', '/health', { credential: METRICS_TOKEN });
      return answer?.body.status === 'degraded' ? answer : null;
    });

    expect(before.body.details.stripe).toMatchObject({ status: 'up', probe: 'reachable', ageSeconds: 0 });
    expect(after.status).toBe(200);
    expect(after.body.details.stripe).toMatchObject({ status: 'degraded', probe: 'unreachable', ageSeconds: expect.any(Number) });
  });

  it('stays ready, degraded, when the disk is full', async () => {
    system = await TestSystem.start({ environment: { HEALTH_DISK_MIN_FREE_PERCENT: '99' } });

    const { status, body } = await system.call('GET', '/health', { credential: null });

    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'degraded', details: { disk: { status: 'degraded' } } });
  });

  it('is not ready without its database, while the process stays alive', async () => {
    system = await TestSystem.start();
    await system.dropDatabase();

    const health = await system.call('GET', '/health', { credential: null });
    const ping = await system.call('GET', '/ping', { credential: null });

    expect(health.status).toBe(503);
    expect(health.body).toMatchObject({ status: 'error', details: { database: { status: 'down' } } });
    expect(ping.status).toBe(200);
  });

  it('is not ready while migrations are pending', async () => {
    system = await TestSystem.start();
    await system.app.get(Database).query(`delete from schema_migrations where name like '008%'`);

    const { status, body } = await system.call('GET', '/health', { credential: METRICS_TOKEN });

    expect(status).toBe(503);
    expect(body.details.migrations).toMatchObject({ status: 'down', pending: [expect.stringMatching(/^008_/)] });
  });
});
