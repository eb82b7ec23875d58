import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '#test';
import { startTlsApp, type TlsApp } from './tls-app.js';

const BROWSER = { host: 'pay.example.test', accept: 'text/html' };
const TOKEN = 'evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA';

describe('behind a proxy that takes plain HTTP too', () => {
  let database: TestDatabase;
  let app: TlsApp;

  beforeAll(async () => {
    database = await createTestDatabase();
    app = await startTlsApp(database.url, { TLS_MODE: 'off', TLS_NAMES: 'pay.example.test' });
  });

  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  it('has no listener of its own for it', () => {
    expect(app.plainHttpPort).toBeNull();
    expect(app.certificates.status()).toBeNull();
  });

  it.each([
    { what: 'a request from inside', headers: {}, status: 200 },
    { what: 'what came over TLS', headers: { 'x-forwarded-proto': 'https' }, status: 200 },
    { what: 'what the last proxy took over TLS', headers: { 'x-forwarded-proto': 'http, https' }, status: 200 },
    { what: 'a program that came without', headers: { 'x-forwarded-proto': 'http' }, status: 403 },
    { what: 'a program that pretends', headers: { 'x-forwarded-proto': 'https, http' }, status: 403 },
    { what: 'a page view that came without', headers: { 'x-forwarded-proto': 'http', ...BROWSER }, status: 308 },
  ])('answers $what with $status', async ({ headers, status }) => {
    const answer = await ask(app.port, 'GET', '/console', headers);

    expect(answer.status).toBe(status);
    expect(answer.headers.location).toBe(status === 308 ? 'https://pay.example.test/console' : undefined);
  });
});

describe('the listener without TLS', () => {
  let database: TestDatabase;
  let app: TlsApp;
  let folder: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    folder = mkdtempSync(path.join(os.tmpdir(), 'upp-tls-'));
    app = await startTlsApp(database.url, {
      TLS_MODE: 'self_signed',
      TLS_DIRECTORY: folder,
      TLS_NAMES: 'pay.example.test',
      TLS_PUBLIC_PORT: '8443',
    });
  });

  afterAll(async () => {
    await app.close();
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('sends a page view to HTTPS', async () => {
    const answer = await ask(port(), 'GET', '/console?tab=2', BROWSER);

    expect(answer).toMatchObject({
      status: 308,
      headers: { location: 'https://pay.example.test:8443/console?tab=2', connection: 'close' },
    });
    expect(answer.headers).not.toHaveProperty('strict-transport-security');
  });

  it.each([
    { method: 'POST', url: '/api/payments', headers: {} },
    { method: 'GET', url: '/api/payments', headers: BROWSER },
    { method: 'GET', url: '/console', headers: { ...BROWSER, authorization: 'Bearer upp_test_sk_0123456789' } },
    { method: 'GET', url: '/console', headers: { ...BROWSER, host: 'evil.test' } },
  ])('refuses $method $url with $headers and redirects nothing', async ({ method, url, headers }) => {
    const answer = await ask(port(), method, url, headers);

    expect(answer).toMatchObject({
      status: 403,
      headers: { 'content-type': 'application/problem+json; charset=utf-8', connection: 'close' },
    });
    expect(answer.headers).not.toHaveProperty('location');
    expect(JSON.parse(answer.body)).toMatchObject({
      type: 'urn:upp:problem:https_required',
      status: 403,
      code: 'https_required',
      requestId: expect.stringMatching(/^req_/) as string,
    });
  });

  it('answers a challenge that any replica has put down, until it expires', async () => {
    await sql(`insert into acme_challenges values ('${TOKEN}', 'the-answer', now() + interval '1 minute')`);
    expect(await ask(port(), 'GET', `/.well-known/acme-challenge/${TOKEN}`)).toMatchObject({ status: 200, body: 'the-answer' });

    await sql(`update acme_challenges set expires_at = now() - interval '1 second'`);
    expect(await ask(port(), 'GET', `/.well-known/acme-challenge/${TOKEN}`)).toMatchObject({ status: 404, body: '' });
  });

  it('answers many challenges at once', async () => {
    await sql(`insert into acme_challenges values ('${TOKEN}x', 'the-answer', now() + interval '1 minute')`);

    const answers = await Promise.all(Array.from({ length: 100 }, async () => ask(port(), 'GET', `/.well-known/acme-challenge/${TOKEN}x`)));

    expect(new Set(answers.map((answer) => answer.body))).toEqual(new Set(['the-answer']));
  });

  it('does not read a second request from the connection', async () => {
    const socket = connect(app.plainHttpPort ?? 0, '127.0.0.1');
    socket.write(`GET /api HTTP/1.1\r\nhost: a\r\n\r\nGET /api HTTP/1.1\r\nhost: a\r\n\r\n`);

    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await once(socket, 'close');

    expect(text.match(/HTTP\/1\.1 403/g)).toHaveLength(1);
  });

  function port(): number | null {
    return app.plainHttpPort;
  }

  async function sql(text: string): Promise<void> {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(text);
    await client.end();
  }
});

async function ask(
  port: number | null,
  method: string,
  url: string,
  headers: OutgoingHttpHeaders = {},
): Promise<{ status: number | undefined; headers: IncomingMessage['headers']; body: string }> {
  const request = httpRequest({ host: '127.0.0.1', port, method, path: url, headers });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let body = '';
  response.on('data', (chunk: Buffer) => (body += chunk.toString()));
  await once(response, 'end');
  return { status: response.statusCode, headers: response.headers, body };
}
