import { RetentionService } from '#operations';
import { TestSystem } from '../support/test-system.js';

describe('RetentionService', () => {
  let system: TestSystem;

  beforeAll(async () => {
    system = await TestSystem.start({ environment: { RETENTION_BATCH_ROWS: '10' } });
  });

  afterAll(() => system.stop());

  const cleanUp = () => system.app.get(RetentionService, { strict: false }).cleanUp();

  async function countOf(table: string): Promise<number> {
    const [row] = await system.database.query<{ count: number }>(`select count(*) as count from ${table}`);
    return row?.count ?? 0;
  }

  it('removes what is over in small batches and nothing else', async () => {
    await system.database.query(
      `insert into idempotency_keys (merchant_id, livemode, key, request_hash, created_at)
       select $1, false, 'k' || n, '\\x00', now() - case when n <= 25 then interval '31 days' else interval '29 days' end from generate_series(1, 30) n`,
      [system.merchantId],
    );

    const first = await cleanUp();
    const rest = [await cleanUp(), await cleanUp(), await cleanUp()];

    expect([first, ...rest]).toEqual([10, 10, 5, 0]);
    expect(await countOf('idempotency_keys')).toBe(5);
  });

  it('keeps webhook events that wait or are dead, however old they are', async () => {
    await system.database.query(
      `insert into webhook_events (livemode, stripe_event_id, type, stripe_created_at, received_at, payload)
       select false, 'evt_' || n, 'ping', now(), now() - interval '401 days', '{}' from generate_series(1, 3) n`,
    );
    await system.database.query(
      `insert into webhook_attempts (event_sequence, attempt, outcome) select sequence, 1, 'applied' from webhook_events`,
    );
    await system.database.query(
      `insert into webhook_jobs (event_sequence, next_attempt_at) select min(sequence), now() + interval '1 day' from webhook_events`,
    );
    await system.database.query(
      `insert into webhook_dead (event_sequence, attempts, last_error) select max(sequence), 9, 'x' from webhook_events`,
    );

    await cleanUp();
    await cleanUp();

    expect(await countOf('webhook_events')).toBe(2);
    expect(await countOf('webhook_attempts')).toBe(2);
  });

  it('leaves locked rows alone instead of waiting for them', async () => {
    await system.database.query(
      `insert into idempotency_keys (merchant_id, livemode, key, request_hash, created_at) values ($1, false, 'locked', '\\x00', now() - interval '90 days')`,
      [system.merchantId],
    );

    const removed = await system.database.transaction(async (transaction) => {
      await transaction.query(`select 1 from idempotency_keys where key = 'locked' for update`);
      return cleanUp();
    });

    expect(removed).toBe(0);
  });
});
