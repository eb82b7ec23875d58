import type { Server } from 'node:tls';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { assertNever, Clock } from '#kernel';
import { AppConfig, type TlsConfig } from '#platform';
import { type Certificate, type KeyPair, type KeyType, readCertificate, refuseOutOfDate, refuseUncovered } from './certificate.js';
import { readKeyPairs, readLivePairs, writeLivePairs } from './certificate-files.js';
import { type CertificateState, certificateState, remainingRatio, renewalInstant } from './domain/certificate-status.js';
import { issueSelfSigned } from './self-signed.js';
import { CertificateRejectedError } from './ssl.errors.js';
import { TlsCertificatesRepository } from './tls-certificates.repository.js';
import { secureContextOptions } from './tls-options.js';

/** What health, metrics and the admin say of TLS. With an EC and an RSA certificate it speaks of the one that ends first. */
export interface TlsStatus {
  readonly mode: TlsConfig['mode'];
  /** The names of the certificate; empty without one. */
  readonly names: readonly string[];
  readonly notBefore: Date | null;
  readonly notAfter: Date | null;
  /** Share of the lifetime that is left, 1 … 0; 0 without a certificate. */
  readonly remainingRatio: number;
  /** `missing`: the first certificate has not been issued yet and handshakes are refused. */
  readonly state: CertificateState | 'missing';
  /** Why a newer certificate was refused or could not be read, on this replica; null when all is well. */
  readonly problem: string | null;
  readonly keyTypes: readonly KeyType[];
}

/** What a look for new certificates came to. */
export type ReloadOutcome = 'unchanged' | 'replaced' | 'kept';

const LOCAL_NAMES = ['localhost', '127.0.0.1', '::1'];
const SELF_SIGNED_DIRECTORY = '.upp/tls';

/** Holds the certificates in use and hands them to the listeners. A worse certificate never replaces a better one. */
@Injectable()
export class CertificateService implements OnModuleInit {
  private readonly logger = new Logger(CertificateService.name);
  private readonly servers = new Set<Server>();
  private current: readonly Certificate[] = [];
  private problem: string | null = null;
  private written = '';

  constructor(
    private readonly config: AppConfig,
    private readonly clock: Clock,
    private readonly stored: TlsCertificatesRepository,
  ) {}

  /** @throws CertificateRejectedError when the files of mode `custom` cannot be served at all: the operator is there to see it. */
  async onModuleInit(): Promise<void> {
    if (this.config.tls.mode === 'off') return;
    await this.reload();
    if (this.config.tls.mode === 'custom' && this.current.length === 0) throw new Error(this.problem ?? 'no certificate was found');
  }

  /**
   * Gives a listener the certificates in use, now and whenever they change. Connections that exist go on with the old ones.
   *
   * @param server - Made with `fastifyTlsOptions`; `app.getHttpServer()` of Nest.
   */
  attach(server: Server): void {
    this.servers.add(server);
    server.once('close', () => this.servers.delete(server));
    if (this.current.length > 0) server.setSecureContext(secureContextOptions(this.current));
  }

  /**
   * Looks where the certificates come from and takes up new ones. Never throws: what is in use stays in use.
   *
   * Without any in use, one that is out of date is taken too: a restart must not make an expired certificate into a refused connection.
   */
  async reload(): Promise<ReloadOutcome> {
    try {
      const found = (await this.read()).map(readCertificate);
      const isNew = fingerprints(found) !== fingerprints(this.current);
      if (isNew) this.takeUp(found);
      await this.writeForProxy();
      this.noteProblem(null);
      return isNew ? 'replaced' : 'unchanged';
    } catch (error) {
      this.noteProblem(error);
      return 'kept';
    }
  }

