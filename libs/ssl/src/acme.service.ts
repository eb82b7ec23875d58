import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { rootCertificates } from 'node:tls';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import * as acme from 'acme-client';
import { assert, Clock, MINUTE_MS } from '#kernel';
import { AppConfig, Database, type TlsConfig } from '#platform';
import { AcmeAccountsRepository, type AcmeLease } from './acme-accounts.repository.js';
import { AcmeChallengesRepository } from './acme-challenges.repository.js';
import { type Certificate, type KeyPair, type KeyType, readCertificate, refuseOutOfDate, refuseUncovered } from './certificate.js';
import { describe } from './certificate.service.js';
import { renewalInstant, retryPauseMs } from './domain/certificate-status.js';
import { type StoredCertificate, TlsCertificatesRepository } from './tls-certificates.repository.js';

/**
 * - `not_due`: the certificates are good for now
 * - `not_our_turn`: another replica orders, or the pause after a failure lasts
 * - `renewed`: new certificates are stored
 * - `failed`: the old ones stay; the reason is logged and kept beside the account
 */
export type RenewalOutcome = 'not_due' | 'not_our_turn' | 'renewed' | 'failed';

/** A replica that dies while it orders holds the others up for this long. */
const LEASE_MS = 5 * MINUTE_MS;
/** An order is given up well before its lease ends. */
const ORDER_TIMEOUT_MS = 4 * MINUTE_MS;
/** One call to the authority. */
const CALL_TIMEOUT_MS = 15_000;
/** The authority checks within seconds: 0.5, 1, 2, 4, 8, 8 … s, ten looks in 48 s. */
const POLL = { backoffAttempts: 10, backoffMin: 500, backoffMax: 8_000 } as const;
const RSA_BITS = 2_048;

/** Orders certificates by ACME (RFC 8555) with HTTP-01 challenges. Any replica may be asked; one at a time orders. */
@Injectable()
export class AcmeService implements OnModuleDestroy {
  private readonly logger = new Logger(AcmeService.name);
  private readonly owner = randomUUID();
  private hasLease = false;

  constructor(
    private readonly config: AppConfig,
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly accounts: AcmeAccountsRepository,
    private readonly challenges: AcmeChallengesRepository,
    private readonly certificates: TlsCertificatesRepository,
  ) {}

  /**
   * Orders new certificates when there are none, when a third of the lifetime is left, or when names, kinds of key or authority changed.
   *
   * @throws DatabaseUnavailableError when the database is away; trouble with the authority is the outcome `failed`.
   */
  async renewIfDue(): Promise<RenewalOutcome> {
    if (!isDue(await this.certificates.list(), this.settings, this.clock.now())) return 'not_due';
    const directoryUrl = this.settings.acmeDirectoryUrl;
    if (!(await this.accounts.exists(directoryUrl))) await this.accounts.insertOnce(directoryUrl, await newKey('ec'));
    const lease = await this.accounts.takeLease(directoryUrl, this.owner, LEASE_MS);
    if (lease === null) return 'not_our_turn';

    // Between the first look and the lease another replica may have finished the work.
    const inUse = await this.certificates.list();
    if (!isDue(inUse, this.settings, this.clock.now())) {
      await this.accounts.finish(directoryUrl, this.owner);
      return 'not_due';
    }
    this.hasLease = true;
    try {
      return await this.renew(lease, inUse);
    } finally {
      this.hasLease = false;
    }
  }

  /** Leaves an order in progress to the next replica. */
  async onModuleDestroy(): Promise<void> {
    if (this.hasLease) await this.accounts.giveBack(this.settings.acmeDirectoryUrl, this.owner);
  }

  private async renew(lease: AcmeLease, inUse: readonly StoredCertificate[]): Promise<RenewalOutcome> {
    const { names, acmeDirectoryUrl } = this.settings;
    try {
      const ordered = await withDeadline(this.orderAll(lease), ORDER_TIMEOUT_MS);
      await this.database.transaction(async (transaction) => {
        const isOurTurn = await this.accounts.finish(acmeDirectoryUrl, this.owner, transaction);
        if (!isOurTurn) throw new Error('the lease ran out before the certificates came');
        await this.certificates.replaceAll(ordered, names, acmeDirectoryUrl, transaction);
      });
      this.logger.log({ event: 'certificate_renewed', names, notAfter: ordered[0]?.notAfter.toISOString() });
      return 'renewed';
    } catch (error) {
      const validity = inUse[0] === undefined ? null : readCertificate(inUse[0]);
      const pauseMs = retryPauseMs(lease.failures + 1, validity, Math.random());
      this.logger.error({ event: 'certificate_renewal_failed', names, failures: lease.failures + 1, pauseMs, error: describe(error) });
      await this.accounts.fail(acmeDirectoryUrl, this.owner, pauseMs, describe(error));
      return 'failed';
    }
  }

