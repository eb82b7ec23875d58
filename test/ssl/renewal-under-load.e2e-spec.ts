import { once } from 'node:events';
import http2 from 'node:http2';
import https from 'node:https';
import type { TLSSocket } from 'node:tls';
import { SystemClock } from '#kernel';
import { createTestDatabase, requiresProgram, type TestDatabase, waitFor } from '#test';
import { type Pebble, PEBBLE_PROGRAMS, startPebble } from './pebble.js';
import { freePorts, startTlsApp, type TlsApp } from './tls-app.js';

const NAME = 'pay.example.test';
/** A third of it is left for the renewal, on a machine that is busy with the clients too. UPP_TEST_CERTIFICATE_SECONDS sets another. */
const LIFETIME_SECONDS = Number(process.env['UPP_TEST_CERTIFICATE_SECONDS'] ?? 60);
const RENEWALS = 1;
const CLIENTS = 2;

/** What the clients have seen so far. */
interface Tally {
  requests: number;
  readonly failures: string[];
  readonly fingerprints: Set<string>;
}

requiresProgram(...PEBBLE_PROGRAMS)('renewal under load, in real time', () => {
  let pebble: Pebble;
  let root: string;
  let database: TestDatabase;
  const replicas: TlsApp[] = [];

  beforeAll(async () => {
    const [challengePort = 0] = await freePorts(1);
    pebble = await startPebble(challengePort, LIFETIME_SECONDS);
    root = await pebble.issuedRoot();
    database = await createTestDatabase();
    const environment = {
      TLS_MODE: 'acme',
      TLS_NAMES: NAME,
      TLS_CHECK_INTERVAL_MS: '250',
      ACME_DIRECTORY_URL: pebble.directoryUrl,
      ACME_CA_FILE: pebble.caFile,
      ACME_TERMS_AGREED: 'true',
    };
    for (const port of [challengePort, 0]) {
      replicas.push(await startTlsApp(database.url, { ...environment, TLS_PLAIN_HTTP_PORT: String(port) }, new SystemClock()));
    }
    await waitFor(() => replicas.every((each) => each.certificates.status()?.state === 'ok'));
  });

  afterAll(async () => {
    await Promise.all(replicas.map((each) => each.close()));
    await database.drop();
    await pebble.stop();
  });

  it(
    'fails no request on two replicas, drops no connection and shows every new certificate',
    async () => {
      const tally: Tally = { requests: 0, failures: [], fingerprints: new Set() };
      const stop = new AbortController();
      const clients = replicas.flatMap(({ port }) => [
        ...Array.from({ length: CLIENTS }, async () => connectAnewEachTime(port, tally, stop.signal)),
        stayConnected(port, tally, stop.signal),
        stayConnectedOverHttp2(port, tally, stop.signal),
      ]);

      // An EC certificate at the start and one after each renewal, as Node's client prefers.
      await waitFor(() => tally.fingerprints.size > RENEWALS || tally.failures.length > 0, {
        timeoutMs: LIFETIME_SECONDS * RENEWALS * 1_000,
      });
      stop.abort();
      await Promise.all(clients);

      expect(tally.failures).toEqual([]);
      expect(tally.requests).toBeGreaterThan(200);
    },
    LIFETIME_SECONDS * RENEWALS * 1_000 + 20_000,
  );

  async function connectAnewEachTime(port: number, tally: Tally, stop: AbortSignal): Promise<void> {
    while (!stop.aborted && tally.failures.length === 0) await request(port, tally, false);
  }

  async function stayConnected(port: number, tally: Tally, stop: AbortSignal): Promise<void> {
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    while (!stop.aborted && tally.failures.length === 0) ports.add(await request(port, tally, agent));
    agent.destroy();
    if (ports.size !== 1) tally.failures.push(`a kept connection was replaced ${ports.size - 1} times`);
  }

  async function request(port: number, tally: Tally, agent: https.Agent | false): Promise<number | undefined> {
    try {
      const sent = https.get({ host: '127.0.0.1', port, path: '/console', servername: NAME, ca: root, agent });
      const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
      const socket = response.socket as TLSSocket;
      const localPort = socket.localPort;
      // A resumed session has no certificate of its own.
      if (agent === false) tally.fingerprints.add(socket.getPeerCertificate().fingerprint256);
      response.resume();
      await once(response, 'end');
      tally.requests++;
      if (response.statusCode !== 200) tally.failures.push(`status ${response.statusCode}`);
      return localPort;
    } catch (error) {
      tally.failures.push(String(error));
      return undefined;
    }
  }

  async function stayConnectedOverHttp2(port: number, tally: Tally, stop: AbortSignal): Promise<void> {
    const session = http2.connect(`https://127.0.0.1:${port}`, { servername: NAME, ca: root });
    session.on('error', (error: Error) => tally.failures.push(String(error)));
    session.on('goaway', () => tally.failures.push('the HTTP/2 session was sent away'));
    while (!stop.aborted && tally.failures.length === 0) {
      try {
        const stream = session.request({ ':path': '/console' });
        const [headers] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader];
        stream.resume();
        await once(stream, 'end');
        tally.requests++;
        if (headers[':status'] !== 200) tally.failures.push(`status ${String(headers[':status'])}`);
      } catch (error) {
        tally.failures.push(String(error));
      }
    }
    session.close();
  }
});
