import { SpendingLimitsRepository } from '#payments';
import { type ApiAnswer, TestSystem } from '../support/test-system.js';

let system: TestSystem;
let serial = 0;

beforeAll(async () => {
  system = await TestSystem.start();
});
afterAll(async () => {
  const leaks = await system.app.get(SpendingLimitsRepository).findLeaks(system.database);
  await system.stop();
  expect(leaks).toEqual([]);
});

const aKey = (): string => `key-${String(++serial)}`;
const pay = (deviceId: string, parts: Record<string, unknown> = {}, credential?: string): Promise<ApiAnswer> =>
  system.call('POST', '/api/payments', {
    body: { amount: 1_000, currency: 'usd', deviceId, paymentMethod: 'pm_card_visa', ...parts },
    key: aKey(),
    ...(credential === undefined ? {} : { credential }),
  });
const capture = (id: string, body: unknown): Promise<ApiAnswer> =>
  system.call('POST', `/api/payments/${id}/capture`, { body, key: aKey() });
const paymentOf = async (id: string) => (await system.call('GET', `/api/payments/${id}`)).body;

describe('a tip at a restaurant', () => {
  const hold = async (parts: Record<string, unknown> = {}) => {
    const { id } = await system.device({ businessType: 'restaurant' });
    const { body } = await pay(id, { amount: 4_000, ...parts });
    return body;
  };

  it('is added until the capture, and what is held is raised for it', async () => {
    const held = await hold();
    expect(held).toMatchObject({ status: 'requires_capture', amountCapturable: 4_000, tipAmount: 0 });

    const { status, body } = await capture(held.id, { tipAmount: 2_000 });

    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'succeeded', amount: 6_000, tipAmount: 2_000, amountReceived: 6_000 });
    expect(await system.chargesOf(held.id)).toEqual([expect.objectContaining({ amount: 6_000, captured: true })]);
  });

  it('is at most half of the base', async () => {
    const held = await hold();

    const { status, body } = await capture(held.id, { tipAmount: 2_001 });

    expect(status).toBe(422);
    expect(body).toMatchObject({ code: 'policy_violation', violations: [{ code: 'tip_too_large', param: 'tipAmount', limit: 2_000 }] });
    expect((await paymentOf(held.id)).status).toBe('requires_capture');
  });

  it('may become smaller than it was, and the rest is released', async () => {
    const held = await hold({ amount: 5_500, tipAmount: 1_500 });

    const { body } = await capture(held.id, { tipAmount: 500 });

    expect(body).toMatchObject({ status: 'succeeded', amount: 4_500, tipAmount: 500, amountReceived: 4_500 });
  });

  it('is refused in plain words where what is held cannot be raised, or no tip is taken', async () => {
    const shop = await system.device();
    const { body: held } = await pay(shop.id, { captureMethod: 'manual' });
    const noTip = await capture(held.id, { tipAmount: 100 });
    // Held before its merchant took tips.
    await system.database.query(`update payments set business_type = 'restaurant' where id = $1`, [held.id]);

    const tooMuch = await capture(held.id, { tipAmount: 100 });

    expect(noTip.body).toMatchObject({ status: 422, violations: [{ code: 'tip_not_accepted' }] });
    expect(tooMuch.body).toMatchObject({ status: 422, code: 'tip_exceeds_authorization', remaining: 1_000 });
    expect((await capture(held.id, {})).body).toMatchObject({ status: 'succeeded', amountReceived: 1_000 });
  });
});

describe('an age-restricted item', () => {
  it("needs the customer's verified age, which the merchant alone may assert", async () => {
    const console = await system.device({ type: 'gaming_console', businessType: 'gaming' });

    const without = await pay(console.id, { minimumAge: 18 });
    const tooYoung = await pay(console.id, { minimumAge: 18, verifiedAge: 17 });
    const forged = await pay(console.id, { minimumAge: 18, verifiedAge: 18 }, console.credential);
    const sold = await pay(console.id, { minimumAge: 18, verifiedAge: 18 });

    expect(without.body).toMatchObject({ status: 422, violations: [{ code: 'verified_age_required', limit: 18 }] });
    expect(tooYoung.status).toBe(422);
    expect(forged.body).toMatchObject({ status: 403, code: 'age_assertion_forbidden' });
    expect(sold.status).toBe(201);
  });
});

