import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createTestDatabase, requiresProgram, type TestDatabase } from '#test';
import { type Pebble, PEBBLE_PROGRAMS, startPebble } from './pebble.js';
import { freePorts, shakeHands, startTlsApp, type TlsApp } from './tls-app.js';

const NAME = 'cb.example.test';

requiresProgram(...PEBBLE_PROGRAMS, 'certbot')('certificates by certbot', () => {
  let pebble: Pebble;
  let database: TestDatabase;
  let challengePort: number;
  let folder: string;
  let app: TlsApp | undefined;

  beforeAll(async () => {
    [challengePort = 0] = await freePorts(1);
    pebble = await startPebble(challengePort, 86_400);
    database = await createTestDatabase();
    folder = mkdtempSync(path.join(os.tmpdir(), 'upp-certbot-'));
  });

  afterAll(async () => {
    await app?.close();
    await database.drop();
    await pebble.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('are ordered by the script, served, and replaced without a restart when certbot renews', async () => {
    const settings = path.join(folder, 'settings.env');
    writeFileSync(settings, 'PORT=3000\n');
    await run('scripts/setup-ssl.sh', [
      ...['letsencrypt', '--method', 'certbot', '--names', NAME, '--email', 'ops@example.test', '--agree-tos', '--skip-dns-check'],
      ...['--directory-url', pebble.directoryUrl, '--http-port', String(challengePort), '--certbot-dir', path.join(folder, 'certbot')],
      ...['--env-file', settings, '--directory', path.join(folder, 'tls')],
    ]);
    const environment = Object.fromEntries(
      readFileSync(settings, 'utf8')
        .trim()
        .split('\n')
        .map((line) => line.split('=') as [string, string]),
    );
    app = await startTlsApp(database.url, environment);
    const ca = await pebble.issuedRoot();
    const first = await shakeHands(app.port, { servername: NAME, ca });

    await run('certbot', [
      ...['renew', '--force-renewal', '--no-random-sleep-on-renew', '--config-dir', path.join(folder, 'certbot/config')],
      ...['--work-dir', path.join(folder, 'certbot/work'), '--logs-dir', path.join(folder, 'certbot/logs')],
    ]);

    expect(await app.certificates.reload()).toBe('replaced');
    expect((await shakeHands(app.port, { servername: NAME, ca })).fingerprint).not.toBe(first.fingerprint);
  }, 60_000);

  async function run(program: string, args: readonly string[]): Promise<void> {
    const child = spawn(program, args, { env: { ...process.env, REQUESTS_CA_BUNDLE: pebble.caFile }, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`${program} ended with ${String(code)}:\n${said}`);
  }
});
