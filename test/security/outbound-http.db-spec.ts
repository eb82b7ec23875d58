import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OutboundHttp, SecurityIncidents } from '#security';
import { type SecuredApp, startSecuredApp } from './secured-app.js';

const ASK = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{}',
  timeoutMs: 5_000,
  maxResponseBytes: 1_024,
} as const;

describe('OutboundHttp', () => {
  let closed: SecuredApp;
  let open: SecuredApp;
  let server: Server;
  let port: number;
  let requests = 0;

  beforeAll(async () => {
    closed = await startSecuredApp();
    open = await startSecuredApp({ databaseUrl: closed.databaseUrl, environment: { OUTBOUND_ALLOWED_CIDRS: '127.0.0.0/8,::1/128' } });
    server = createServer((request, response) => {
      requests += 1;
      if (request.url === '/redirect') response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
      else if (request.url === '/endless') response.writeHead(200).write('x'.repeat(100_000));
      else if (request.url === '/silent') response.writeHead(200).flushHeaders();
      else response.end('fine');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await open.close();
    await closed.close();
  });

  it('reaches an allowed network', async () => {
    const answer = await open.app.get(OutboundHttp).send({ ...ASK, url: `http://127.0.0.1:${port}/` });

    expect(answer).toMatchObject({ outcome: 'answered', status: 200, body: 'fine' });
  });

  it.each([
    'http://127.0.0.1:PORT/',
    'http://localhost:PORT/',
    'http://2130706433:PORT/',
    'http://0x7f.1:PORT/',
    'http://[::1]:PORT/',
    'http://[::ffff:127.0.0.1]:PORT/',
    'http://169.254.169.254/',
  ])('refuses %s before any byte is sent, and reports it', async (template) => {
    const before = requests;
    const url = template.replace('PORT', String(port));

    await expect(closed.app.get(OutboundHttp).send({ ...ASK, url })).rejects.toMatchObject({ code: 'outbound_address_refused' });

    await closed.app.get(SecurityIncidents).flush();
    expect(requests).toBe(before);
    const rows = await closed.database.query(`select 1 from security_incidents where type = 'outbound_address_refused' and subject = $1`, [
      new URL(url).hostname,
    ]);
    expect(rows).toHaveLength(1);
  });

  it('does not follow a redirect', async () => {
    const answer = await open.app.get(OutboundHttp).send({ ...ASK, url: `http://127.0.0.1:${port}/redirect` });

    expect(answer).toMatchObject({ outcome: 'answered', status: 302 });
  });

  it('reads no more than it was allowed of an endless answer', async () => {
    const answer = await open.app.get(OutboundHttp).send({ ...ASK, url: `http://127.0.0.1:${port}/endless` });

    expect(answer).toMatchObject({ outcome: 'answered', body: 'x'.repeat(1_024) });
  });

  it('gives up on an answer that does not end', async () => {
    const answer = await open.app.get(OutboundHttp).send({ ...ASK, url: `http://127.0.0.1:${port}/silent`, timeoutMs: 200 });

    expect(answer).toMatchObject({ outcome: 'failed', reason: 'timeout' });
  });

  it('says that nobody listens', async () => {
    const answer = await open.app.get(OutboundHttp).send({ ...ASK, url: 'http://127.0.0.1:1/' });

    expect(answer).toMatchObject({ outcome: 'failed', reason: 'connection_failed' });
  });

  it.each(['ftp://example.com/', 'file:///etc/passwd', 'https://user:secret@example.com/', 'example.com', 'https://10.0.0.1/'])(
    'refuses to keep %s',
    (url) => {
      expect(() => closed.app.get(OutboundHttp).check(url)).toThrow(expect.objectContaining({ code: 'outbound_address_refused' }) as Error);
    },
  );
});
