import { connect } from 'node:net';
import { asOwner, metricValue, createTestDatabase, type TestDatabase, waitFor } from '#test';
import { sign } from '../../bench/webhook-load.js';
import { fixture, OLD_WEBHOOK_SECRET, startWebhookApp, succeeded, WEBHOOK_SECRET, type WebhookApp } from './webhook-app.js';

interface StoredEvent {
  readonly stripe_event_id: string;
  readonly account: string;
  readonly type: string;
  readonly api_version: string | null;
  readonly object_id: string | null;
  readonly payload: Buffer;
  readonly has_job: boolean;
}

describe('POST /api/webhooks/stripe', () => {
  let testDatabase: TestDatabase;
  let webhooks: WebhookApp;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    webhooks = await startWebhookApp(testDatabase.url);
  });

  afterAll(async () => {
    await webhooks.close();
    await testDatabase.drop();
  });

  const stored = async (id: string): Promise<StoredEvent[]> =>
    webhooks.database.query<StoredEvent>(
      `select e.*, j.event_sequence is not null as has_job from webhook_events e left join webhook_jobs j on j.event_sequence = e.sequence
       where stripe_event_id = $1`,
      [id],
    );

  it('answers 200 once the event and its job are committed', async () => {
    const event = { ...fixture('payment_intent.succeeded'), id: 'evt_accepted' };

    const response = await webhooks.post(event);

    expect(response.status).toBe(200);
    expect(await stored('evt_accepted')).toMatchObject([
      {
        account: '',
        type: 'payment_intent.succeeded',
        api_version: '2026-10-28.endive',
        object_id: 'pi_3TfixtureCoffee00000001',
        has_job: true,
      },
    ]);
  });

  it.each([
    { what: 'indented', body: `{\n  "id": "evt_bytes_1",\n  "type": "x.y"\n}` },
    { what: 'with an escaped NUL', body: '{"id":"evt_bytes_2","type":"x.y","data":{"object":{"id":"pi_\\u0000","name":"a\\u0000b"}}}' },
    {
      what: 'with other scripts and half a surrogate',
      body: '{"id":"evt_bytes_3","type":"x.y","data":{"object":{"name":"Ελληνικά 🥐 \\ud800"}}}',
    },
    { what: 'with a byte order mark', body: '\ufeff{"id":"evt_bytes_4","type":"x.y"}' },
    { what: 'with a duplicate key', body: '{"id":"evt_bytes_5","type":"x.y","type":"x.y"}' },
    { what: 'of the year 2017', body: '{"id":"evt_bytes_6","type":"x.y","api_version":"2017-08-15","created":1502800000}' },
    {
      what: 'of an unknown type and object',
      body: '{"id":"evt_bytes_7","type":"warp.drive.engaged","data":{"object":{"object":"warp_drive"}}}',
    },
    {
      what: 'thin',
      body: '{"id":"evt_bytes_8","object":"v2.core.event","type":"v1.x","created":"2026-11-01T10:00:00.000Z","related_object":{"id":"m_1"}}',
    },
    { what: 'with a date beyond the calendar', body: '{"id":"evt_bytes_9","type":"x.y","created":1e300}' },
  ])('keeps the exact bytes of a body $what', async ({ body }) => {
    const bytes = Buffer.from(body);

    const response = await webhooks.post(bytes);

    const id = /evt_bytes_\d/.exec(body)![0];
    expect(response.status).toBe(200);
    expect((await stored(id)).map(({ payload }) => payload.equals(bytes))).toEqual([true]);
  });

  it('keeps signed bytes that are no event', async () => {
    const response = await webhooks.post(Buffer.from([0xff, 0x00, 0x7b]));

    const rows = await webhooks.database.query<{ payload: Buffer }>(`select payload from webhook_events where type = 'unreadable'`);
    expect(response.status).toBe(200);
    expect(rows.map(({ payload }) => payload.toString('hex'))).toEqual(['ff007b']);
  });

  it('takes an event of one mebibyte and refuses a longer one with 413', async () => {
    const padded = (id: string, length: number): Buffer => {
      const start = `{"id":"${id}","type":"x.y","pad":"`;
      return Buffer.from(`${start}${'x'.repeat(length - start.length - 2)}"}`);
    };

    const largest = await webhooks.post(padded('evt_large', 1_048_576));
    const larger = await webhooks.post(padded('evt_larger', 1_048_577));

    expect(largest.status).toBe(200);
    expect(larger.status).toBe(413);
    expect(await larger.json()).toMatchObject({ code: 'body_too_large' });
    expect(await stored('evt_larger')).toEqual([]);
  });

  it('refuses a longer body that does not say its length', async () => {
    const before = await metricValue('upp_webhook_deliveries_total', { outcome: 'too_large' });

    await postChunked(webhooks.url, 1_100_000);

    expect(await metricValue('upp_webhook_deliveries_total', { outcome: 'too_large' })).toBe(before + 1);
  });

  it.each([
    { what: 'none', headers: {} },
    {
      what: 'a foreign one',
      headers: { 'stripe-signature': sign(Buffer.from('{"id":"evt_bad"}'), 'whsec_foreign_0123456', Date.now() / 1_000) },
    },
    {
      what: 'an old one',
      headers: { 'stripe-signature': sign(Buffer.from('{"id":"evt_bad"}'), WEBHOOK_SECRET, Math.floor(Date.now() / 1_000) - 301) },
    },
    {
      what: 'a future one',
      headers: { 'stripe-signature': sign(Buffer.from('{"id":"evt_bad"}'), WEBHOOK_SECRET, Math.floor(Date.now() / 1_000) + 3_000) },
    },
  ])('refuses with 400 and stores nothing when the signature is $what', async ({ headers }) => {
    const response = await webhooks.post(Buffer.from('{"id":"evt_bad"}'), { headers: headers as Record<string, string> });

    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({ code: 'webhook_signature_invalid' });
    expect(await stored('evt_bad')).toEqual([]);
  });

  it('refuses a body of which one byte was changed on the way', async () => {
    const body = Buffer.from('{"id":"evt_tampered","amount":100}');
    const signature = sign(body, WEBHOOK_SECRET, Math.floor(Date.now() / 1_000));

    const response = await webhooks.post(Buffer.from('{"id":"evt_tampered","amount":900}'), { headers: { 'stripe-signature': signature } });

    expect(response.status).toBe(400);
  });

  it('reports bad signatures as a security incident', async () => {
    await webhooks.post(Buffer.from('{}'), { headers: {} });

    const incidents = await waitFor(async () => {
      const rows = await webhooks.database.query(`select severity from security_incidents where type = 'webhook_signature_invalid'`);
      return rows.length > 0 ? rows : null;
    });
    expect(incidents).not.toHaveLength(0);
  });

  it('accepts both secrets while one replaces the other, and counts which one signed', async () => {
    const signed = () => Promise.all(['0', '1'].map((secret) => metricValue('upp_webhook_signed_total', { secret })));
    const before = await signed();

    const old = await webhooks.post({ ...fixture('refund.created'), id: 'evt_secret_old' }, { secret: OLD_WEBHOOK_SECRET });
    const current = await webhooks.post({ ...fixture('refund.created'), id: 'evt_secret_new' }, { secret: WEBHOOK_SECRET });

    expect([old.status, current.status]).toEqual([200, 200]);
    expect(await signed()).toEqual(before.map((count) => count + 1));
  });

  it('stores an event once that is delivered a hundred times at once, and counts the rest', async () => {
    const before = await metricValue('upp_webhook_deliveries_total', { outcome: 'duplicate' });
    const event = succeeded('evt_parallel', 'pi_parallel');

    const responses = await Promise.all(Array.from({ length: 100 }, () => webhooks.post(event)));

    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await stored('evt_parallel')).toHaveLength(1);
    expect((await metricValue('upp_webhook_deliveries_total', { outcome: 'duplicate' })) - before).toBe(99);
  });

  it('stores events once that two servers get at the same instant', async () => {
    const other = await startWebhookApp(testDatabase.url);
    const events = Array.from({ length: 60 }, (_, index) => succeeded(`evt_both${String(index)}`, `pi_both${String(index)}`));

    const responses = await Promise.all(events.flatMap((event) => [webhooks.post(event), other.post(event)]));
    await other.close();

    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
    const [row] = await webhooks.database.query<{ count: number }>(
      `select count(*) as count from webhook_events join webhook_jobs on event_sequence = sequence where stripe_event_id like 'evt_both%'`,
    );
    expect(row?.count).toBe(60);
  });

  it('keeps one id of two accounts and of two modes apart', async () => {
    const event = succeeded('evt_shared', 'pi_shared');

    await webhooks.post(event);
    await webhooks.post({ ...event, account: 'acct_other' });
    await webhooks.post({ ...event, livemode: true });

    expect(await stored('evt_shared')).toHaveLength(3);
  });

  it('stores an event of the other mode and reports it as a security incident', async () => {
    const response = await webhooks.post({ ...succeeded('evt_live', 'pi_live'), livemode: true });

    await waitFor(async () => {
      const rows = await webhooks.database.query(`select 1 from security_incidents where type = 'webhook_mode_mismatch'`);
      return rows.length > 0;
    });
    expect(response.status).toBe(200);
    expect(await stored('evt_live')).toHaveLength(1);
  });

  it('never changes a stored event', async () => {
    await expect(webhooks.database.query(`update webhook_events set type = 'x'`)).rejects.toThrow('append-only');
  });

  it('leaves every other route and method to the router', async () => {
    const get = await fetch(webhooks.url);
    const longer = await fetch(`${webhooks.url}-other`, { method: 'POST' });

    expect([get.status, longer.status]).toEqual([404, 404]);
  });

  it('answers 503 with Retry-After while the database is away, and 200 again after it has come back', async () => {
    const name = new URL(testDatabase.url).pathname.slice(1);
    const admin = await startWebhookApp(testDatabase.url);
    const other = await createTestDatabase();
    const elsewhere = await startWebhookApp(other.url);
    await asOwner(
      elsewhere.database,
      `alter database ${name} allow_connections false`,
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`,
    );

    const away = await admin.post({ ...fixture('refund.created'), id: 'evt_away' });
    await asOwner(elsewhere.database, `alter database ${name} allow_connections true`);
    const back = await admin.post({ ...fixture('refund.created'), id: 'evt_away' });

    expect([away.status, away.headers.get('retry-after') !== null, back.status]).toEqual([503, true, 200]);
    await admin.close();
    await elsewhere.close();
    await other.drop();
  });
});

/** Sends a chunked body that never says how long it is. */
function postChunked(url: string, length: number): Promise<void> {
  const { port, pathname } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), '127.0.0.1', () => {
      socket.write(`POST ${pathname} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`);
      const chunk = 'y'.repeat(50_000);
      for (let sent = 0; sent < length; sent += chunk.length) socket.write(`${chunk.length.toString(16)}\r\n${chunk}\r\n`);
    });
    socket.resume();
    // The server hangs up while we still write.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      resolve();
    });
  });
}
