import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { presentTransactionsEnded } from '#test';
import { WebhookDispatcher } from '#webhooks';
import { TestSystem } from '../support/test-system.js';

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let system: TestSystem;
let receiver: Server;
let dispatcher: WebhookDispatcher;
let serial = 0;
let answer: { status: number; headers: Record<string, string> };
const received: Received[] = [];

beforeAll(async () => {
  system = await TestSystem.start({ environment: { OUTBOUND_ALLOWED_CIDRS: '127.0.0.0/8' } });
  dispatcher = system.app.get(WebhookDispatcher, { strict: false });
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      received.push({ headers: request.headers, body });
      response.writeHead(answer.status, answer.headers).end('thanks');
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  receiver.close();
  await system.stop();
});
beforeEach(async () => {
  answer = { status: 200, headers: {} };
  received.length = 0;
  await system.database.query(`update webhook_endpoints set status = 'disabled'`);
  await system.database.query(`update webhook_deliveries set status = 'canceled' where status = 'pending'`);
  // What the case before has left in the outbox goes to nobody.
  await dispatch();
});

const hook = (path = ''): string => `http://127.0.0.1:${String((receiver.address() as AddressInfo).port)}/hook${path}`;
const endpoint = async (fields: Record<string, unknown> = {}): Promise<{ id: string; secret: string }> =>
  (await system.call('POST', '/api/webhook-endpoints', { body: { url: hook(), ...fields } })).body as { id: string; secret: string };
const pay = async (): Promise<string> => {
  // A device of its own for each payment: the velocity rule counts attempts.
  const { id: deviceId } = await system.device();
  const body = { amount: 1099, currency: 'usd', deviceId, paymentMethod: 'pm_card_visa' };
  return (await system.call('POST', '/api/payments', { body, key: `merchant-${String(++serial)}` })).body.id as string;
};
const dispatch = async (): Promise<void> => {
  await presentTransactionsEnded(system.database);
  while ((await dispatcher.dispatchDue()) > 0) await dispatcher.settled();
};
const deliveriesOf = async (endpointId: string): Promise<{ id: string; status: string; attempts: number; type: string }[]> =>
  (await system.call('GET', `/api/webhook-deliveries?endpointId=${endpointId}&limit=100`)).body.data as never;

