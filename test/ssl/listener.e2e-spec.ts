import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import http2 from 'node:http2';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { createTestDatabase, type TestDatabase } from '#test';
import { issueTestCertificate, writePair } from './test-certificates.js';
import { MovedClock, shakeHands, startTlsApp, type TlsApp } from './tls-app.js';

const DAY_MS = 86_400_000;
/** The certificates here are nobody's: what counts is which one is shown. */
const ANYBODY = { rejectUnauthorized: false, servername: 'localhost' } as const;

describe('the HTTPS listener', () => {
  let database: TestDatabase;
  let folder: string;
  let clock: MovedClock;
  const running: TlsApp[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
  });

  afterAll(async () => database.drop());

  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'upp-tls-'));
    clock = new MovedClock();
  });

  afterEach(async () => {
    await Promise.all(running.splice(0).map((each) => each.close()));
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(environment: Record<string, string>): Promise<TlsApp> {
    const app = await startTlsApp(database.url, environment, clock);
    running.push(app);
    return app;
  }

  async function startWithFiles(...keyTypes: ('ec' | 'rsa')[]): Promise<TlsApp> {
    for (const keyType of keyTypes) writePair(folder, keyType, await issueTestCertificate({ keyType }));
    return start({
      TLS_MODE: 'custom',
      TLS_CERTIFICATE_FILES: keyTypes.map((keyType) => path.join(folder, `${keyType}.crt`)).join(),
      TLS_KEY_FILES: keyTypes.map((keyType) => path.join(folder, `${keyType}.key`)).join(),
    });
  }

  async function shownBy(app: TlsApp): Promise<string> {
    return (await shakeHands(app.port, ANYBODY)).fingerprint;
  }

  describe('policy', () => {
    it.each([
      { offer: { minVersion: 'TLSv1.3' }, agreed: { protocol: 'TLSv1.3', keyType: 'ec' } },
      { offer: { sigalgs: 'rsa_pss_rsae_sha256' }, agreed: { protocol: 'TLSv1.3', keyType: 'rsa' } },
      { offer: { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' }, agreed: { protocol: 'TLSv1.2', keyType: 'ec' } },
      { offer: { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-CHACHA20-POLY1305' }, agreed: { protocol: 'TLSv1.2', keyType: 'rsa' } },
      { offer: { ALPNProtocols: ['h2', 'http/1.1'] }, agreed: { alpn: 'h2' } },
      { offer: { ALPNProtocols: ['http/1.1'] }, agreed: { alpn: 'http/1.1' } },
    ] as const)('agrees with a client that offers $offer', async ({ offer, agreed }) => {
      const app = await startWithFiles('ec', 'rsa');

      expect(await shakeHands(app.port, { ...ANYBODY, ...(offer as object) })).toMatchObject(agreed);
    });

    it.each([
      { offer: { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' } },
      { offer: { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' } },
      { offer: { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-SHA256' } },
      { offer: { maxVersion: 'TLSv1.2', ciphers: 'DHE-RSA-AES128-GCM-SHA256' } },
    ] as const)('refuses a client that offers only $offer', async ({ offer }) => {
      const app = await startWithFiles('ec', 'rsa');

      await expect(shakeHands(app.port, { ...ANYBODY, ...offer })).rejects.toThrow(/alert/i);
    });
  });

  it('closes at once though clients keep their connections', async () => {
    const app = await startWithFiles('ec');
    const session = http2.connect(`https://127.0.0.1:${app.port}`, ANYBODY);
    await get(session);
    const agent = new https.Agent({ keepAlive: true });
    const request = https.get({ host: '127.0.0.1', port: app.port, path: '/console', agent, ...ANYBODY }, (response) => response.resume());
    await once(request, 'close');
    const silent = tls.connect({ host: '127.0.0.1', port: app.port, ALPNProtocols: ['http/1.1'], ...ANYBODY });
    await once(silent, 'secureConnect');

    await app.close();
    running.splice(0);

    await expect(shownBy(app)).rejects.toThrow(/ECONNREFUSED/);
    agent.destroy();
    silent.destroy();
  });

  describe('with files', () => {
    it('takes up a new certificate without dropping the connections of the old one', async () => {
      const app = await startWithFiles('ec');
      const before = await shownBy(app);
      const session = http2.connect(`https://127.0.0.1:${app.port}`, ANYBODY);
      await get(session);

      writePair(folder, 'ec', await issueTestCertificate());
      expect(await app.certificates.reload()).toBe('replaced');

      expect(await shownBy(app)).not.toBe(before);
      expect(await get(session)).toBe(200);
      expect(await app.certificates.reload()).toBe('unchanged');
      session.close();
    });

    it.each([
      { what: 'an unreadable certificate', spoil: () => ({ crt: 'spoiled' }), reason: 'certificate_unreadable' },
      { what: 'an unreadable key', spoil: () => ({ key: 'spoiled' }), reason: 'key_unreadable' },
      { what: 'the key of another one', spoil: async () => ({ crt: (await issueTestCertificate()).chainPem }), reason: 'key_mismatch' },
      { what: 'an expired one', spoil: async () => files(await issueTestCertificate({ fromDay: -90, toDay: -1 })), reason: 'expired' },
      { what: 'one of the future', spoil: async () => files(await issueTestCertificate({ fromDay: 1 })), reason: 'not_yet_valid' },
      {
        what: 'one for other names',
        spoil: async () => files(await issueTestCertificate({ names: ['a.test'] })),
        reason: 'name_not_covered',
      },
    ])('keeps the old certificate when it finds $what', async ({ spoil, reason }) => {
      writePair(folder, 'ec', await issueTestCertificate());
      const app = await start({
        TLS_MODE: 'custom',
        TLS_NAMES: 'localhost',
        TLS_CERTIFICATE_FILES: path.join(folder, 'ec.crt'),
        TLS_KEY_FILES: path.join(folder, 'ec.key'),
      });
      const before = await shownBy(app);
      for (const [extension, text] of Object.entries(await spoil())) writeFileSync(path.join(folder, `ec.${extension}`), text);

      expect(await app.certificates.reload()).toBe('kept');

      expect(await shownBy(app)).toBe(before);
      expect(app.certificates.status()).toMatchObject({ state: 'ok', problem: expect.stringContaining(reason) as string });
    });

    it('keeps the old certificate when the file is gone, and says so until a good one is back', async () => {
      const app = await startWithFiles('ec');
      rmSync(path.join(folder, 'ec.crt'));

      expect(await app.certificates.reload()).toBe('kept');
      expect(app.certificates.status()?.problem).toMatch(/ENOENT/);
      writePair(folder, 'ec', await issueTestCertificate());
      expect(await app.certificates.reload()).toBe('replaced');

      expect(app.certificates.status()?.problem).toBeNull();
    });

    it('does not start with a key that belongs to another certificate', async () => {
      const { certificateFile } = writePair(folder, 'one', await issueTestCertificate());
      const { keyFile } = writePair(folder, 'two', await issueTestCertificate());

      await expect(start({ TLS_MODE: 'custom', TLS_CERTIFICATE_FILES: certificateFile, TLS_KEY_FILES: keyFile })).rejects.toThrow(
        /key_mismatch/,
      );
    });

    it('starts with an expired one and reports it: a restart makes nothing worse', async () => {
      const { certificateFile, keyFile } = writePair(folder, 'ec', await issueTestCertificate({ fromDay: -90, toDay: -1 }));

      const app = await start({ TLS_MODE: 'custom', TLS_CERTIFICATE_FILES: certificateFile, TLS_KEY_FILES: keyFile });

      expect(app.certificates.status()).toMatchObject({ state: 'expired', remainingRatio: 0 });
    });

    it('reports the certificate that ends first', async () => {
      writePair(folder, 'ec', await issueTestCertificate({ fromDay: -1, toDay: 89 }));
      writePair(folder, 'rsa', await issueTestCertificate({ keyType: 'rsa', fromDay: -80, toDay: 10, names: ['rsa.test'] }));
      const app = await start({
        TLS_MODE: 'custom',
        TLS_CERTIFICATE_FILES: `${folder}/ec.crt,${folder}/rsa.crt`,
        TLS_KEY_FILES: `${folder}/ec.key,${folder}/rsa.key`,
      });

      expect(app.certificates.status()).toMatchObject({ names: ['rsa.test'], state: 'renewal_due', keyTypes: ['ec', 'rsa'] });
    });

    it('tells browsers to stay with HTTPS', async () => {
      const app = await startWithFiles('ec');

      expect(await headers(app)).toMatchObject({ 'strict-transport-security': 'max-age=31536000' });
    });
  });

  describe('self-signed', () => {
    it('makes a certificate for the local names and the configured ones, and keeps it over restarts', async () => {
      const first = await start({ TLS_MODE: 'self_signed', TLS_DIRECTORY: folder, TLS_NAMES: 'shop.local.test' });
      const second = await start({ TLS_MODE: 'self_signed', TLS_DIRECTORY: folder, TLS_NAMES: 'shop.local.test' });

      expect(first.certificates.status()).toMatchObject({
        state: 'ok',
        names: expect.arrayContaining(['localhost', 'shop.local.test']) as string[],
      });
      expect(await shownBy(second)).toBe(await shownBy(first));
      expect(statSync(path.join(folder, 'live/ec.key')).mode & 0o777).toBe(0o600);
    });

    it('makes a new one when it is due or the names change', async () => {
      const app = await start({ TLS_MODE: 'self_signed', TLS_DIRECTORY: folder });
      const first = await shownBy(app);

      clock.advance(61 * DAY_MS);
      expect(await app.certificates.reload()).toBe('replaced');
      const second = await shownBy(app);
      const renamed = await start({ TLS_MODE: 'self_signed', TLS_DIRECTORY: folder, TLS_NAMES: 'other.local.test' });

      expect(new Set([first, second, await shownBy(renamed)]).size).toBe(3);
    });

    it('keeps few old versions', async () => {
      const app = await start({ TLS_MODE: 'self_signed', TLS_DIRECTORY: folder });
      for (let renewal = 0; renewal < 6; renewal++) {
        clock.advance(61 * DAY_MS);
        expect(await app.certificates.reload()).toBe('replaced');
      }

      expect(readdirSync(path.join(folder, 'versions'))).toHaveLength(4);
      expect(readdirSync(folder).sort()).toEqual(['live', 'versions']);
    });

    it('does not tell browsers to remember HTTPS on localhost', async () => {
      const app = await start({ TLS_MODE: 'self_signed', TLS_DIRECTORY: folder });

      expect(await headers(app)).not.toHaveProperty('strict-transport-security');
    });
  });
});

function files({ chainPem, keyPem }: { chainPem: string; keyPem: string }): Record<string, string> {
  return { crt: chainPem, key: keyPem };
}

async function get(session: http2.ClientHttp2Session): Promise<number | undefined> {
  const stream = session.request({ ':path': '/console' });
  const [answer] = (await once(stream, 'response')) as [http2.IncomingHttpStatusHeader];
  stream.resume();
  await once(stream, 'end');
  return answer[':status'];
}

async function headers(app: TlsApp): Promise<http2.IncomingHttpHeaders> {
  const session = http2.connect(`https://127.0.0.1:${app.port}`, ANYBODY);
  const stream = session.request({ ':path': '/console' });
  const [answer] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
  session.destroy();
  return answer;
}
