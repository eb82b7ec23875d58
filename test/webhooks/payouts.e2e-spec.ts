import { waitFor } from '#test';
import { UsersService } from '#security';
import { TestSystem } from '../support/test-system.js';

let system: TestSystem;
let cookie: string;
let payoutId: string;

beforeAll(async () => {
  system = await TestSystem.start();
  const { password, recoveryCodes } = await system.app
    .get(UsersService)
    .create({ email: 'o@example.com', role: 'owner', merchantId: null }, { actor: 'system:test' });
  const payload = { email: 'o@example.com', password, totp: recoveryCodes[0] };
  const login = await system.app.inject({ method: 'POST', url: '/api/auth/login', payload });
  cookie = String(login.headers['set-cookie']).split(';', 1)[0] ?? '';
  const { id: deviceId } = await system.device();
  const body = { amount: 10_000, currency: 'usd', deviceId, paymentMethod: 'pm_card_bypassPending' };
  await system.call('POST', '/api/payments', { body, key: 'to-be-paid-out' });
});
afterAll(() => system.stop());

const asOwner = (method: string, path: string, body?: unknown) =>
  system.call(method, path, { credential: null, headers: { cookie }, ...(body === undefined ? {} : { body }) });
const payouts = async (query = ''): Promise<Record<string, unknown>[]> =>
  (await asOwner('GET', `/api/admin/reconciliation/payouts${query}`)).body.data as Record<string, unknown>[];
const payoutIn = (status: string) =>
  waitFor(async () => {
    // Those that a worker has just put back are due at once here.
    await system.database.query('update webhook_jobs set next_attempt_at = now() where leased_until is null');
    return (await payouts()).find((each) => each['status'] === status);
  });
const breaksOfPayout = async (): Promise<unknown[]> => {
  await asOwner('POST', '/api/admin/reconciliation/runs', { day: new Date().toISOString().slice(0, 10) });
  const { data } = (await asOwner('GET', '/api/admin/reconciliation/breaks?limit=100&status=open')).body as {
    data: { objectId: string }[];
  };
  return data.filter(({ objectId }) => objectId === payoutId);
};

describe('a payout', () => {
  it('is told by its events, and matches the movement on the balance', async () => {
    const response = await fetch(`${system.sandbox.url}/v1/payouts`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk_test_0123456789abcdef', 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ amount: '4200', currency: 'usd' }),
    });
    payoutId = ((await response.json()) as { id: string }).id;

    expect(await payoutIn('pending')).toMatchObject({ id: payoutId, object: 'payout', amount: 4_200, currency: 'usd', failureCode: null });
    expect(await breaksOfPayout()).toEqual([]);
  });

  it('that the bank sends back is shown as failed, and late events of it change nothing', async () => {
    await system.control('POST', `/_sandbox/payouts/${payoutId}`, { outcome: 'failed' });
    const failed = await payoutIn('failed');
    const [created] = await system.database.query<{ sequence: number }>(
      `select sequence from webhook_events where type = 'payout.created'`,
    );

    await asOwner('POST', `/api/admin/webhook-events/whe_${String(created?.sequence)}/replay`, { reason: 'late' });
    await waitFor(
      async () =>
        (await system.database.query(`select from webhook_attempts where detail = 'fetched' and outcome = 'unchanged'`)).length > 0,
    );

    expect(failed).toMatchObject({ id: payoutId, failureCode: 'account_closed' });
    expect(await payouts('?status=failed')).toEqual([failed]);
    expect(await payouts('?status=paid')).toEqual([]);
  });

  it('is a break while no event has told of it', async () => {
    await system.database.query('delete from payouts');

    expect(await breaksOfPayout()).toEqual([expect.objectContaining({ kind: 'missing_here', amountAtStripe: 4_200, amountHere: null })]);
  });

  it('is not shown to a merchant, for it is of the whole account', async () => {
    const { status, body } = await system.call('GET', '/api/admin/reconciliation/payouts');

    expect({ status, data: body.data as unknown }).toEqual({ status: 200, data: [] });
  });
});
