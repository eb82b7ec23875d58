import { type ApiAnswer, TestSystem } from '../support/test-system.js';

let system: TestSystem;
let serial = 0;

beforeAll(async () => {
  system = await TestSystem.start();
});
afterAll(() => system.stop());

const pay = (deviceId: string, body: Record<string, unknown>, credential?: string): Promise<ApiAnswer> =>
  system.call('POST', '/api/payments', {
    body: { deviceId, paymentMethod: 'pm_card_visa', ...body },
    key: `key-${String(++serial)}`,
    ...(credential === undefined ? {} : { credential }),
  });

describe('a native input instead of fields', () => {
  const said = (transcript: string, confidence = 0.97) => ({ kind: 'voice_command', transcript, confidence });

  it.each([
    [
      'a voice',
      { type: 'voice_assistant', businessType: 'iot', authorisedForAutomatedPayments: true },
      said('pay twenty five dollars'),
      { amount: 2_500, currency: 'usd', method: 'voice' },
    ],
    [
      'a tap',
      { type: 'pos_terminal' },
      { kind: 'nfc_tap', amount: 1_250, currency: 'eur' },
      { amount: 1_250, currency: 'eur', method: 'nfc' },
    ],
    [
      'typing',
      { type: 'kiosk' },
      { kind: 'manual_entry', entry: '$1,250.50', currency: 'usd' },
      { amount: 125_050, currency: 'usd', method: 'card' },
    ],
    [
      'a sensor',
      { type: 'iot_device', businessType: 'iot', authorisedForAutomatedPayments: true },
      { kind: 'sensor_trigger', sensorId: 'meter-7', quantity: 100, unitAmount: 12, currency: 'usd' },
      { amount: 1_200, currency: 'usd', method: 'card' },
    ],
  ])('pays by %s', async (_, device, input, fields) => {
    const { id } = await system.device(device);

    const { status, body } = await pay(id, { input });

    expect(status).toBe(201);
    expect(body).toMatchObject({ status: 'succeeded', ...fields });
    expect(await system.chargesOf(body.id)).toEqual([expect.objectContaining({ amount: fields.amount })]);
  });

  it('buys with a controller what the customer is old enough for', async () => {
    const { id } = await system.device({ type: 'gaming_console', businessType: 'gaming' });
    const input = { kind: 'controller_input', button: 'confirm', item: { id: 'sword', amount: 499, currency: 'usd', minimumAge: 16 } };

    const refused = await pay(id, { input });
    const sold = await pay(id, { input, verifiedAge: 16 });

    expect(refused.body).toMatchObject({ status: 422, violations: [{ code: 'verified_age_required', limit: 16 }] });
    expect(sold.body).toMatchObject({ status: 'succeeded', amount: 499 });
  });

  it.each([
    ['a transcript nobody is sure of', said('pay twenty five dollars', 0.5), 'voice_confidence_too_low', 'input.transcript'],
    ['an amount without a currency', said('twenty five'), 'amount_unit_missing', 'input.transcript'],
    ['a form the device does not have', { kind: 'nfc_tap', amount: 100, currency: 'usd' }, 'input_not_supported_by_device', 'input.kind'],
    ['nothing that can be read', { kind: 'smoke_signal' }, 'input_malformed', 'input.kind'],
  ])('refuses %s, says where, and records nothing', async (_, input, code, param) => {
    const { id } = await system.device({ type: 'voice_assistant' });

    const { body } = await pay(id, { input });

    expect(body).toMatchObject({ status: 400, code });
    expect(String(body.param)).toMatch(new RegExp(`^${param.split('.')[0]}\\.`));
    expect(body).toHaveProperty('prompt');
    expect(
      (await system.call('GET', '/api/payments?limit=100')).body.data.map((each: { deviceId: string }) => each.deviceId),
    ).not.toContain(id);
  });

  it('asks again what it has not understood', async () => {
    const { id } = await system.device({ type: 'voice_assistant' });

    const { body } = await pay(id, { input: said('pay twenty five dollars', 0.5) });

    expect(typeof body.prompt).toBe('string');
  });

  it('is not mixed with the fields it stands for, and one of both is required', async () => {
    const { id } = await system.device({ type: 'kiosk' });

    const both = await pay(id, { input: { kind: 'manual_entry', entry: '5.00 usd' }, amount: 500, currency: 'usd' });
    const none = await pay(id, {});

    expect(both.body).toMatchObject({ status: 400, code: 'input_conflict', param: 'amount' });
    expect(none.body).toMatchObject({ status: 400, code: 'parameter_missing', param: 'amount' });
  });
});

describe('the presentation of an answer', () => {
  it.each([
    ['voice_assistant', [expect.objectContaining({ kind: 'speech', text: expect.stringContaining('10 US dollars') })]],
    ['pos_terminal', [expect.objectContaining({ kind: 'receipt' }), expect.objectContaining({ kind: 'signal' })]],
    ['gaming_console', [expect.objectContaining({ kind: 'screen', tone: 'success' }), expect.objectContaining({ kind: 'haptic' })]],
  ])('suits a %s', async (type, presentation) => {
    const { id } = await system.device({ type });

    const { body } = await pay(id, { amount: 1_000, currency: 'usd' });

    expect(body.presentation).toEqual(presentation);
    expect((await system.call('GET', `/api/payments/${body.id}`)).body.presentation).toEqual(presentation);
  });

  it('comes with a refusal too', async () => {
    const { id } = await system.device({ type: 'smart_tv' });

    const { body } = await pay(id, { amount: 1_000, currency: 'usd', paymentMethod: 'pm_card_visa_chargeDeclined' });

    expect(body.payment.presentation).toEqual([expect.objectContaining({ kind: 'screen', tone: 'failure', title: 'Declined' })]);
  });

  it('names the page of a challenge', async () => {
    const { id } = await system.device({ type: 'smart_tv' });

    const { body } = await pay(id, {
      amount: 1_000,
      currency: 'usd',
      paymentMethod: 'pm_card_authenticationRequired',
      returnUrl: 'https://shop.example/return',
    });

    expect(body.nextAction).toMatchObject({ type: 'redirect', url: expect.stringContaining('/authenticate/') });
    expect(body.presentation[0].action).toEqual({ url: body.nextAction.url, shownAs: 'qr' });
  });
});

describe('the reason of a decline', () => {
  it('is told to the merchant and hidden from the device when it would warn a thief', async () => {
    const device = await system.device();
    const stolen = { amount: 1_000, currency: 'usd', paymentMethod: 'pm_card_visa_chargeDeclinedStolenCard' };

    const toMerchant = await pay(device.id, stolen);
    const toDevice = await pay(device.id, stolen, device.credential);

    expect(toMerchant.body).toMatchObject({ code: 'payment_declined', declineCode: 'stolen_card', advice: 'do_not_retry' });
    expect(toDevice.body).toMatchObject({ code: 'payment_declined', declineCode: 'generic_decline', advice: 'do_not_retry' });
    expect(toDevice.text).not.toMatch(/stolen/i);
  });

  it('comes with what to do about it', async () => {
    const { id } = await system.device();

    const soft = await pay(id, { amount: 1_000, currency: 'usd', paymentMethod: 'pm_card_visa_chargeDeclinedInsufficientFunds' });
    const wrong = await pay(id, { amount: 1_000, currency: 'usd', paymentMethod: 'pm_card_chargeDeclinedExpiredCard' });

    expect(soft.body).toMatchObject({ declineCode: 'insufficient_funds', advice: 'retry' });
    expect(wrong.body).toMatchObject({ declineCode: 'expired_card', advice: 'fix' });
  });
});
