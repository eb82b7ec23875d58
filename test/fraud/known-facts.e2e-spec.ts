/** What is known of a payment before it is confirmed, the countries of address, card and device and the device's fingerprint, and what follows from it. */
import { newId } from '#kernel';
import { TestSystem, type ApiAnswer } from '../support/test-system.js';

describe('the countries of a payment', () => {
  let system: TestSystem;
  let serial = 0;

  beforeAll(async () => {
    system = await TestSystem.start({ environment: { TRUSTED_PROXIES: '127.0.0.1', COUNTRY_HEADER: 'CF-IPCountry' } });
  });
  afterAll(() => system.stop());

  /** A device pays by itself through the proxy, which says where the address is. */
  const payFrom = async (
    ipCountry: string,
    registration: Readonly<Record<string, unknown>> = {},
    headers: Readonly<Record<string, string>> = { 'x-forwarded-for': '198.51.100.7', 'x-forwarded-proto': 'https' },
  ): Promise<ApiAnswer> => {
    const { id: deviceId, credential } = await system.device(registration);
    return system.call('POST', '/api/payments', {
      key: newId('payment'),
      credential,
      headers: { ...headers, 'cf-ipcountry': ipCountry },
      body: { amount: 1_000, currency: 'usd', deviceId, paymentMethod: 'pm_card_visa' },
    });
  };
  const assessmentOf = async (paymentId: string) => {
    const [row] = await system.database.query<{ countries: unknown; location: { code: string; contribution: number } }>(
      `select features #> '{location,countries}' as countries,
         (select finding from json_array_elements(contributions -> 'findings') as finding where finding ->> 'rule' = 'location_anomaly') as location
       from fraud_assessments where payment_id = $1`,
      [paymentId],
    );
    return row;
  };
  const listed = (value: string, list: string): Promise<ApiAnswer> =>
    system.call('POST', '/api/admin/blacklist', { body: { kind: 'country', value, list, reason: 'test' } });

  it('weigh when the proxy names another one than the device is at home in', async () => {
    const { body } = await payFrom('br', { country: 'at' });

    expect(await assessmentOf(body.id)).toMatchObject({
      countries: { ip: 'BR', card: null, device: 'AT' },
      location: { code: 'countries_disagree', contribution: 10 },
    });
  });

  it('include that of a card that has been saved', async () => {
    const customer = await system.call('POST', '/api/customers', { body: { email: `traveller-${++serial}@example.com` } });
    const { body: method } = await system.call('POST', `/api/customers/${customer.body.id}/payment-methods`, {
      key: newId('payment'),
      body: { paymentMethod: 'pm_card_de' },
    });
    const { id: deviceId } = await system.device({ country: 'AT' });

    const { body } = await system.call('POST', '/api/payments', {
      key: newId('payment'),
      body: { amount: 1_000, currency: 'usd', deviceId, paymentMethod: method.id },
    });

    expect(await assessmentOf(body.id)).toMatchObject({
      // A merchant's server pays for everybody from one address, which says nothing of the payer.
      countries: { ip: null, card: 'DE', device: 'AT' },
      location: { code: 'countries_disagree' },
    });
  });

  it.each([
    ['one that nobody vouches for', 'BR', {}],
    ['an unknown one', 'XX', undefined],
    ['what is no code', 'T1', undefined],
  ])('do not include %s', async (_, ipCountry, headers) => {
    const { body } = await payFrom(ipCountry, { country: 'AT' }, headers);

    expect(await assessmentOf(body.id)).toMatchObject({
      countries: { ip: null, card: null, device: 'AT' },
      location: { code: 'not_enough_history', contribution: 0 },
    });
  });

  it('block or hold before anything is asked of the processor', async () => {
    await listed('KP', 'block');
    await listed('ZZ', 'review');

    const [blocked, held] = [await payFrom('KP'), await payFrom('US', { country: 'ZZ' })];

    expect(blocked).toMatchObject({ status: 402, body: { code: 'payment_blocked' } });
    expect(held.body).toMatchObject({ status: 'in_review' });
    expect(
      await system.database.query('select from payments where stripe_payment_intent_id is null and id = $1', [held.body.id]),
    ).toHaveLength(1);
  });

  it.each([
    ['the one of its registration', 'kiosk-no-41', 'kiosk-no-41', 'clear'],
    ['another one', 'kiosk-no-42', 'kiosk-no-43', 'fingerprint_changed'],
  ])('stand beside the fingerprint that the device tells with the payment: %s', async (_, fingerprint, deviceFingerprint, code) => {
    const { id: deviceId } = await system.device({ fingerprint });

    const { body } = await system.call('POST', '/api/payments', {
      key: newId('payment'),
      body: { amount: 1_000, currency: 'usd', deviceId, paymentMethod: 'pm_card_visa', deviceFingerprint },
    });

    const { body: list } = await system.call('GET', `/api/admin/fraud/assessments?paymentId=${String(body.id)}`);
    expect(list.data[0].findings).toContainEqual(expect.objectContaining({ rule: 'device_fingerprint', code }));
  });
});
