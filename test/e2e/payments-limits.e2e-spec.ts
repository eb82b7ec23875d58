import { SpendingLimitsRepository } from '#payments';
import { ApiProcess, insist } from '../payments/api-process.js';
import { type ApiAnswer, TestSystem } from '../support/test-system.js';

let system: TestSystem;
let serial = 0;

beforeAll(async () => {
  system = await TestSystem.start({ environment: { PAYMENT_REQUEST_LEASE_SECONDS: '2', DATABASE_ACQUIRE_TIMEOUT_MS: '20000' } });
});
afterAll(async () => {
  // Whatever the suite did: no reservation outlives its payment.
  const leaks = await system.app.get(SpendingLimitsRepository).findLeaks(system.database);
  await system.stop();
  expect(leaks).toEqual([]);
});

const aKey = (): string => `key-${String(++serial)}`;
const aConsole = () => system.device({ type: 'gaming_console', businessType: 'gaming' });
const aPayment = (deviceId: string, parts: Record<string, unknown> = {}): Record<string, unknown> => ({
  amount: 5_000,
  currency: 'usd',
  deviceId,
  paymentMethod: 'pm_card_visa',
  ...parts,
});
const pay = (deviceId: string, parts: Record<string, unknown> = {}): Promise<ApiAnswer> =>
  system.call('POST', '/api/payments', { body: aPayment(deviceId, parts), key: aKey() });
const dailyLimitOf = async (deviceId: string, currency = 'usd'): Promise<unknown> => {
  const { body } = await system.call('GET', `/api/limits/${deviceId}`);
  return body.data.find((limit: { name: string; currency: string }) => limit.name === 'device_daily_amount' && limit.currency === currency);
};

describe('spending limits', () => {
  it('names the limit, what is left of it and when it ends, and leaves nothing behind', async () => {
    const { id } = await aConsole();
    await pay(id, { amount: 19_000 });

    const { status, body } = await pay(id, { amount: 1_001 });

    expect(status).toBe(422);
    expect(body).toMatchObject({
      code: 'policy_violation',
      param: 'amount',
      violations: [{ code: 'spending_limit_exceeded', name: 'device_daily_amount', limit: 20_000, remaining: 1_000 }],
    });
    expect(Date.parse(body.violations[0].windowEndsAt)).toBeGreaterThan(Date.now());
    expect(await dailyLimitOf(id)).toMatchObject({ used: 19_000, reserved: 0, remaining: 1_000 });
    expect((await pay(id, { amount: 1_000 })).status).toBe(201);
  });

  it.each([
    ['a decline', { paymentMethod: 'pm_card_visa_chargeDeclined' }],
    ['a block by the blacklist', { customerId: 'blocked' }],
  ])('is released by %s', async (_, parts) => {
    const { id } = await aConsole();
    if ('customerId' in parts) {
      await system.database.query(
        `insert into blacklist (id, merchant_id, kind, value, reason, source, created_by) values ($1, $2, 'device', $3, 'stolen', 'manual', 'test')`,
        [`bl_${id}`, system.merchantId, id],
      );
    }

    const { status } = await pay(id, 'customerId' in parts ? {} : parts);

    expect(status).toBe(402);
    expect(await dailyLimitOf(id)).toMatchObject({ used: 0, reserved: 0, remaining: 20_000 });
  });

  it('is reserved while the money is held, then settled at what was captured', async () => {
    const { id } = await aConsole();
    const { body: held } = await pay(id, { captureMethod: 'manual' });
    expect(await dailyLimitOf(id)).toMatchObject({ used: 0, reserved: 5_000, remaining: 15_000 });

    await system.call('POST', `/api/payments/${held.id}/capture`, { body: { amount: 3_000 }, key: aKey() });

    expect(await dailyLimitOf(id)).toMatchObject({ used: 3_000, reserved: 0, remaining: 17_000 });
  });

  it('is released by a cancel', async () => {
    const { id } = await aConsole();
    const { body: held } = await pay(id, { captureMethod: 'manual' });

    await system.call('POST', `/api/payments/${held.id}/cancel`, { body: {}, key: aKey() });

    expect(await dailyLimitOf(id)).toMatchObject({ reserved: 0, remaining: 20_000 });
  });

  it("is the device's lower one once the merchant sets it", async () => {
    const { id } = await aConsole();

    const set = await system.call('PUT', `/api/limits/${id}`, { body: { currency: 'usd', dailyAmount: 6_000 } });
    const first = await pay(id);
    const second = await pay(id);

    expect(set.status).toBe(200);
    expect(first.status).toBe(201);
    expect(second.body.violations).toMatchObject([{ name: 'device_daily_amount', limit: 6_000, remaining: 1_000 }]);
    await system.call('PUT', `/api/limits/${id}`, { body: { currency: 'usd', dailyAmount: null } });
    expect(await dailyLimitOf(id)).toMatchObject({ limit: 20_000 });
  });

  it("hides a device's limits from another device", async () => {
    const own = await aConsole();
    const other = await aConsole();

    expect((await system.call('GET', `/api/limits/${own.id}`, { credential: own.credential })).status).toBe(200);
    expect((await system.call('GET', `/api/limits/${other.id}`, { credential: own.credential })).status).toBe(404);
  });

  it('lets a shop device pay ten times in an hour, however many ask at once', async () => {
    const { id } = await system.device();

    const answers = await Promise.all(Array.from({ length: 15 }, () => pay(id, { amount: 1_000 })));

    const refused = answers.filter((answer) => answer.status === 422);
    expect(refused).toHaveLength(5);
    expect(refused[0]?.body.violations).toMatchObject([{ name: 'device_payment_count', limit: 10, remaining: 0 }]);
  });
});

describe('200 payments at once against room for 37', () => {
  it('lets exactly 37 through on two processes, one of which is killed meanwhile', async () => {
    const { id } = await aConsole();
    const leases = { PAYMENT_REQUEST_LEASE_SECONDS: '2', DATABASE_ACQUIRE_TIMEOUT_MS: '20000' };
    const [first, second] = await Promise.all([ApiProcess.start(system, leases), ApiProcess.start(system, leases)]);
    let answered = 0;

    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const answer = await insist(
          () => [first, second],
          // 37 × 540 = 19 980 of 20 000.
          { path: '/api/payments', body: aPayment(id, { amount: 540 }), key: `burst-${String(index)}` },
          index,
        );
        if (++answered === 20) await second.kill();
        return answer;
      }),
    );
    await first.stop();

    const paid = answers.filter((answer) => answer.status === 201);
    expect(paid).toHaveLength(37);
    expect(answers.filter((answer) => answer.status !== 201 && answer.status !== 422)).toEqual([]);
    expect(answers.filter((answer) => answer.status === 422)).toHaveLength(163);
    const charges = await Promise.all(paid.map((answer) => system.chargesOf(answer.body.id)));
    expect(charges.map((each) => each.map(({ amount, status }) => ({ amount, status })))).toEqual(
      Array.from({ length: 37 }, () => [{ amount: 540, status: 'succeeded' }]),
    );
    expect(await dailyLimitOf(id)).toMatchObject({ used: 19_980, reserved: 0, remaining: 20 });
  }, 60_000);
});
