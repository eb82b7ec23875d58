import { LedgerRepository } from '#payments';
import { spawnProcess } from '#test';
import { TestSystem } from '../support/test-system.js';

let system: TestSystem;

beforeAll(async () => {
  system = await TestSystem.start();
});
afterAll(() => system.stop());

const verify = async () => {
  const command = spawnProcess([process.execPath, 'dist/scripts/ledger-verify.js'], { env: system.environment });
  const { code } = await command.exited;
  return { code, output: command.output };
};

describe(LedgerRepository, () => {
  it('finds no difference after payments, captures, refunds and declines, and each one that is made by hand', async () => {
    const { id: deviceId } = await system.device();
    const pay = async (key: string, parts: Record<string, unknown> = {}) => {
      const body = { amount: 1_000, currency: 'usd', deviceId, paymentMethod: 'pm_card_visa', ...parts };
      return (await system.call('POST', '/api/payments', { key, body })).body;
    };
    const paid = await pay('one');
    await system.call('POST', `/api/payments/${paid.id}/refunds`, { key: 'two', body: { amount: 400 } });
    await pay('three', { paymentMethod: 'pm_card_visa_chargeDeclined' });
    const held = await pay('four', { captureMethod: 'manual' });

    const clean = await verify();
    await system.database.query('update payments set amount_received_minor = 999 where id = $1', [paid.id]);
    await system.database.query(`update payments set status = 'canceled' where id = $1`, [held.id]);
    await system.database.query(`delete from refunds where payment_id = $1`, [paid.id]);
    const broken = await verify();

    expect(clean).toEqual({ code: 0, output: expect.stringContaining('3 payments compared, 0 differences.') });
    expect(broken.code).toBe(1);
    expect(broken.output).toContain(`${paid.id}: amount_received_minor is 999, the ledger says 1000`);
    expect(broken.output).toContain(`${paid.id}: amount_refunded_minor is 400, the ledger says 0`);
    expect(broken.output).toContain(`${held.id}: status is canceled, the ledger says requires_capture`);
    // A reservation that its payment left behind.
    expect(broken.output).toContain('spending limit leaked');
  });
});
