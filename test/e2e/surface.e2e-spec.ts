import { TestSystem } from '../support/test-system.js';

let system: TestSystem;

beforeAll(async () => {
  system = await TestSystem.start();
});
afterAll(() => system.stop());

describe('what everybody may read', () => {
  it.each([
    ['/ping', 'ok'],
    ['/livez', 'ok'],
    ['/readyz', 'ready'],
    ['/startupz', 'started'],
  ])('answers %s with %s', async (path, status) => {
    const answer = await system.call('GET', path, { credential: null });

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ status });
  });

  it('shows the contract as a page whose scripts come from here alone', async () => {
    const page = await fetch(`${system.url}/docs`);
    const scripts = [...(await page.text()).matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');

    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(scripts).toHaveLength(3);
    for (const path of scripts) expect((await fetch(`${system.url}${path}`)).status).toBe(200);
  });

  it('describes every route of payments in the contract', async () => {
    const { body } = await system.call('GET', '/openapi.json', { credential: null });

    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining(['/api/payments', '/api/payments/{id}/capture', '/api/payments/{id}/refunds', '/api/devices']),
    );
  });
});