describe('amounts too small to be charged singly', () => {
  const aMeter = () => system.device({ type: 'iot_device', businessType: 'iot', authorisedForAutomatedPayments: true });
  const drink = async (deviceId: string, amount: number, parts: Record<string, unknown> = {}) =>
    (await pay(deviceId, { amount, ...parts })).body;

  it('wait for their sum, which is charged once', async () => {
    const { id } = await aMeter();
    const first = await drink(id, 20);
    expect(first).toMatchObject({ status: 'accumulating', accumulatedInto: null });
    await system.completeNow();
    expect((await paymentOf(first.id)).status).toBe('accumulating');

    const second = await drink(id, 30);
    await Promise.all([system.completeNow(), system.completeNow(), system.completeNow()]);
    await system.completeNow();

    const after = await paymentOf(first.id);
    expect(after).toMatchObject({ status: 'succeeded', amountReceived: 0 });
    expect(await paymentOf(second.id)).toMatchObject({ status: 'succeeded', accumulatedInto: after.accumulatedInto });
    expect(await paymentOf(after.accumulatedInto)).toMatchObject({ status: 'succeeded', amount: 50, amountReceived: 50 });
    expect(await system.chargesOf(after.accumulatedInto)).toEqual([expect.objectContaining({ amount: 50, status: 'succeeded' })]);
    expect((await system.call('GET', `/api/limits/${id}`)).body.data[0]).toMatchObject({ used: 50, reserved: 0 });
  });

  it('are not mixed between devices and currencies', async () => {
    const [one, other] = [await aMeter(), await aMeter()];
    const parts = [await drink(one.id, 30), await drink(other.id, 30), await drink(one.id, 30, { currency: 'eur' })];

    await system.completeNow();

    const statuses = await Promise.all(parts.map(async (part) => (await paymentOf(part.id)).status));
    expect(statuses).toEqual(['accumulating', 'accumulating', 'accumulating']);
  });

  it('return to their sum when it is declined for now, and are released when it is declined for good', async () => {
    const [soft, hard] = [await aMeter(), await aMeter()];
    const later = await drink(soft.id, 49, { paymentMethod: 'pm_card_visa_chargeDeclinedInsufficientFunds' });
    await drink(soft.id, 1, { paymentMethod: 'pm_card_visa_chargeDeclinedInsufficientFunds' });
    const never = await drink(hard.id, 49, { paymentMethod: 'pm_card_visa_chargeDeclinedStolenCard' });
    await drink(hard.id, 1, { paymentMethod: 'pm_card_visa_chargeDeclinedStolenCard' });

    for (let round = 0; round < 3; round++) await system.completeNow();

    expect(await paymentOf(later.id)).toMatchObject({ status: 'accumulating', accumulatedInto: null });
    expect((await paymentOf(never.id)).status).toBe('canceled');
    expect((await system.call('GET', `/api/limits/${soft.id}`)).body.data[0]).toMatchObject({ used: 0, reserved: 50 });
    expect((await system.call('GET', `/api/limits/${hard.id}`)).body.data[0]).toMatchObject({ used: 0, reserved: 0 });
  });
});

describe('a held amount', () => {
  it('warns its merchant a day before it lapses, and is canceled when it has', async () => {
    const { id } = await system.device({ businessType: 'restaurant' });
    const { body: held } = await pay(id);
    expect(Date.parse(held.captureBefore)).toBeGreaterThan(Date.now() + 86_400_000);
    const events = () =>
      system.database.query<{ data: { id: string } }>(
        `select data from outbox_events where object_id = $1 and type = 'payment.capture_expiring'`,
        [held.id],
      );
    await system.completeNow();
    expect(await events()).toEqual([]);

    await system.database.query(`update payments set capture_before = now() + interval '23 hours' where id = $1`, [held.id]);
    await system.completeNow();
    await system.completeNow();

    expect(await events()).toEqual([{ data: expect.objectContaining({ id: held.id, status: 'requires_capture' }) }]);
    // Stripe's time goes on, ours does not: its webhooks are refused from here on, and the look must find out.
    await system.control('POST', '/_sandbox/clock', { advance_seconds: 8 * 86_400 });
    await system.database.query(`update payments set capture_before = now() where id = $1`, [held.id]);
    await system.completeNow();
    expect((await paymentOf(held.id)).status).toBe('canceled');
  });
});