describe('merchant webhooks', () => {
  it('are signed so that the reference library accepts them, and carry the payment as it was', async () => {
    const { id, secret } = await endpoint({ eventTypes: ['payment.succeeded'] });
    const paymentId = await pay();

    await dispatch();

    const [delivery] = received;
    const event = new Webhook(secret).verify(delivery!.body, delivery!.headers as Record<string, string>);
    expect(received).toHaveLength(1);
    expect(event).toMatchObject({
      object: 'event',
      type: 'payment.succeeded',
      data: { object: { id: paymentId, status: 'succeeded', amountReceived: 1099 }, previous: { amountReceived: 0 } },
    });
    expect((event as { id: string }).id).toBe(delivery!.headers['webhook-id']);
    expect(await deliveriesOf(id)).toMatchObject([{ status: 'succeeded', attempts: 1 }]);
  });

  it('number the events of an object, so that a receiver can drop what is old', async () => {
    await endpoint();
    await pay();

    await dispatch();

    const sequences = received.map(({ body }) => (JSON.parse(body) as { sequence: number }).sequence);
    expect(sequences.length).toBeGreaterThan(1);
    expect(new Set(sequences).size).toBe(sequences.length);
  });

  it('keep their id over retries and wait as the schedule and Retry-After say', async () => {
    answer = { status: 503, headers: { 'retry-after': '3600' } };
    const { id } = await endpoint({ eventTypes: ['payment.succeeded'] });
    await pay();
    await dispatch();
    const [row] = await system.database.query<{ seconds: number }>(
      `select extract(epoch from next_attempt_at - now())::float8 as seconds from webhook_deliveries where endpoint_id = $1`,
      [id],
    );

    answer = { status: 200, headers: {} };
    await system.database.query('update webhook_deliveries set next_attempt_at = now() where endpoint_id = $1', [id]);
    await dispatch();

    expect(row!.seconds).toBeGreaterThan(3_590);
    expect(received[0]!.headers['webhook-id']).toBe(received[1]!.headers['webhook-id']);
    const [delivery] = await deliveriesOf(id);
    const { attemptLog } = (await system.call('GET', `/api/webhook-deliveries/${delivery!.id}`)).body as { attemptLog: unknown[] };
    expect(attemptLog).toMatchObject([{ httpStatus: 503, response: 'thanks' }, { httpStatus: 200 }]);
  });

  it('treat a redirect as a failure and do not follow it', async () => {
    answer = { status: 302, headers: { location: hook('/elsewhere') } };
    const { id } = await endpoint({ eventTypes: ['payment.succeeded'] });
    await pay();

    await dispatch();

    expect(received).toHaveLength(1);
    expect(await deliveriesOf(id)).toMatchObject([{ status: 'pending', attempts: 1 }]);
  });

  it('give up after the tenth attempt', async () => {
    answer = { status: 500, headers: {} };
    const { id } = await endpoint({ eventTypes: ['payment.succeeded'] });
    await pay();

    for (let attempt = 0; attempt < 12; attempt++) {
      await dispatch();
      await system.database.query('update webhook_deliveries set next_attempt_at = now() where endpoint_id = $1', [id]);
    }

    expect(received).toHaveLength(10);
    expect(await deliveriesOf(id)).toMatchObject([{ status: 'failed', attempts: 10 }]);
  });

  it.each([
    { what: 'answers 410', status: 410, failingDays: 0, reason: 'gone' },
    { what: 'has only failed for five days', status: 500, failingDays: 5.01, reason: 'failing' },
  ])('disable an endpoint that $what', async ({ status, failingDays, reason }) => {
    answer = { status, headers: {} };
    const { id } = await endpoint({ eventTypes: ['payment.succeeded'] });
    if (failingDays > 0) {
      await system.database.query(`update webhook_endpoints set failing_since = now() - make_interval(secs => $2) where id = $1`, [
        id,
        failingDays * 86_400,
      ]);
    }
    await pay();

    await dispatch();

    expect((await system.call('GET', `/api/webhook-endpoints/${id}`)).body).toMatchObject({ status: 'disabled', disabledReason: reason });
    expect((await deliveriesOf(id)).map(({ status: each }) => each)).toEqual(['canceled']);
  });

  it('are signed by both secrets while one replaces the other', async () => {
    const { id, secret } = await endpoint({ eventTypes: ['payment.succeeded'] });
    const rotated = (await system.call('POST', `/api/webhook-endpoints/${id}/rotate-secret`, { body: { overlapHours: 24 } })).body as {
      secret: string;
    };
    await pay();

    await dispatch();

    const [{ body, headers }] = received as [Received];
    for (const each of [secret, rotated.secret])
      expect(() => new Webhook(each).verify(body, headers as Record<string, string>)).not.toThrow();
    await system.database.query(`update webhook_endpoints set former_secret_expires_at = now() where id = $1`, [id]);
    await pay();
    await dispatch();
    const later = received[1]!;
    expect(() => new Webhook(secret).verify(later.body, later.headers as Record<string, string>)).toThrow('No matching signature');
  });

  it('do not store secrets as text', async () => {
    const { id, secret } = await endpoint();

    const rows = await system.database.query<{ row: string }>('select row_to_json(w)::text as row from webhook_endpoints w where id = $1', [
      id,
    ]);

    expect(rows[0]!.row).not.toContain(secret.slice(6));
    expect((await system.call('GET', `/api/webhook-endpoints/${id}`)).body.secret).toBeUndefined();
  });

  it.each(['http://10.0.0.1/x', 'http://169.254.169.254/latest', 'ftp://shop.example', 'https://user:word@shop.example/', 'not a url'])(
    'are not sent to %s',
    async (url) => {
      const { status, body } = await system.call('POST', '/api/webhook-endpoints', { body: { url } });

      expect([status, body.code]).toEqual([400, 'outbound_address_refused']);
    },
  );

  it('can be sent again, one or all since an instant, and tried out', async () => {
    const { id } = await endpoint({ eventTypes: ['payment.succeeded'] });
    await pay();
    await dispatch();
    const [delivery] = await deliveriesOf(id);

    await system.call('POST', `/api/webhook-deliveries/${delivery!.id}/redeliver`);
    await dispatch();
    const range = await system.call('POST', `/api/webhook-endpoints/${id}/redeliver`, {
      body: { since: new Date(Date.now() - 60_000).toISOString() },
    });
    await dispatch();
    await system.call('POST', `/api/webhook-endpoints/${id}/test`);
    await dispatch();

    const types = received.map(({ body }) => (JSON.parse(body) as { type: string }).type);
    expect(range.body.deliveries).toBeGreaterThan(0);
    expect(types.slice(0, 2)).toEqual(['payment.succeeded', 'payment.succeeded']);
    expect(types.at(-1)).toBe('endpoint.test');
  });

  it('have the whole schedule again when they are sent again', async () => {
    answer = { status: 500, headers: {} };
    const { id } = await endpoint({ eventTypes: ['payment.succeeded'] });
    await pay();
    await dispatch();
    await system.database.query(`update webhook_deliveries set attempts = 10, status = 'failed' where endpoint_id = $1`, [id]);
    const [given] = await deliveriesOf(id);

    await system.call('POST', `/api/webhook-deliveries/${given!.id}/redeliver`);
    await dispatch();

    expect([given, ...(await deliveriesOf(id))]).toMatchObject([
      { status: 'failed', attempts: 10 },
      { status: 'pending', attempts: 11 },
    ]);
  });

  it('can be asked for instead, without a gap', async () => {
    await pay();
    await presentTransactionsEnded(system.database);
    const all: string[] = [];
    for (let after: string | null = null, hasMore = true; hasMore;) {
      const page = (await system.call('GET', `/api/events?limit=3${after === null ? '' : `&after=${after}`}`)).body as {
        data: { id: string }[];
        hasMore: boolean;
      };
      all.push(...page.data.map(({ id }) => id));
      after = page.data.at(-1)?.id ?? after;
      hasMore = page.hasMore;
    }

    const stored = await system.database.query<{ id: string }>('select id from outbox_events order by xid, position');
    expect(all).toEqual(stored.map(({ id }) => id));
    expect((await system.call('GET', '/api/events?after=evt_none')).status).toBe(404);
  });

  it('are handed out once when several workers race', async () => {
    const { id } = await endpoint({ eventTypes: ['payment.succeeded'] });
    await Promise.all([pay(), pay(), pay()]);

    await Promise.all(Array.from({ length: 5 }, () => dispatcher.dispatchDue()));
    await dispatcher.settled();
    await dispatch();

    expect(received).toHaveLength(3);
    expect(new Set((await deliveriesOf(id)).map(({ attempts }) => attempts))).toEqual(new Set([1]));
  });
});
