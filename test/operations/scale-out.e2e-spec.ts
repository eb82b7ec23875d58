import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { requiresProgram, waitFor } from '#test';
import { Cluster, VICTIMS } from './cluster.js';

const REGISTRATIONS = 30;
const PAYERS_EACH = 3;
const PAYMENTS_EACH = 5;
const DEVICES = VICTIMS.length * PAYERS_EACH;
// A console's daily limit, and what it tries to pay.
const DAILY_LIMIT = 20_000;
const GAME = 1_000;

interface Answer {
  readonly status: number;
  readonly retryAfterSeconds: number;
  readonly text: string;
  readonly body: { readonly id: string; readonly code?: string };
}

requiresProgram(
  'haproxy',
  'redis-server',
  'pgbouncer',
)('two api and two worker processes with haproxy, Redis and PgBouncer', () => {
  let cluster: Cluster;
  let client: pg.Client;
  const payers: string[] = [];
  const paid: string[] = [];
  const refusals: string[] = [];

  beforeAll(async () => {
    cluster = await Cluster.start({
      RATE_LIMIT_API_PER_15_MINUTES: '100000',
      RATE_LIMIT_PAYMENTS_PER_MINUTE: '10000',
      RATE_LIMIT_GAMING_PAYMENTS_PER_MINUTE: '10000',
      RATE_LIMIT_DEVICE_REGISTRATIONS_PER_HOUR: String(REGISTRATIONS),
    });
    client = new pg.Client({ connectionString: cluster.databaseUrl });
    await client.connect();
    for (let index = 0; index < DEVICES; index++) payers.push((await register(`payer-${index}`)).body.id);
    await client.query(`update devices set registered_at = now() - interval '1 day'`);
  }, 120_000);

  afterAll(async () => {
    await client.end();
    await cluster.stop();
  });

  async function post(route: string, body: unknown, key = '', url = cluster.url): Promise<Answer> {
    const response = await fetch(`${url}${route}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${cluster.apiKey}`,
        'content-type': 'application/json',
        ...(key === '' ? {} : { 'idempotency-key': key }),
      },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    const retryAfterSeconds = Number(response.headers.get('retry-after') ?? 1);
    return { status: response.status, retryAfterSeconds, text, body: JSON.parse(text) as Answer['body'] };
  }

  /** As a client does: the same key until there is an answer, as often as it is told to come back. */
  async function payUntilAnswered(body: unknown, key: string): Promise<string> {
    for (const until = performance.now() + 120_000; ;) {
      const answer = await post('/api/payments', body, key).catch(() => null);
      if (answer?.status === 201 || answer?.status === 202) return answer.body.id;
      refusals.push(`${answer?.status ?? 'no answer'} ${answer?.body.code ?? ''}`);
      if (performance.now() > until) throw new Error(`no answer for ${key}: ${refusals.slice(-20).join('; ')}`);
      await delay(1_000 * Math.min(answer?.retryAfterSeconds ?? 1, 5));
    }
  }

  /** A machine that has too much to do says so with 503; that is no answer to the question. */
  async function whileBusy(ask: () => Promise<Answer>): Promise<Answer> {
    for (let tries = 1; ; tries++) {
      const answer = await ask();
      if (answer.status !== 503 || tries === 10) return answer;
      await delay(1_000 * answer.retryAfterSeconds);
    }
  }

  const register = (name: string, parts: object = {}) =>
    post('/api/devices', { type: 'smartphone', fingerprint: `fingerprint-${name}`, capabilities: ['nfc'], ...parts });

  const payment = (deviceId: string | undefined, amount: number) => ({ amount, currency: 'usd', deviceId, paymentMethod: 'pm_card_visa' });

  it('answer a repeat alike, whichever process is asked', async () => {
    const answers: Answer[] = [];
    for (const url of cluster.apiUrls) answers.push(await post('/api/payments', payment(payers[0], 900), 'asked-twice', url));
    paid.push(...new Set(answers.map(({ body }) => body.id)));

    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    expect(answers[1]?.text).toBe(answers[0]?.text);
  });

  it('give exactly the spending limit together', async () => {
    const { id } = (await register('console', { type: 'gaming_console', businessType: 'gaming' })).body;
    await client.query(`update devices set registered_at = now() - interval '1 day' where id = $1`, [id]);

    const answers = await Promise.all(
      Array.from({ length: DAILY_LIMIT / GAME + 10 }, (_, index) =>
        whileBusy(() => post('/api/payments', payment(id, GAME), `game-${index}`, cluster.apiUrls[index % 2])),
      ),
    );

    const { rows } = await client.query<{ count: number }>('select count(*)::int as count from payments where device_id = $1', [id]);
    paid.push(...answers.filter(({ status }) => status === 201).map(({ body }) => body.id));
    expect(tally(answers)).toEqual({ '201': DAILY_LIMIT / GAME, '422 policy_violation': 10 });
    expect(rows).toEqual([{ count: DAILY_LIMIT / GAME }]);
  });

  it('give exactly the rate limit together', async () => {
    const free = REGISTRATIONS - DEVICES - 1;
    const answers = await Promise.all(Array.from({ length: 2 * REGISTRATIONS }, (_, index) => register(`device-${index}`)));

    expect(tally(answers)).toEqual({ '201': free, '429 rate_limit_exceeded': 2 * REGISTRATIONS - free });
  });

  it.each(VICTIMS.map((victim, turn) => ({ victim, turn })))(
    'lose nothing and charge nobody twice when $victim is killed under load',
    async ({ victim, turn }) => {
      let answered = 0;
      const payments = payers.slice(turn * PAYERS_EACH, (turn + 1) * PAYERS_EACH).flatMap((deviceId, device) =>
        Array.from({ length: PAYMENTS_EACH }, async (_, index) => {
          const id = await payUntilAnswered(payment(deviceId, 1_000 + index), `${victim}-${device}-${index}`);
          answered += 1;
          return id;
        }),
      );
      await waitFor(() => answered >= 2, { timeoutMs: 60_000 });
      cluster.kill(victim);
      // One that has a twin stays away until its work is done by the other.
      const hasTwin = victim === 'api' || victim === 'worker';
      if (!hasTwin) await cluster.restart(victim);
      const ids = await Promise.all(payments);
      paid.push(...ids);

      expect(new Set(ids).size).toBe(PAYERS_EACH * PAYMENTS_EACH);
      await waitFor(async () => (await statusesOf(ids)).every((status) => status === 'succeeded'), { timeoutMs: 75_000 });
      expect((await chargedPayments()).sort()).toEqual(paid.sort());
      if (hasTwin) await cluster.restart(victim);
    },
    240_000,
  );

  function tally(answers: readonly Answer[]): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { status, body } of answers) {
      const kind = `${status} ${body.code ?? ''}`.trim();
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    return counts;
  }

  async function statusesOf(ids: readonly string[]): Promise<string[]> {
    const { rows } = await client.query<{ status: string }>('select status from payments where id = any($1)', [ids]);
    return rows.map(({ status }) => status);
  }

  async function chargedPayments(): Promise<(string | undefined)[]> {
    const ledger = (await (await fetch(`${cluster.sandboxUrl}/_sandbox/ledger`)).json()) as {
      charges: { status: string; metadata: Record<string, string> }[];
    };
    return ledger.charges.filter(({ status }) => status === 'succeeded').map(({ metadata }) => metadata['upp_payment_id']);
  }
});
