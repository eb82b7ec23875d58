import { MINUTE_MS, newId } from '#kernel';
import { SecurityIncidents } from '#security';
import { TestSystem } from '../support/test-system.js';

describe('limits of the real routes, counted in PostgreSQL', () => {
  let system: TestSystem;

  beforeAll(async () => {
    system = await TestSystem.start({
      environment: { RATE_LIMIT_STORAGE: 'postgres', RATE_LIMIT_PAYMENTS_PER_MINUTE: '10', RATE_LIMIT_DEVICE_REGISTRATIONS_PER_HOUR: '5' },
    });
  });
  afterAll(() => system.stop());

  it('lets a device pay ten times in a minute, then blocks it for five', async () => {
    const device = await system.device();
    const pay = () =>
      system.call('POST', '/api/payments', {
        credential: device.credential,
        key: newId('payment'),
        body: { amount: 1099, currency: 'usd', deviceId: device.id, paymentMethod: 'pm_card_visa' },
      });

    const first = await Promise.all(Array.from({ length: 10 }, pay));
    const eleventh = await pay();
    await system.app.get(SecurityIncidents).flush();

    expect(first.filter(({ status }) => status === 429)).toEqual([]);
    expect(first[0]?.headers.get('ratelimit-policy')).toBe('"api";q=1000000;w=900, "payments";q=10;w=60');
    expect(eleventh).toMatchObject({ status: 429, body: { code: 'rate_limit_exceeded', policy: 'payments' } });
    expect(eleventh.headers.get('retry-after')).toBe('300');
    const incidents = await system.call('GET', '/api/admin/security-incidents');
    expect(incidents.body.data).toEqual([
      expect.objectContaining({ type: 'rate_limit_exceeded', subject: `payments:${device.id}`, count: 1, severity: 'medium' }),
    ]);
    const { blockedUntil, lastSeenAt } = incidents.body.data[0] as { blockedUntil: string; lastSeenAt: string };
    expect(Date.parse(blockedUntil) - Date.parse(lastSeenAt)).toBe(5 * MINUTE_MS);
  });

  it('lets one address register five devices in an hour', async () => {
    const register = (): Promise<{ status: number }> =>
      system.call('POST', '/api/devices', {
        body: { type: 'kiosk', fingerprint: `fingerprint-${newId('device')}`, capabilities: ['card'] },
      });

    const statuses: number[] = [];
    for (let index = 0; index < 5; index++) statuses.push((await register()).status);

    // The device of the case before was the first.
    expect(statuses).toEqual([201, 201, 201, 201, 429]);
  });

  it('ends a device’s credential in the moment it is revoked', async () => {
    const other = await TestSystem.start();
    const registered = await other.device();
    const read = () => other.call('GET', `/api/payments`, { credential: registered.credential });
    const before = await read();

    await other.call('POST', `/api/devices/${registered.id}/revoke`);
    const after = await read();

    await other.stop();
    expect(before.status).not.toBe(401);
    expect(after).toMatchObject({ status: 401, body: { code: 'device_credential_revoked' } });
  });
});