  /** The state of TLS; null in mode `off`. */
  status(): TlsStatus | null {
    const { mode } = this.config.tls;
    if (mode === 'off') return null;
    const now = this.clock.now();
    const keyTypes = this.current.map((certificate) => certificate.keyType);
    const [first] = this.current.toSorted((a, b) => a.notAfter.getTime() - b.notAfter.getTime());
    if (first === undefined) {
      return { mode, names: [], notBefore: null, notAfter: null, remainingRatio: 0, state: 'missing', problem: this.problem, keyTypes };
    }
    const { names, notBefore, notAfter } = first;
    const state = certificateState(first, now);
    return { mode, names, notBefore, notAfter, remainingRatio: remainingRatio(first, now), state, problem: this.problem, keyTypes };
  }

  private async read(): Promise<readonly KeyPair[]> {
    const { mode, certificateFiles, keyFiles } = this.config.tls;
    switch (mode) {
      case 'off':
        return [];
      case 'self_signed':
        return this.readSelfSigned();
      case 'custom':
        return readKeyPairs(certificateFiles, keyFiles);
      case 'acme':
        return this.stored.list();
      default:
        return assertNever(mode, 'TLS mode');
    }
  }

  private async readSelfSigned(): Promise<readonly KeyPair[]> {
    const now = this.clock.now();
    const directory = this.config.tls.directory ?? SELF_SIGNED_DIRECTORY;
    const names = [...new Set([...this.config.tls.names, ...LOCAL_NAMES])];
    const kept = await readLivePairs(directory);
    if (kept.length > 0 && isStillGood(kept, names, now)) return kept;
    const pair = await issueSelfSigned(names, now);
    await writeLivePairs(directory, [readCertificate(pair)], now);
    return [pair];
  }

  private takeUp(found: readonly Certificate[]): void {
    this.refuseWorse(found);
    this.current = found;
    for (const server of this.servers) server.setSecureContext(secureContextOptions(found));
    for (const { keyType, names, notAfter, fingerprint } of found) {
      this.logger.log({ event: 'certificate_loaded', keyType, names, notAfter: notAfter.toISOString(), fingerprint });
    }
  }

  private refuseWorse(found: readonly Certificate[]): void {
    if (new Set(found.map((certificate) => certificate.keyType)).size < found.length) {
      throw new CertificateRejectedError('key_type_twice', 'two certificates have the same kind of key');
    }
    // What was ordered for other names is served until the new names are proved.
    if (this.config.tls.mode !== 'acme') for (const certificate of found) refuseUncovered(certificate, this.config.tls.names);
    if (this.current.length === 0) return;
    if (found.length === 0) throw new CertificateRejectedError('certificate_unreadable', 'there is none any more');
    for (const certificate of found) refuseOutOfDate(certificate, this.clock.now());
  }

  private async writeForProxy(): Promise<void> {
    const { mode, directory } = this.config.tls;
    const wanted = fingerprints(this.current);
    if (mode !== 'acme' || directory === null || wanted === '' || wanted === this.written) return;
    const present = await readLivePairs(directory);
    if (present.map((pair) => pair.chainPem).join('') !== this.current.map((pair) => pair.chainPem).join('')) {
      await writeLivePairs(directory, this.current, this.clock.now());
    }
    this.written = wanted;
  }

  private noteProblem(error: unknown): void {
    const problem = error === null ? null : describe(error);
    // Once for each problem: the next look comes in a minute and finds the same.
    if (problem !== null && problem !== this.problem) {
      this.logger.error({ event: 'certificate_kept', problem, inUse: this.current.map((certificate) => certificate.fingerprint) });
    }
    this.problem = problem;
  }
}

/** The words of an error with those of its cause, for a log line of one piece. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}

function isStillGood(pairs: readonly KeyPair[], names: readonly string[], now: Date): boolean {
  try {
    const certificates = pairs.map(readCertificate);
    for (const certificate of certificates) refuseUncovered(certificate, names);
    return certificates.every((certificate) => now < renewalInstant(certificate, certificate.fingerprint));
  } catch {
    // Whatever is wrong with it, a new one is made for development in its place.
    return false;
  }
}

function fingerprints(certificates: readonly Certificate[]): string {
  return certificates.map((certificate) => certificate.fingerprint).join();
}
