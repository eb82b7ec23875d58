import { asOwner, waitFor } from '#test';
import { TestSystem } from '../support/test-system.js';

let system: TestSystem;
let deviceId: string;
let paymentId: string;

const REASON = 'the shop asked';
const idsOf = (list: { data: { id: string }[] }): string[] => list.data.map(({ id }) => id);

beforeAll(async () => {
  system = await TestSystem.start();
  ({ id: deviceId } = await system.device());
  const body = { amount: 1099, currency: 'usd', deviceId, paymentMethod: 'pm_card_visa' };
  paymentId = (await system.call('POST', '/api/payments', { body, key: 'admin-1' })).body.id as string;
  await waitFor(async () => {
    const { data } = (await system.call('GET', '/api/admin/webhook-events?type=payment_intent.succeeded')).body as {
      data: { status: string }[];
    };
    return data[0]?.status === 'processed';
  });
});
afterAll(() => system.stop());

const succeeded = async (): Promise<{ id: string; stripeEventId: string }> =>
  (await system.call('GET', '/api/admin/webhook-events?type=payment_intent.succeeded')).body.data[0] as {
    id: string;
    stripeEventId: string;
  };

describe('/api/admin/webhook-events', () => {
  it('lists events newest first and pages through them', async () => {
    const all = (await system.call('GET', '/api/admin/webhook-events?limit=100')).body;
    const first = (await system.call('GET', '/api/admin/webhook-events?limit=1')).body;
    const second = (await system.call('GET', `/api/admin/webhook-events?limit=1&startingAfter=${first.data[0].id}`)).body;

    expect(first).toMatchObject({ object: 'list', hasMore: true });
    expect([...idsOf(first), ...idsOf(second)]).toEqual(idsOf(all).slice(0, 2));
  });

  it.each(['status=dead', 'type=no.such', 'receivedBefore=2020-01-01T00:00:00Z', 'objectId=pi_none'])('filters by %s', async (query) => {
    expect((await system.call('GET', `/api/admin/webhook-events?${query}`)).body.data).toEqual([]);
  });

  it('shows an event with its bytes, attempts and effects, and audits the look', async () => {
    const { id, stripeEventId } = await succeeded();

    const { body } = await system.call('GET', `/api/admin/webhook-events/${id}`);

    const raw = Buffer.from(body.raw as string, 'base64').toString();
    const audit = await system.database.query(`select actor from audit_log where action = 'webhook_event_read' and object_id = $1`, [
      stripeEventId,
    ]);
    expect(JSON.parse(raw)).toEqual(body.payload);
    expect(body).toMatchObject({ paymentId, status: 'processed', payload: { id: stripeEventId }, attemptLog: [{ attempt: 1 }] });
    expect(audit).toHaveLength(1);
  });

  it('replays an event without a second effect, says so, and audits it', async () => {
    const { id } = await succeeded();

    const { status } = await system.call('POST', `/api/admin/webhook-events/${id}/replay`, { body: { reason: REASON } });

    const log = await waitFor(async () => {
      const { attemptLog } = (await system.call('GET', `/api/admin/webhook-events/${id}`)).body as { attemptLog: { outcome: string }[] };
      return attemptLog.length >= 3 ? attemptLog : null;
    });
    const audit = await system.database.query<{ reason: string }>(`select reason from audit_log where action = 'webhook_events_replayed'`);
    expect(status).toBe(202);
    expect(log.slice(1)).toMatchObject([{ outcome: 'replayed' }, { outcome: 'unchanged' }]);
    expect(audit.map(({ reason }) => reason)).toContain(REASON);
  });

  it('shows on a dry run what a replay would change, and changes nothing', async () => {
    // As if the effect had been lost: the row is back where it was before the event.
    await system.database.query(`update payments set status = 'processing', amount_received_minor = 0 where id = $1`, [paymentId]);

    const { body } = await system.call('POST', '/api/admin/webhook-events/replay', {
      body: { dryRun: true, reason: REASON, filter: { type: 'payment_intent.succeeded' } },
    });

    const [row] = await system.database.query<{ status: string }>('select status from payments where id = $1', [paymentId]);
    expect(body).toMatchObject({
      dryRun: true,
      replayed: 0,
      changes: [
        { outcome: 'applied', before: { status: 'processing', amountReceived: 0 }, after: { status: 'succeeded', amountReceived: 1099 } },
      ],
    });
    expect(row?.status).toBe('processing');
  });

  it('replays by filter', async () => {
    const { body } = await system.call('POST', '/api/admin/webhook-events/replay', {
      body: { dryRun: false, reason: REASON, filter: { type: 'payment_intent.succeeded' } },
    });

    await waitFor(async () => {
      const [row] = await system.database.query<{ status: string }>('select status from payments where id = $1', [paymentId]);
      return row?.status === 'succeeded';
    });
    expect(body).toMatchObject({ dryRun: false, replayed: 1, hasMore: false });
  });

  it('says how far processing is behind', async () => {
    expect((await system.call('GET', '/api/admin/webhook-events/lag')).body).toMatchObject({ object: 'webhook_lag', dead: 0, failed: 0 });
  });

  it.each(['whe_999999', 'whe_x', 'evt_1'])('knows no event %s', async (id) => {
    const { status, body } = await system.call('GET', `/api/admin/webhook-events/${id}`);

    expect([status, body.code]).toEqual([404, 'webhook_event_not_found']);
  });

  it('shows a merchant no event of another merchant’s payments', async () => {
    const { id } = await succeeded();
    await system.database.query(
      `insert into merchants (id, name, country, time_zone, default_business_type, enabled_business_types) values ('mer_other', 'Other', 'US', 'UTC', 'retail', '{retail}')`,
    );
    await asOwner(
      system.database,
      'alter table payments disable trigger all',
      `update payments set merchant_id = 'mer_other' where id = '${paymentId}'`,
    );

    const { status } = await system.call('GET', `/api/admin/webhook-events/${id}`);

    expect(status).toBe(404);
  });

  it('refuses a caller without the right', async () => {
    expect((await system.call('GET', '/api/admin/webhook-events', { credential: null })).status).toBe(401);
  });
});
