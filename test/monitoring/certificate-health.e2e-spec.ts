import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CertificateWatch } from '#ssl';
import { metricValue, waitFor } from '#test';
import { issueTestCertificate, writePair } from '../ssl/test-certificates.js';
import { TestSystem } from '../support/test-system.js';

const METRICS_KEY = { authorization: 'Bearer metrics-token-of-the-tests' };

/** Of the certificate that the operator brings. */
interface Lifetime {
  readonly fromDay: number;
  readonly toDay: number;
}

describe("the health of the listener's own certificate", () => {
  let folder: string;
  let system: TestSystem;

  async function bring(lifetime: Lifetime): Promise<{ certificateFile: string; keyFile: string }> {
    return writePair(folder, 'own', await issueTestCertificate(lifetime));
  }

  /** A process that finds this certificate when it starts: a running one takes up none that is out of date. */
  async function start(lifetime: Lifetime): Promise<void> {
    const { certificateFile, keyFile } = await bring(lifetime);
    system = await TestSystem.start({
      environment: {
        TLS_MODE: 'custom',
        TLS_CERTIFICATE_FILES: certificateFile,
        TLS_KEY_FILES: keyFile,
        TLS_PLAIN_HTTP_PORT: '0',
        TLS_CHECK_INTERVAL_MS: '3600000',
        // This machine may be busy or full; that is not what is asked here.
        HEALTH_DISK_MIN_FREE_PERCENT: '0',
        HEALTH_MEMORY_MAX_PERCENT: '100',
        HEALTH_EVENT_LOOP_DELAY_MS: '60000',
      },
    });
  }

  async function read(): Promise<{ status: number; health: string; certificate: unknown; ratio: number }> {
    const answer = await system.app.inject({ method: 'GET', url: '/health', headers: METRICS_KEY });
    const body = answer.json<{ status: string; details: Record<string, unknown> }>();
    await system.app.inject({ method: 'GET', url: '/metrics/prometheus', headers: METRICS_KEY });
    return {
      status: answer.statusCode,
      health: body.status,
      certificate: body.details['certificate'],
      ratio: await metricValue('upp_certificate_remaining_ratio'),
    };
  }

  beforeAll(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'upp-certificate-'));
  });

  afterEach(() => system.stop());

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('is up while more than a third of the lifetime is left', async () => {
    await start({ fromDay: -59, toDay: 31 });

    const { status, health, certificate, ratio } = await read();

    expect({ status, health }).toEqual({ status: 200, health: 'ok' });
    expect(certificate).toMatchObject({ status: 'up', mode: 'custom', state: 'ok' });
    expect(ratio).toBeCloseTo(31 / 90, 2);
  });

  it('is degraded, and requests are served, when less is left', async () => {
    await start({ fromDay: -61, toDay: 29 });

    const { status, health, certificate, ratio } = await read();

    expect({ status, health }).toEqual({ status: 200, health: 'degraded' });
    expect(certificate).toMatchObject({ status: 'degraded', state: 'renewal_due' });
    expect(ratio).toBeCloseTo(29 / 90, 2);
  });

  it('stays degraded, and never takes the process out of service, when it has expired', async () => {
    await start({ fromDay: -91, toDay: -1 });

    const { status, health, certificate, ratio } = await read();

    expect({ status, health }).toEqual({ status: 200, health: 'degraded' });
    expect(certificate).toMatchObject({ status: 'degraded', state: 'expired' });
    expect(ratio).toBeLessThanOrEqual(0);
  });

  it('is up again when a new one has been brought', async () => {
    await start({ fromDay: -91, toDay: -1 });
    const before = await read();

    await bring({ fromDay: -1, toDay: 89 });
    await waitFor(async () => {
      await system.app.get(CertificateWatch).lookOnce();
      return (await read()).health === 'ok';
    });

    expect(before.certificate).toMatchObject({ state: 'expired' });
    expect(await read()).toMatchObject({ status: 200, certificate: { status: 'up', state: 'ok' } });
  });
});
