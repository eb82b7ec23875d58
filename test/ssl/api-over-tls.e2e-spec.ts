import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { TestSystem } from '../support/test-system.js';

describe('the api over its own HTTPS listener', () => {
  let system: TestSystem;
  let folder: string;
  let session: http2.ClientHttp2Session;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'upp-tls-'));
    system = await TestSystem.start({ environment: { TLS_MODE: 'self_signed', TLS_DIRECTORY: folder, TLS_PLAIN_HTTP_PORT: '0' } });
    const { port } = system.app.getHttpServer().address() as AddressInfo;
    session = http2.connect(`https://localhost:${port}`, { rejectUnauthorized: false });
  });

  afterAll(async () => {
    session.close();
    await system.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('takes a payment over HTTP/2', async () => {
    const device = await call('POST', '/api/devices', { type: 'smartphone', fingerprint: 'over-tls', capabilities: ['nfc'] });
    expect(device.status).toBe(201);

    const payment = { amount: 1099, currency: 'usd', deviceId: device.body.id, paymentMethod: 'pm_card_visa' };
    const paid = await call('POST', '/api/payments', payment, { 'idempotency-key': 'over-tls' });

    expect(paid).toMatchObject({ status: 201, body: { status: 'succeeded', amount: 1099 } });
  });

  it('answers errors as over plain HTTP', async () => {
    expect(await call('GET', '/api/nothing')).toMatchObject({ status: 404, body: { code: 'route_not_found' } });
    expect(await call('POST', '/api/webhooks/stripe', { id: 'evt_1' })).toMatchObject({ status: 400 });
  });

  async function call(
    method: string,
    url: string,
    body?: unknown,
    headers: Record<string, string> = {},
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what it holds is what is being tested
  ): Promise<{ status: number; body: any }> {
    const stream = session.request({
      ':method': method,
      ':path': url,
      authorization: `Bearer ${system.apiKey}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    });
    stream.end(body === undefined ? undefined : JSON.stringify(body));
    const [answer] = (await once(stream, 'response')) as [http2.IncomingHttpStatusHeader];
    let text = '';
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await once(stream, 'end');
    return { status: answer[':status'] ?? 0, body: text === '' ? null : (JSON.parse(text) as unknown) };
  }
});
