import pg from 'pg';
import { createTestDatabase, requiresProgram, type TestDatabase, waitFor } from '#test';
import { type Pebble, PEBBLE_PROGRAMS, startPebble } from './pebble.js';
import { freePorts, MovedClock, shakeHands, startTlsApp, type TlsApp } from './tls-app.js';

const NAMES = ['pay.example.test', 'api.example.test'];
const LIFETIME_SECONDS = 90;
/** Past two thirds of the lifetime, before its end. */
const DUE_MS = 65_000;

requiresProgram(...PEBBLE_PROGRAMS)('certificates by ACME', () => {
  let pebble: Pebble;
  let challengePort: number;
  let root: string;
  let database: TestDatabase;
  let client: pg.Client;
  let clock: MovedClock;
  const running: TlsApp[] = [];

  beforeAll(async () => {
    [challengePort = 0] = await freePorts(1);
    pebble = await startPebble(challengePort, LIFETIME_SECONDS);
    root = await pebble.issuedRoot();
  });

  afterAll(async () => pebble.stop());

  beforeEach(async () => {
    database = await createTestDatabase();
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
    clock = new MovedClock();
  });

  afterEach(async () => {
    await Promise.all(running.splice(0).map((each) => each.close()));
    await client.end();
    await database.drop();
  });

  async function start(environment: Record<string, string> = {}): Promise<TlsApp> {
    const app = await startTlsApp(
      database.url,
      {
        TLS_MODE: 'acme',
        TLS_NAMES: NAMES.join(),
        TLS_PLAIN_HTTP_PORT: String(challengePort),
        ACME_DIRECTORY_URL: pebble.directoryUrl,
        ACME_CA_FILE: pebble.caFile,
        ACME_EMAIL: 'ops@example.test',
        ACME_TERMS_AGREED: 'true',
        ...environment,
      },
      clock,
    );
    running.push(app);
    return app;
  }

  /** Starts an application and waits until it has its first certificates. */
  async function startWithCertificates(environment: Record<string, string> = {}): Promise<TlsApp> {
    const app = await start(environment);
    await app.watch.lookOnce();
    expect(app.certificates.status()).toMatchObject({ state: 'ok', problem: null });
    return app;
  }

  async function servedBy(app: TlsApp, servername = NAMES[0]): Promise<string> {
    return (await shakeHands(app.port, { servername, ca: root })).fingerprint;
  }

  async function account(): Promise<Record<string, unknown>> {
    return (await client.query<Record<string, unknown>>('select * from acme_accounts')).rows[0] ?? {};
  }

  it('issues an EC and an RSA certificate that clients of either kind accept for every name', async () => {
    const app = await startWithCertificates();

    for (const servername of NAMES) {
      expect(await shakeHands(app.port, { servername, ca: root })).toMatchObject({ protocol: 'TLSv1.3', alpn: 'h2', keyType: 'ec' });
      expect(await shakeHands(app.port, { servername, ca: root, sigalgs: 'rsa_pss_rsae_sha256' })).toMatchObject({ keyType: 'rsa' });
    }
    expect(app.certificates.status()).toMatchObject({
      mode: 'acme',
      names: expect.arrayContaining(NAMES) as string[],
      keyTypes: ['ec', 'rsa'],
    });
  });

  it('refuses handshakes until the first certificate is there', async () => {
    const app = await start({ TLS_PLAIN_HTTP_PORT: '0' });

    await expect(servedBy(app)).rejects.toThrow(/handshake failure/);
    expect(app.certificates.status()).toMatchObject({ state: 'missing', remainingRatio: 0 });
  });

  it('orders nothing while more than a third of the lifetime is left, and renews after', async () => {
    const app = await startWithCertificates();
    const first = await servedBy(app);

    clock.advance(DUE_MS - 15_000);
    expect(await app.acme.renewIfDue()).toBe('not_due');
    clock.advance(15_000);
    expect(await app.acme.renewIfDue()).toBe('renewed');
    await app.certificates.reload();

    expect(await servedBy(app)).not.toBe(first);
  });

  it('keeps its account over renewals and restarts', async () => {
    const app = await startWithCertificates();
    const before = await account();
    clock.advance(DUE_MS);

    const other = await start({ TLS_PLAIN_HTTP_PORT: '0' });
    await waitFor(async () => (await servedBy(other)) !== (await servedBy(app)));

    expect((await account())['private_key_sealed']).toEqual(before['private_key_sealed']);
    expect(await client.query('select 1 from acme_accounts')).toMatchObject({ rowCount: 1 });
  });

  it('answers a challenge by the replica that did not order', async () => {
    const asked = await start({ ACME_DIRECTORY_URL: 'https://localhost:1/dir' });
    const ordering = await startWithCertificates({ TLS_PLAIN_HTTP_PORT: '0' });

    expect(ordering.certificates.status()).toMatchObject({ state: 'ok' });
    await asked.certificates.reload();
    expect(await servedBy(asked)).toBe(await servedBy(ordering));
  });

  it('lets one of several replicas order', async () => {
    const replicas = [await startWithCertificates(), await start({ TLS_PLAIN_HTTP_PORT: '0' }), await start({ TLS_PLAIN_HTTP_PORT: '0' })];
    clock.advance(DUE_MS);

    const outcomes = await Promise.all(replicas.map((each) => each.acme.renewIfDue()));
    await Promise.all(replicas.map((each) => each.certificates.reload()));

    expect(outcomes.filter((outcome) => outcome === 'renewed')).toHaveLength(1);
    expect(outcomes).not.toContain('failed');
    expect(new Set(await Promise.all(replicas.map((each) => servedBy(each)))).size).toBe(1);
  });

  it('orders again when the names change', async () => {
    await startWithCertificates();

    const renamed = await start({ TLS_NAMES: 'new.example.test', TLS_PLAIN_HTTP_PORT: '0' });
    await waitFor(async () => servedBy(renamed, 'new.example.test'));

    expect(renamed.certificates.status()?.names).toEqual(['new.example.test']);
  });

  it('stores nothing when its lease ran out meanwhile', async () => {
    const app = await startWithCertificates();
    const first = await servedBy(app);
    clock.advance(DUE_MS);
    await client.query(`create function end_lease() returns trigger language plpgsql as
      $$ begin update acme_accounts set leased_until = now() - interval '1 second'; return new; end $$`);
    await client.query('create trigger ends_lease after insert on acme_challenges execute function end_lease()');

    expect(await app.acme.renewIfDue()).toBe('failed');

    await app.certificates.reload();
    expect(await servedBy(app)).toBe(first);
    expect(await account()).toMatchObject({ failures: 1, last_error: expect.stringContaining('lease') as string });
  });

  describe('when the renewal fails', () => {
    it.each<{ why: string; environment: Record<string, string>; error: RegExp }>([
      { why: 'the challenge cannot be reached', environment: { TLS_PLAIN_HTTP_PORT: '0' }, error: /refused/i },
      { why: 'the authority is not trusted', environment: { ACME_CA_FILE: '' }, error: /self-signed/ },
    ])('keeps the old certificate and pauses: $why', async ({ environment, error }) => {
      await (await startWithCertificates()).close();
      running.splice(0);
      clock.advance(DUE_MS);

      const app = await start({ TLS_PLAIN_HTTP_PORT: String(challengePort), ...environment });
      await app.watch.lookOnce();

      await expectOldCertificate(app, root, error);
    });

    it('keeps the old certificate and pauses: the authority is down', async () => {
      const other = await startPebble(challengePort, LIFETIME_SECONDS);
      const otherRoot = await other.issuedRoot();
      const app = await startWithCertificates({ ACME_DIRECTORY_URL: other.directoryUrl, ACME_CA_FILE: other.caFile });
      await other.goDown();
      clock.advance(DUE_MS);

      await app.watch.lookOnce();

      await expectOldCertificate(app, otherRoot, /ECONNREFUSED/);
      await other.stop();
    });

    it('tries again when the pause is over', async () => {
      const app = await start({ TLS_PLAIN_HTTP_PORT: '0' });
      await app.watch.lookOnce();
      await app.close();
      running.splice(0);
      await client.query('update acme_accounts set next_attempt_at = now()');

      await startWithCertificates();

      expect(await account()).toMatchObject({ failures: 0, last_error: null });
    });

    async function expectOldCertificate(app: TlsApp, ca: string, error: RegExp): Promise<void> {
      expect(await shakeHands(app.port, { servername: NAMES[0], ca })).toMatchObject({ keyType: 'ec' });
      expect(await account()).toMatchObject({ failures: 1, lease_owner: null, last_error: expect.stringMatching(error) as string });
      expect(app.certificates.status()).toMatchObject({ state: 'renewal_due' });
      expect(await app.acme.renewIfDue()).toBe('not_our_turn');
    }
  });
});
