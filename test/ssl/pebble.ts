/** Pebble, Let's Encrypt's ACME server for tests, with a name server that answers 127.0.0.1 to every question. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { spawnProcess, waitFor } from '#test';
import { issueSelfSigned } from '../../libs/ssl/src/self-signed.js';
import { freePorts } from './tls-app.js';

/** The programs a suite with pebble needs. */
export const PEBBLE_PROGRAMS = ['pebble', 'pebble-challtestsrv'] as const;

/** A certificate authority on this machine. */
export interface Pebble {
  readonly directoryUrl: string;
  /** The certificate that makes `directoryUrl` trusted; for ACME_CA_FILE. */
  readonly caFile: string;
  /** The root of the certificates it issues, in PEM; another one after each start. */
  readonly issuedRoot: () => Promise<string>;
  /** Ends the authority and leaves its files, as an outage does. */
  readonly goDown: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/**
 * Starts pebble.
 *
 * @param challengePort - Where it comes with HTTP-01 questions, in place of port 80.
 * @param lifetimeSeconds - Of the certificates it issues.
 */
export async function startPebble(challengePort: number, lifetimeSeconds: number): Promise<Pebble> {
  const [directory = 0, management = 0, dns = 0, dnsManagement = 0, unused = 0] = await freePorts(5);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'upp-pebble-'));
  const caFile = path.join(folder, 'cert.pem');
  const keyFile = path.join(folder, 'key.pem');
  const pair = await issueSelfSigned(['localhost', '127.0.0.1'], new Date());
  writeFileSync(caFile, pair.chainPem);
  writeFileSync(keyFile, pair.keyPem);
  writeFileSync(
    path.join(folder, 'pebble.json'),
    JSON.stringify({
      pebble: {
        listenAddress: `127.0.0.1:${directory}`,
        managementListenAddress: `127.0.0.1:${management}`,
        certificate: caFile,
        privateKey: keyFile,
        httpPort: challengePort,
        tlsPort: unused,
        ocspResponderURL: '',
        externalAccountBindingRequired: false,
        certificateValidityPeriod: lifetimeSeconds,
      },
    }),
  );
  const names = spawnProcess([
    ...['pebble-challtestsrv', '-dns01', `127.0.0.1:${dns}`, '-http01', '', '-https01', '', '-tlsalpn01', ''],
    ...['-management', `127.0.0.1:${dnsManagement}`, '-defaultIPv6', ''],
  ]);
  // Validations are never left out, so that every order shows whether they can be answered.
  const server = spawnProcess(['pebble', '-config', path.join(folder, 'pebble.json'), '-dnsserver', `127.0.0.1:${dns}`], {
    env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_AUTHZREUSE: '0' },
  });
  const goDown = async (): Promise<void> => {
    await Promise.all([server.stop(), names.stop()]);
  };
  const stop = async (): Promise<void> => {
    await goDown();
    rmSync(folder, { recursive: true, force: true });
  };
  const directoryUrl = `https://localhost:${directory}/dir`;
  const get = async (url: string): Promise<string> => getText(url, pair.chainPem);
  await waitFor(() => get(directoryUrl)).catch(async (error: unknown) => {
    await stop();
    throw new Error(`pebble does not answer:\n${server.output}`, { cause: error });
  });
  return { directoryUrl, caFile, issuedRoot: () => get(`https://localhost:${management}/roots/0`), goDown, stop };
}

async function getText(url: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = https.get(url, { ca, timeout: 2_000 }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => {
        resolve(text);
      });
    });
    request.on('error', reject);
    request.on('timeout', () => request.destroy(new Error('no answer within 2 s')));
  });
}
