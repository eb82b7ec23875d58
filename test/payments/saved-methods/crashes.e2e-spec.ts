import { LedgerRepository } from '#payments';
import { type CrashPoint } from '#platform';
import { TestSystem } from '../../support/test-system.js';
import { ApiProcess, dieAt, insist } from '../api-process.js';
import { aKey, Customers } from '../customers.js';

let system: TestSystem;
let customers: Customers;
let survivor: ApiProcess;

beforeAll(async () => {
  system = await TestSystem.start({ environment: { PAYMENT_REQUEST_LEASE_SECONDS: '1', PAYMENT_COMPLETER_LEASE_SECONDS: '2' } });
  customers = new Customers(system);
  survivor = await ApiProcess.start(system);
}, 60_000);
afterAll(async () => {
  await survivor.stop();
  const differences = await system.app.get(LedgerRepository).findDifferences();
  await system.stop();
  expect(differences).toEqual([]);
});

describe('saving a payment method', () => {
  it.each([
    'after_setup_recorded',
    'after_setup_customer',
    'after_setup_created',
    'after_setup_adopted',
    'after_setup_confirmed',
  ] as CrashPoint[])(
    'survives a process that dies %s: by the repeat, or by the worker',
    async (point) => {
      const [asked, left] = [await customers.add(), await customers.add()];
      system.loseWebhooks(true);
      const requests = [asked, left].map((id) => ({
        path: `/api/customers/${id}/payment-methods`,
        key: aKey(),
        body: { paymentMethod: 'pm_card_visa' },
      }));
      await dieAt(system, point, ...requests);

      const { status, body } = await insist(() => [survivor], requests[0]!);
      await system.completeNow();

      system.loseWebhooks(false);
      expect(status).toBe(201);
      expect(body).toMatchObject({ status: 'active' });
      const list = await system.call('GET', `/api/customers/${left}/payment-methods`);
      expect(list.body.data).toEqual([expect.objectContaining({ status: 'active', isDefault: true })]);
      expect(await customers.methodsAtStripe(asked)).toHaveLength(1);
      expect(await customers.methodsAtStripe(left)).toHaveLength(1);
    },
    60_000,
  );
});

describe('a saved payment method', () => {
  it('is detached here at once and at Stripe by the worker, when the process dies in between', async () => {
    const customerId = await customers.add();
    const { body: method } = await customers.save(customerId);
    const path = `/api/customers/${customerId}/payment-methods/${String(method.id)}/detach`;
    await dieAt(system, 'after_detach_recorded', { path, key: aKey(), body: {} });
    expect((await customers.method(customerId, method.id)).status).toBe('detached');
    expect(await customers.methodsAtStripe(customerId)).toHaveLength(1);

    await system.completeNow();

    expect(await customers.methodsAtStripe(customerId)).toEqual([]);
    const [row] = await system.database.query<{ due: Date | null }>(
      'select next_check_at as due from saved_payment_methods where id = $1',
      [method.id],
    );
    expect(row?.due).toBeNull();
  }, 60_000);
});
