import { newId } from '#kernel';
import { AuditSealer, AuditVerifier, CustomerPrivacyService, ErasedEventsService, PERSONAL_RECORDS, PersonalDataCipher } from '#security';
import { asOwner, presentTransactionsEnded, waitFor } from '#test';
import { tablesThatHold } from './tables.js';
import { TestSystem } from '../support/test-system.js';

const EMAIL = 'ada.lovelace@example.com';
const BILLING = { name: 'Ada Lovelace', email: EMAIL, address: { line1: '12 St James’s Square' } };
// What stands in an event, a row or an answer only when something of the person does.
const TRACES = [EMAIL, 'for Ada', 'Lovelace', 'James’s Square', '51.5123', '198.51.100.77', 'shop.example/ada'];

describe('a customer’s data', () => {
  let system: TestSystem;

  beforeAll(async () => {
    system = await TestSystem.start({ environment: { TRUSTED_PROXIES: '127.0.0.1' } });
  });
  afterAll(() => system.stop());

  const pay = async (more: object = {}) => {
    const { id: deviceId } = await system.device();
    const body = {
      amount: 1099,
      currency: 'usd',
      deviceId,
      paymentMethod: 'pm_card_visa',
      customerEmail: EMAIL,
      description: 'two tickets for Ada',
      metadata: { seat: 'for Ada' },
      location: { latitude: 51.5123, longitude: -0.12 },
      returnUrl: 'https://shop.example/ada',
      ...more,
    };
    const headers = { 'x-forwarded-for': '198.51.100.77', 'x-forwarded-proto': 'https' };
    const { body: payment } = await system.call('POST', '/api/payments', { key: newId('payment'), body, headers });
    const [row] = await system.database.query<{ customerId: string; intentId: string }>(
      'select customer_id as "customerId", stripe_payment_intent_id as "intentId" from payments where id = $1',
      [payment.id],
    );
    return { deviceId, paymentId: payment.id as string, customerId: row?.customerId ?? '', intentId: row?.intentId ?? '' };
  };
  const erase = (customerId: string) => system.call('POST', `/api/admin/customers/${customerId}/erase`);
  const exported = async (customerId: string) => (await system.call('GET', `/api/admin/customers/${customerId}/export`)).body;
  /** An event of Stripe as the inbox holds it; old enough that its number is settled. */
  const anEvent = async (intentId: string | null, more: object = {}) => {
    const id = `evt_${newId('payment')}`;
    const object = { id: 'ch_1', object: 'charge', amount: 1099, payment_intent: intentId, billing_details: BILLING, ...more };
    await system.database.query(
      `insert into webhook_events (livemode, stripe_event_id, type, object_id, payment_intent_id, stripe_created_at, received_at, payload)
       values (false, $1, 'charge.updated', 'ch_1', $2, now(), now() - interval '1 hour', $3)`,
      [id, intentId, Buffer.from(JSON.stringify({ id, object: 'event', type: 'charge.updated', data: { object } }))],
    );
    return id;
  };
  const eventText = async (id: string) => {
    const [row] = await system.database.query<{ payload: Buffer }>('select payload from webhook_events where stripe_event_id = $1', [id]);
    return row?.payload.toString() ?? '';
  };
  const searchEvents = async () => {
    while ((await system.app.get(ErasedEventsService).redactNext()) > 0);
  };

  it('is copied out whole', async () => {
    const { customerId, paymentId } = await pay();
    await system.call('POST', `/api/payments/${paymentId}/refunds`, { key: newId('payment'), body: { amount: 99 } });

    const body = await exported(customerId);

    expect(body).toMatchObject({ object: 'customer_export', id: customerId, email: EMAIL, cutTables: [] });
    expect(body.records).toMatchObject({
      payments: [
        { id: paymentId, amount: 1099, description: 'two tickets for Ada', metadata: { seat: 'for Ada' }, clientIp: '198.51.100.77' },
      ],
      refunds: [{ paymentId, amount: 99 }],
      fraudAttempts: [{ paymentId, latitude: 51.5123 }],
      fraudAssessments: [{ paymentId, features: expect.objectContaining({ location: expect.anything() as unknown }) as unknown }],
    });
    expect(JSON.stringify(body.records.auditLog)).toContain('customer_exported');
    await erase(customerId);
  });

  it('is copied out with what Stripe’s events tell of the person', async () => {
    const { customerId, paymentId } = await pay();
    // The sandbox tells what it did; what was told is what was applied, so that the events of this payment are known by their effects.
    await waitFor(async () => {
      const [row] = await system.database.query<{ count: number }>('select count(*) as count from webhook_jobs');
      return row?.count === 0;
    });
    const [adjusted] = await system.database.query<{ id: string }>(
      `select stripe_event_id as id from webhook_events where payment_intent_id = (select stripe_payment_intent_id from payments where id = $1) limit 1`,
      [paymentId],
    );
    await asOwner(
      system.database,
      `set local session_replication_role = 'replica'`,
      `update payment_adjustments set source = 'webhook', source_id = '${adjusted?.id ?? ''}' where payment_id = '${paymentId}' and sequence = 1`,
    );

    const { events } = await exported(customerId);

    // One that was faster than the answer to the request has changed the payment by itself: then there are more.
    const told = events.map(({ personalData }: { personalData: Record<string, unknown> }) => personalData['data.object.metadata.seat']);
    expect(new Set(told)).toEqual(new Set(['for Ada']));
    await erase(customerId);
  });

  it('is not erased while a payment may still move', async () => {
    const { customerId, paymentId } = await pay({ captureMethod: 'manual', customerEmail: 'open@example.com' });

    const refused = await erase(customerId);
    await system.call('POST', `/api/payments/${paymentId}/cancel`, { key: newId('payment'), body: {} });
    const done = await erase(customerId);

    expect(refused).toMatchObject({ status: 409, body: { code: 'customer_has_open_payments' } });
    expect(done.status).toBe(200);
  });

  it('is erased from every table, Stripe’s events too, and the audit chain holds', async () => {
    const { customerId, paymentId, intentId, deviceId } = await pay();
    await system.database.query('update devices set customer_id = $1, latitude = 51.5123 where id = $2', [customerId, deviceId]);
    await anEvent(intentId);
    await presentTransactionsEnded(system.database);
    await system.app.get(AuditSealer).sealNext();

    const { status } = await erase(customerId);
    await searchEvents();
    await presentTransactionsEnded(system.database);
    await system.app.get(AuditSealer).sealNext();

    expect(status).toBe(200);
    expect(await tablesThatHold(system.database, [...TRACES, hashOf(EMAIL)])).toEqual([]);
    expect(await system.app.get(AuditVerifier).verify()).toMatchObject({ isIntact: true });
    const payment = await system.call('GET', `/api/payments/${paymentId}`);
    expect(payment.body).toMatchObject({ id: paymentId, status: 'succeeded', amount: 1099 });
    const after = await exported(customerId);
    expect(after).toMatchObject({ email: null, erasedAt: expect.any(String) as string });
    expect(TRACES.filter((trace) => JSON.stringify(after).includes(trace))).toEqual([]);
  });

  it('takes the saved payment methods along, here and at Stripe', async () => {
    const { customerId } = await pay({ customerEmail: 'saver@example.com' });
    const path = `/api/customers/${customerId}/payment-methods`;
    const { body: saved } = await system.call('POST', path, { key: newId('payment'), body: { paymentMethod: 'pm_card_amex' } });
    const [row] = await system.database.query<{ fingerprint: string; stripeId: string }>(
      'select fingerprint, stripe_payment_method_id as "stripeId" from saved_payment_methods where id = $1',
      [saved.id],
    );

    await erase(customerId);
    await system.completeNow();
    await searchEvents();

    expect((await system.call('GET', `${path}/${saved.id}`)).body).toMatchObject({ status: 'detached', card: null, isDefault: false });
    expect(await tablesThatHold(system.database, [row?.fingerprint ?? ''])).toEqual([]);
    const method = await fetch(`${system.sandbox.url}/v1/payment_methods/${row?.stripeId ?? ''}`, {
      headers: { authorization: 'Bearer sk_test_0123456789abcdef' },
    });
    expect(await method.json()).toMatchObject({ customer: null });
  });

  it('stays erased where a copy of the ciphertext is left: the key is gone', async () => {
    const { customerId } = await pay({ customerEmail: 'copied@example.com' });
    const [copy] = await system.database.query<{ email: string }>('select email_sealed as email from customers where id = $1', [
      customerId,
    ]);
    await erase(customerId);

    await system.database.query('update customers set email_sealed = $2 where id = $1', [customerId, copy?.email]);

    expect(copy?.email).toMatch(/^s1\./);
    expect((await exported(customerId)).email).toBeNull();
    await system.database.query('update customers set email_sealed = null where id = $1', [customerId]);
  });

  it('is taken out of events that arrive after the erasure, and of nobody else’s', async () => {
    const { customerId, intentId } = await pay();
    const other = await pay({ customerEmail: 'grace@example.com' });
    await erase(customerId);
    await searchEvents();

    const [late, about, others] = [
      await anEvent(intentId),
      await anEvent(null, { customer: await stripeCustomerOf(customerId) }),
      await anEvent(other.intentId),
    ];
    const before = await eventText(late);
    await searchEvents();

    expect(before).toContain('Lovelace');
    expect(JSON.parse(await eventText(late))).toMatchObject({ type: 'charge.updated', data: { object: { amount: 1099 } } });
    expect(await eventText(late)).not.toContain('Lovelace');
    expect(await eventText(about)).not.toContain('Lovelace');
    expect(await eventText(others)).toContain('Lovelace');
    expect(await hashKept(late)).toBe(true);
    await erase(other.customerId);
    await searchEvents();

    async function hashKept(id: string): Promise<boolean> {
      const [row] = await system.database.query<{ isKept: boolean }>(
        'select redacted_sha256 = sha256($2::bytea) as "isKept" from webhook_events where stripe_event_id = $1',
        [id, Buffer.from(before)],
      );
      return row?.isKept === true;
    }
  });

  it('leaves an event in no other way than by its redaction', async () => {
    const id = await anEvent('pi_of_nobody');

    for (const change of [
      `payload = '\\x7b7d'`,
      `payload = '\\x7b7d', redacted_sha256 = sha256('\\x00')`,
      `type = 'x', redacted_sha256 = sha256(payload)`,
    ]) {
      await expect(system.database.query(`update webhook_events set ${change} where stripe_event_id = '${id}'`)).rejects.toThrow(
        'append-only',
      );
    }
    await expect(
      asOwner(
        system.database,
        `update fraud_assessments set features = (features::jsonb || '{"location": {"current": null, "last": null}, "x": 1}')::json`,
      ),
    ).rejects.toThrow('append-only');
  });

  it('is erased again when a restored backup brings it back', async () => {
    const { customerId } = await pay({ customerEmail: 'restored@example.com' });
    const [before] = await system.database.query<Record<string, unknown>>('select email_hash, email_sealed from customers where id = $1', [
      customerId,
    ]);
    await erase(customerId);
    // The rows are those of the backup, the keys the newest ones.
    await system.database.query(
      `update customers set email_hash = $2, email_sealed = $3, erased_at = null, events_redacted_to = null where id = $1`,
      [customerId, before?.['email_hash'], before?.['email_sealed']],
    );

    const privacy = system.app.get(CustomerPrivacyService);
    const counts = [await privacy.eraseBroughtBack(), await privacy.eraseBroughtBack()];

    expect(counts).toEqual([1, 0]);
    expect(await tablesThatHold(system.database, [String(before?.['email_sealed'])])).toEqual([]);
    const lines = await system.database.query(
      `select actor from audit_log where action = 'customer_erased' and object_id = $1 order by sequence`,
      [customerId],
    );
    expect(lines.at(-1)).toEqual({ actor: 'system:restore' });
  });

  it('is erased once when two ask at the same moment', async () => {
    const { customerId } = await pay({ customerEmail: 'twice@example.com' });

    const answers = await Promise.all([erase(customerId), erase(customerId), erase(customerId)]);

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const lines = await system.database.query(`select 1 from audit_log where action = 'customer_erased' and object_id = $1`, [customerId]);
    expect(lines).toHaveLength(1);
  });

  it('is named by no payment after the erasure', async () => {
    const { customerId, deviceId } = await pay({ customerEmail: 'gone@example.com' });
    await erase(customerId);

    const body = { amount: 1099, currency: 'usd', deviceId, paymentMethod: 'pm_card_visa', customerId };
    const answer = await system.call('POST', '/api/payments', { key: newId('payment'), body });

    expect(answer).toMatchObject({ status: 404, body: { code: 'customer_not_found' } });
  });

  it('is a new customer with a new key when the person comes back', async () => {
    const before = await pay();
    await erase(before.customerId);

    const after = await pay();

    expect(after.customerId).not.toBe(before.customerId);
    expect((await exported(after.customerId)).email).toBe(EMAIL);
  });

  it('is known to stand in no table that the export and the erasure do not know', async () => {
    const tables = await system.database.query<{ name: string }>(
      `select distinct c.table_name as name from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
        where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.column_name in ('customer_id', 'payment_id') order by 1`,
    );
    const known = PERSONAL_RECORDS.map(({ table }) => table);

    expect(tables.length).toBeGreaterThan(5);
    expect(tables.map(({ name }) => name).filter((name) => !known.includes(name))).toEqual([]);
  });

  function hashOf(email: string): string {
    return system.app.get(PersonalDataCipher).matchHash('email', email).toString('hex');
  }

  /** The customer at Stripe, as a saved payment method would have made it. */
  async function stripeCustomerOf(customerId: string): Promise<string> {
    await system.database.query(`update customers set stripe_customer_id = 'cus_AtStripe' || right(id, 6) where id = $1`, [customerId]);
    const [row] = await system.database.query<{ id: string }>('select stripe_customer_id as id from customers where id = $1', [customerId]);
    return row?.id ?? '';
  }
});
