import { currencyCode, money, newId } from '#kernel';
import { ApiKeysService } from '#security';
import { aMerchant, anAttempt, startFraudApp, type FraudApp } from '../../../../test/fraud/fraud-app.js';
import { type FraudAttempt } from '../fraud-attempt.js';
import { FraudModule } from '../fraud.module.js';
import { FraudService, type AttemptAssessment } from '../fraud.service.js';
import { LabelsRepository } from '../labels.repository.js';
import { RuleSetsService } from '../rules/rule-sets.service.js';
import { BlacklistService } from './blacklist.service.js';

const BY = { actor: 'system:test' };

describe('the lists', () => {
  let fraud: FraudApp;
  let token: string;

  beforeAll(async () => {
    fraud = await startFraudApp([FraudModule]);
    token = await aKey(fraud.merchantId);
  });
  afterAll(() => fraud.close());

  async function aKey(merchantId: string, scopes: 'blacklist:read'[] | null = null): Promise<string> {
    return (await fraud.app.get(ApiKeysService).create({ merchantId, livemode: false, name: 'test', scopes }, BY)).text;
  }
  async function call(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object, bearer = token) {
    const response = await fraud.app.inject({
      method,
      url: `/api/admin/blacklist${path}`,
      headers: { authorization: `Bearer ${bearer}` },
      ...(body === undefined ? {} : { payload: body }),
    });
    return { status: response.statusCode, body: response.json<Record<string, unknown>>() };
  }
  const add = (kind: string, value: string, more: object = {}) => call('POST', '', { kind, value, reason: 'test', ...more });
  const assess = (change: Partial<FraudAttempt>): Promise<AttemptAssessment> =>
    fraud.database.transaction((transaction) => fraud.app.get(FraudService).assess(transaction, anAttempt(fraud.merchantId, change)));
  const blockedUntil = async (id: unknown): Promise<Date | null> => {
    const [row] = await fraud.database.query<{ expires_at: Date | null }>('select expires_at from blacklist where id = $1', [id]);
    return row?.expires_at ?? null;
  };
  const blockDevice = (value: string) =>
    fraud.database.transaction((transaction) =>
      fraud.app.get(BlacklistService).blockAutomatically(transaction, {
        merchantId: fraud.merchantId,
        kind: 'device',
        value,
        reason: 'too many attempts',
        source: 'rule',
      }),
    );

  it.each<[string, string, Partial<FraudAttempt>]>([
    ['device', 'dev_listed', { device: { ...anAttempt('').device, id: 'dev_listed' } }],
    ['email', 'mallory@example.com', { email: 'Mallory+1@example.com' }],
    ['email_domain', 'bad.example', { email: 'someone@bad.example' }],
    ['ip', '192.0.2.7', { ip: '192.0.2.7' }],
    ['cidr', '198.51.100.0/24', { ip: '198.51.100.77' }],
    ['cidr', '2001:db8:1::/48', { ip: '2001:db8:1:2::3' }],
    ['card_fingerprint', 'fp_listed', { card: 'fp_listed' }],
    ['bin', '424242', { bin: '42424299' }],
    ['customer', 'cus_listed', { customerId: 'cus_listed' }],
    ['country', 'kp', { countries: { ip: null, card: 'KP', device: null } }],
  ])('a listed %s %s blocks', async (kind, value, change) => {
    expect((await assess(change)).decision).toBe('allow');

    const { status } = await add(kind, value);

    expect(status).toBe(201);
    expect(await assess(change)).toMatchObject({ decision: 'block', score: 100 });
  });

  it('stores personal values as keyed hashes and shows them masked', async () => {
    const { body } = await add('email', 'alice@example.org');

    const [row] = await fraud.database.query<{ value: string }>('select value from blacklist where id = $1', [body['id']]);
    expect(row?.value).toMatch(/^[0-9a-f]{64}$/);
    expect(body['value']).toBe('a…@example.org');
  });

  it('answers 409 with the entry that is there, and adds one row of two at once', async () => {
    const answers = await Promise.all([add('customer', 'cus_twice'), add('customer', 'cus_twice')]);

    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409]);
    const [added, refused] = answers.toSorted((first, second) => first.status - second.status).map(({ body }) => body);
    expect(refused).toMatchObject({ code: 'list_entry_exists', entryId: added?.['id'] });
  });

  it('decides expiry when it reads, and lets an expired value be listed again', async () => {
    const { body } = await add('customer', 'cus_expired', { expiresAt: new Date(Date.now() + 3_600_000).toISOString() });
    await fraud.database.query(`update blacklist set expires_at = now() - interval '1 second' where id = $1`, [body['id']]);

    expect((await assess({ customerId: 'cus_expired' })).decision).toBe('allow');
    expect((await add('customer', 'cus_expired')).status).toBe(201);
  });

  it('counts hits, and keeps a removed entry as a tombstone', async () => {
    const { body } = await add('customer', 'cus_counted');
    await assess({ customerId: 'cus_counted' });
    await assess({ customerId: 'cus_counted' });

    expect((await call('DELETE', `/${String(body['id'])}`)).body).toMatchObject({ id: body['id'], hitCount: 2 });
    expect((await assess({ customerId: 'cus_counted' })).decision).toBe('allow');
    expect((await call('DELETE', `/${String(body['id'])}`)).status).toBe(404);
    expect(await fraud.database.query('select 1 from blacklist where id = $1', [body['id']])).toHaveLength(1);
  });

  it('holds by the watch list, and mutes points by the allow list', async () => {
    await add('customer', 'cus_watched', { list: 'review' });
    await add('customer', 'cus_trusted', { list: 'allow' });
    const fresh = { ...anAttempt('').device, registeredAt: new Date() };

    expect(await assess({ customerId: 'cus_watched' })).toMatchObject({ decision: 'review', score: 70 });
    expect((await assess({ customerId: 'cus_trusted', device: fresh })).score).toBe(0);
  });

  it('lengthens automatic blocks, and never shortens or ends a permanent one', async () => {
    const hours = async (value: string): Promise<number | null> => {
      const { expiresAt } = await blockDevice(value);
      return expiresAt === null ? null : Math.round((expiresAt.getTime() - Date.now()) / 3_600_000);
    };

    expect([await hours('dev_auto'), await hours('dev_auto'), await hours('dev_auto'), await hours('dev_auto')]).toEqual([1, 24, 168, 168]);
    const { body } = await add('device', 'dev_permanent');
    expect(await hours('dev_permanent')).toBeNull();
    expect(await blockedUntil(body['id'])).toBeNull();
  });

  describe('of cards, by themselves', () => {
    const entriesOf = (card: string) =>
      fraud.database.query<{ source: string; escalation: number; hits: number }>(
        `select source, escalation, hit_count as hits from blacklist where masked = $1 and merchant_id = $2 order by id`,
        [`…${card.slice(-4)}`, fraud.merchantId],
      );
    const large = { businessType: 'retail', amount: money(5_000_000, currencyCode('usd')) } as const;

    beforeAll(async () => {
      const rules = fraud.app.get(RuleSetsService);
      const operatorRules = [{ name: 'large', expression: 'attempt.amountMinor > 4000000', weight: 100, mode: 'live' }];
      const { version } = await rules.create(fraud.merchantId, 'retail', { document: { operatorRules }, comment: 'x', mode: 'shadow' }, BY);
      await rules.setMode(fraud.merchantId, 'retail', version, 'live', BY);
    });

    it('begin when points block a payment, and the list alone then keeps them', async () => {
      expect((await assess({ ...large, card: 'pm_card_1' })).decision).toBe('block');
      expect(await entriesOf('pm_card_1')).toEqual([{ source: 'rule', escalation: 0, hits: 0 }]);

      // From another device and for less: without a look at the points, and without a longer block.
      expect(await assess({ businessType: 'retail', card: 'pm_card_1' })).toMatchObject({ decision: 'block', score: 100 });
      expect(await entriesOf('pm_card_1')).toEqual([{ source: 'rule', escalation: 0, hits: 1 }]);
    });

    it('last longer when the card comes back', async () => {
      await assess({ ...large, card: 'pm_card_2' });
      await fraud.database.query(`update blacklist set expires_at = now() - interval '1 minute' where masked = '…rd_2'`);
      await assess({ ...large, card: 'pm_card_2' });

      expect((await entriesOf('pm_card_2')).map(({ escalation }) => escalation)).toEqual([0, 1]);
    });

    it('begin with a fraud that becomes known, once for each', async () => {
      const paymentId = newId('payment');
      await assess({ card: 'pm_card_3', paymentId });
      const fraudulent = { paymentId, isFraud: true, source: 'dispute', sourceId: 'dp_card_3' } as const;
      const labels = fraud.app.get(LabelsRepository);

      expect(await labels.insert(fraud.database, fraudulent)).toBe(true);
      expect(await labels.insert(fraud.database, fraudulent)).toBe(false);

      expect(await entriesOf('pm_card_3')).toEqual([{ source: 'dispute', escalation: 0, hits: 0 }]);
      expect((await assess({ card: 'pm_card_3' })).decision).toBe('block');
    });

    it.each<[string, Partial<FraudAttempt>]>([
      ['in shadow', { mode: 'shadow' }],
      ['without a card', { card: null }],
    ])('do not begin %s', async (_when, change) => {
      await assess({ ...large, card: 'pm_card_4', ...change });

      expect(await entriesOf('pm_card_4')).toEqual([]);
    });
  });

  it('does not shorten a manual block that ends later', async () => {
    const { body } = await add('device', 'dev_long', { expiresAt: '2099-01-01T00:00:00Z' });

    await blockDevice('dev_long');

    expect((await blockedUntil(body['id']))?.toISOString()).toBe('2099-01-01T00:00:00.000Z');
  });

  it('tells in a dry run what an import would have met, and how right it would have been', async () => {
    const paymentId = newId('payment');
    await assess({ customerId: 'cus_past', ip: '203.0.113.5', paymentId });
    await assess({ customerId: 'cus_past', ip: '203.0.113.6' });
    await fraud.database.query(
      `insert into fraud_labels (payment_id, merchant_id, livemode, is_fraud, source, source_id, attempted_at)
       values ($1, $2, false, true, 'dispute', 'dp_1', now())`,
      [paymentId, fraud.merchantId],
    );
    const csv = 'kind,value,reason\ncustomer,cus_past,known\ncidr,203.0.113.0/24,known\n';

    const dry = await call('POST', '/import', { csv });
    const done = await call('POST', '/import', { csv, dryRun: false });
    const again = await call('POST', '/import', { csv, dryRun: false });

    const pastHits = [{ currency: 'usd', payments: 2, amountMinor: 2_198, knownFrauds: 1, knownLegitimate: 0 }];
    expect(dry.body).toEqual({ isDryRun: true, entries: 2, added: 0, duplicates: 0, pastHits });
    expect(done.body).toMatchObject({ added: 2, duplicates: 0 });
    expect(again.body).toMatchObject({ added: 0, duplicates: 2 });
  });

  it('looks on in shadow: whom the entry would have met is known before it acts', async () => {
    const { body } = await add('customer', 'cus_suspect', { mode: 'shadow' });
    const id = String(body['id']);
    const paymentId = newId('payment');

    expect(await assess({ customerId: 'cus_suspect', paymentId })).toMatchObject({ decision: 'allow' });
    const [row] = await fraud.database.query('select features -> $2 as lists from fraud_assessments where payment_id = $1', [
      paymentId,
      'lists',
    ]);
    expect(row).toEqual({ lists: { block: [], review: [], allow: [], shadow: [{ entryId: id, kind: 'customer', list: 'block' }] } });
    expect((await call('GET', `/${id}/past-hits`)).body).toEqual({
      object: 'list',
      data: [{ currency: 'usd', payments: 1, amountMinor: 1_099, knownFrauds: 0, knownLegitimate: 0 }],
    });

    expect(await call('POST', `/${id}/mode`, { mode: 'live' })).toMatchObject({ status: 200, body: { mode: 'live', hitCount: 1 } });
    expect(await assess({ customerId: 'cus_suspect' })).toMatchObject({ decision: 'block' });
  });

  it('holds a value once a mode', async () => {
    const shadow = await add('device', 'dev_twice', { mode: 'shadow' });
    expect(await add('device', 'dev_twice', { mode: 'shadow' })).toMatchObject({ status: 409 });
    const live = await add('device', 'dev_twice');

    expect(live.status).toBe(201);
    expect(await call('POST', `/${String(shadow.body['id'])}/mode`, { mode: 'live' })).toMatchObject({ status: 409 });
    // Setting what is set changes nothing.
    expect(await call('POST', `/${String(live.body['id'])}/mode`, { mode: 'live' })).toMatchObject({ status: 200 });
    expect(await call('POST', '/bl_none/mode', { mode: 'live' })).toMatchObject({ status: 404 });
    expect(await call('GET', '/bl_none/past-hits')).toMatchObject({ status: 404 });
  });

  it('names what is wrong with a file and a value', async () => {
    expect(await call('POST', '/import', { csv: 'kind,value,reason\nip,1,r\n' })).toMatchObject({
      status: 400,
      body: { code: 'list_import_invalid' },
    });
    expect(await add('ip', 'nonsense')).toMatchObject({ status: 400, body: { code: 'list_value_invalid', param: 'value' } });
  });

  it('shows no other merchant’s entries, and lets nobody without the right write', async () => {
    const other = await aMerchant(fraud.database);
    const { body } = await add('customer', 'cus_mine');
    const stranger = await aKey(other);

    expect((await call('GET', '', undefined, stranger)).body['data']).toEqual([]);
    expect((await call('DELETE', `/${String(body['id'])}`, undefined, stranger)).status).toBe(404);
    expect((await call('POST', '', { kind: 'bin', value: '555555', reason: 'x' }, await aKey(other, ['blacklist:read']))).status).toBe(403);
  });
});