  private async orderAll(lease: AcmeLease): Promise<Certificate[]> {
    const client = await this.connect(lease.accountKeyPem);
    await this.signIn(client);
    const ordered: Certificate[] = [];
    for (const keyType of this.settings.acmeKeyTypes) {
      const certificate = readCertificate(await this.order(client, keyType));
      refuseUncovered(certificate, this.settings.names);
      refuseOutOfDate(certificate, this.clock.now());
      ordered.push(certificate);
    }
    return ordered;
  }

  private async signIn(client: acme.Client): Promise<void> {
    const { acmeEmail, acmeTermsAgreed } = this.settings;
    try {
      // Asked for first, because the library updates an account that it finds when it meant to make one, and without an e-mail address
      // there is nothing to update: some authorities refuse that.
      await client.createAccount({ onlyReturnExisting: true });
    } catch {
      // There is none yet; any other reason ends this call as well.
      const contact = acmeEmail === null ? {} : { contact: [`mailto:${acmeEmail}`] };
      await client.createAccount({ termsOfServiceAgreed: acmeTermsAgreed, ...contact });
    }
  }

  private async order(client: acme.Client, keyType: KeyType): Promise<KeyPair> {
    // A new key each time: one that leaked unnoticed stops being of use.
    const [key, csr] = await acme.crypto.createCsr({ altNames: [...this.settings.names] }, await newKey(keyType));
    const chainPem = await client.auto({
      csr,
      challengePriority: ['http-01'],
      // The authority asks from outside; a question from inside the network proves nothing.
      skipChallengeVerification: true,
      challengeCreateFn: async (_authorization, challenge, keyAuthorization) => {
        assert(challenge.type === 'http-01', 'a name without a wildcard can be proved by HTTP-01');
        await this.challenges.insert(challenge.token, keyAuthorization, LEASE_MS);
      },
      challengeRemoveFn: async (_authorization, challenge) => this.challenges.delete(challenge.token),
    });
    return { chainPem, keyPem: key.toString() };
  }

  private async connect(accountKey: string): Promise<acme.Client> {
    const { acmeDirectoryUrl, acmeCaFile, acmeEabKeyId, acmeEabHmacKey } = this.settings;
    const ca = acmeCaFile === null ? undefined : [...rootCertificates, await readFile(acmeCaFile, 'utf8')];
    // The library has one HTTP client for the whole process, which by default waits for ever and follows redirects. Its interceptors hide
    // what went wrong on the network ("undefined (reading 'config')") and try again for 75 s: here the pause after a failure does that.
    acme.axios.interceptors.request.clear();
    acme.axios.interceptors.response.clear();
    Object.assign(acme.axios.defaults, {
      timeout: CALL_TIMEOUT_MS,
      maxRedirects: 0,
      maxContentLength: 1_048_576,
      httpsAgent: new Agent({ ca, minVersion: 'TLSv1.2' }),
    });
    const externalAccount =
      acmeEabKeyId === null || acmeEabHmacKey === null ? {} : { externalAccountBinding: { kid: acmeEabKeyId, hmacKey: acmeEabHmacKey } };
    return new acme.Client({ directoryUrl: acmeDirectoryUrl, accountKey, ...POLL, ...externalAccount });
  }

  private get settings(): TlsConfig {
    return this.config.tls;
  }
}

function isDue(stored: readonly StoredCertificate[], settings: TlsConfig, now: Date): boolean {
  const kinds = new Set(stored.map((certificate) => certificate.keyType));
  if (settings.acmeKeyTypes.length !== kinds.size || settings.acmeKeyTypes.some((keyType) => !kinds.has(keyType))) return true;
  return stored.some((each) => {
    const wasOrderedDifferently = sorted(each.names) !== sorted(settings.names) || each.directoryUrl !== settings.acmeDirectoryUrl;
    const certificate = readCertificate(each);
    return wasOrderedDifferently || now >= renewalInstant(certificate, certificate.fingerprint);
  });
}

async function newKey(keyType: KeyType): Promise<string> {
  const key = keyType === 'ec' ? await acme.crypto.createPrivateEcdsaKey('P-256') : await acme.crypto.createPrivateRsaKey(RSA_BITS);
  return key.toString();
}

async function withDeadline<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`the certificate authority took longer than ${timeoutMs} ms`));
    }, timeoutMs);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

function sorted(names: readonly string[]): string {
  return names.toSorted().join();
}
