import { newId } from '#kernel';
import { type Environment } from '#platform';
import { CustomerPrivacyService, KeyRotation, SEALED_COLUMNS, UsersService } from '#security';
import { codeOf, startSecuredApp } from './secured-app.js';
import { TestSystem } from '../support/test-system.js';

const BY = { actor: 'system:test' };
// Under the key of a person or a dispute, and under ENCRYPTION_KEY in a library that the rotation may not know: that one reads the former keys itself.
const NOT_HERE = [
  'customers.email_sealed',
  'disputes.evidence_sealed',
  'tls_certificates.private_key_sealed',
  'acme_accounts.private_key_sealed',
];

describe('replacing ENCRYPTION_KEY', () => {
  let system: TestSystem;
  let environments: { before: Environment; during: Environment; after: Environment };

  beforeAll(async () => {
    system = await TestSystem.start();
    const before = system.environment;
    const next = 'n'.repeat(40);
    environments = {
      before,
      during: { ...before, ENCRYPTION_KEY: next, ENCRYPTION_KEYS_PREVIOUS: before['ENCRYPTION_KEY'] },
      after: { ...before, ENCRYPTION_KEY: next },
    };
  });
  afterAll(() => system.stop());

  const appWith = (environment: Environment) => startSecuredApp({ databaseUrl: system.environment['DATABASE_URL'] ?? '', environment });

  it('seals everything anew, after which nothing needs the former key', async () => {
    const customerId = await aCustomer('rotated@example.com');
    const person = await system.app.get(UsersService).create({ email: 'p@example.com', role: 'owner', merchantId: null }, BY);
    await system.call('POST', '/api/webhook-endpoints', { body: { url: 'https://shop.example/hook', eventTypes: ['*'] } });
    const during = await appWith(environments.during);
    const rotation = during.app.get(KeyRotation);

    const counts = [await rotation.resealNext(), await rotation.resealNext()];
    await during.close();
    const after = await appWith(environments.after);
    const { email } = await after.app.get(CustomerPrivacyService).export(system.merchantId, customerId, BY);
    const login = await after.app.inject({
      method: 'POST',
      url: '/api/auth/login',
      payload: { email: 'p@example.com', password: person.password, totp: codeOf(person.totpSecret, after.clock) },
    });
    await after.close();

    expect(counts).toEqual([3, 0]);
    expect(email).toBe('rotated@example.com');
    expect(login.statusCode).toBe(204);
  });

  it('knows every column that holds a sealed text', async () => {
    const columns = await system.database.query<{ name: string }>(
      `select table_name || '.' || column_name as name from information_schema.columns
        where table_schema = 'public' and (column_name like '%\\_sealed' or column_name like '%\\_wrapped')`,
    );
    const known = [...SEALED_COLUMNS.map(({ table, column }) => `${table}.${column}`), ...NOT_HERE];

    expect(columns.map(({ name }) => name).toSorted()).toEqual(known.toSorted());
  });

  async function aCustomer(customerEmail: string): Promise<string> {
    const { id: deviceId } = await system.device();
    const { body } = await system.call('POST', '/api/payments', {
      key: newId('payment'),
      body: { amount: 1099, currency: 'usd', deviceId, paymentMethod: 'pm_card_visa', customerEmail },
    });
    const [row] = await system.database.query<{ id: string }>('select customer_id as id from payments where id = $1', [body.id]);
    return row?.id ?? '';
  }
});
