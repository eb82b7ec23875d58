import { newId } from '#kernel';
import { AuditSealer, AuditVerifier } from '#security';
import { presentTransactionsEnded } from '#test';
import { TestSystem } from '../support/test-system.js';

describe('the audit log of money', () => {
  let system: TestSystem;
  let deviceId: string;

  beforeAll(async () => {
    system = await TestSystem.start();
    deviceId = (await system.device()).id;
  });
  afterAll(() => system.stop());

  const post = (path: string, body: object = {}) => system.call('POST', path, { key: newId('payment'), body });
  const linesOf = (objectId: string) =>
    system.database.query<{ action: string; actor: string }>('select action, actor from audit_log where object_id = $1 order by sequence', [
      objectId,
    ]);

  it('has a line for each change of a payment and for each refund, with who asked for it', async () => {
    const { body: payment } = await post('/api/payments', {
      amount: 1099,
      currency: 'usd',
      deviceId,
      paymentMethod: 'pm_card_visa',
      captureMethod: 'manual',
    });
    await post(`/api/payments/${payment.id}/capture`);
    const { body: refund } = await post(`/api/payments/${payment.id}/refunds`, { amount: 99 });

    const lines = await linesOf(payment.id);
    const refundLines = await linesOf(refund.id);

    expect(lines.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['payment_processing', 'payment_requires_capture', 'payment_succeeded']),
    );
    expect(lines.some(({ actor }) => actor.includes('key_'))).toBe(true);
    expect(refundLines).toEqual([{ action: 'refund_created', actor: expect.stringContaining('key_') as string }]);
  });

  it('is rolled back with a change that fails', async () => {
    const [before] = await system.database.query<{ count: number }>('select count(*) as count from audit_log');

    const { status } = await post('/api/payments', { amount: 1, currency: 'usd', deviceId, paymentMethod: 'pm_card_visa' });

    const [after] = await system.database.query<{ count: number }>('select count(*) as count from audit_log');
    expect(status).toBe(422);
    expect(after).toEqual(before);
  });

  it('is sealed and verifies', async () => {
    await presentTransactionsEnded(system.database);
    while ((await system.app.get(AuditSealer).sealNext()) > 0);

    expect(await system.app.get(AuditVerifier).verify()).toMatchObject({ isIntact: true });
  });
});
