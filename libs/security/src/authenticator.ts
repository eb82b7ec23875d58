/** Answers who sends a request. What they may do is the guard's question. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { BlockList } from 'node:net';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Clock, SECOND_MS } from '#kernel';
import { AppConfig } from '#platform';
import { CredentialHasher } from './credential-hasher.js';
import { type ApiKeyRecord, CredentialsRepository, type DeviceRecord, type DeviceTerms } from './credentials.repository.js';
import { parseCredential } from './domain/api-key.js';
import { DEVICE_SCOPES, type Scope } from './domain/scopes.js';
import { addressList, listHolds } from './public-address.js';
import type { DevicePrincipal, MerchantKeyPrincipal, MonitorPrincipal, Principal } from './principal.js';
import { type CredentialRefusal, CredentialRefusedError, PermissionDeniedError } from './security.errors.js';
import { ShortCache } from './short-cache.js';
import { Sessions } from './users/sessions.service.js';

// How long another replica may accept a credential after its revocation, and how many are kept: 10 000 are about 8 MB.
const CACHE_TTL_MS = 5 * SECOND_MS;
const CACHE_ENTRIES = 10_000;
const MONITOR_SCOPES: ReadonlySet<Scope> = new Set(['metrics:read', 'health:read']);
const DEVICE_SCOPE_SET: ReadonlySet<Scope> = new Set(DEVICE_SCOPES);

/** A credential that exists, with what must be looked at again on each use. */
type KnownCredential =
  | { readonly principal: MerchantKeyPrincipal; readonly expiresAt: Date | null; readonly allowed: BlockList | null }
  | { readonly principal: DevicePrincipal; readonly expiresAt: null; readonly allowed: null };

/** Reads the credential of a request and finds its owner; a known key costs no round trip for five seconds. */
@Injectable()
export class Authenticator {
  private readonly known: ShortCache<KnownCredential>;
  private readonly terms: ShortCache<DeviceTerms | null>;
  private readonly monitor: MonitorPrincipal;
  private readonly metricsTokenHash: Buffer | null;

  constructor(
    private readonly config: AppConfig,
    private readonly clock: Clock,
    private readonly hasher: CredentialHasher,
    private readonly credentials: CredentialsRepository,
    private readonly sessions: Sessions,
  ) {
    this.known = new ShortCache(clock, { ttlMs: CACHE_TTL_MS, maxEntries: CACHE_ENTRIES });
    this.terms = new ShortCache(clock, { ttlMs: CACHE_TTL_MS, maxEntries: CACHE_ENTRIES });
    this.monitor = { kind: 'monitor', id: 'metrics_token', merchantId: null, livemode: config.isLive, scopes: MONITOR_SCOPES };
    const { metricsToken } = config.security;
    this.metricsTokenHash = metricsToken === null ? null : sha256(metricsToken);
  }

  /**
   * The sender of the request; null when it carries no credential at all.
   *
   * @throws CredentialRefusedError when it carries one that is of no use.
   * @throws PermissionDeniedError when the owner is known but suspended, or the key is bound to other addresses.
   */
  async identify(request: FastifyRequest): Promise<Principal | null> {
    const { authorization } = request.headers;
    if (authorization === undefined) return this.sessions.identify(request);
    if (!/^bearer /i.test(authorization)) throw new CredentialRefusedError('api_key_invalid');
    return this.identifyBearer(authorization.slice('bearer '.length).trim(), request.ip);
  }

  /** Makes this process ask the database again about a key or device that was just changed. */
  forget(id: string): void {
    this.known.forget(({ principal }) => principal.id === id || principal.merchantId === id);
  }

  /** What a device that a merchant's server names pays as; null when the merchant has no such device. Remembered like a credential. */
  async deviceTerms(merchantId: string, deviceId: string): Promise<DeviceTerms | null> {
    const key = `${merchantId}|${deviceId}`;
    const remembered = this.terms.get(key);
    if (remembered !== undefined) return remembered;
    const terms = await this.credentials.findDeviceTerms(merchantId, deviceId);
    this.terms.set(key, terms);
    return terms;
  }

  private async identifyBearer(text: string, ip: string): Promise<Principal> {
    const parsed = parseCredential(text);
    if (parsed === null) {
      if (this.isMetricsToken(text)) return this.monitor;
      throw new CredentialRefusedError('api_key_invalid');
    }
    // A key of the other mode must not even be looked up: with a live key of Stripe, "test" payments would be real ones.
    if (parsed.livemode !== this.config.isLive) throw new CredentialRefusedError('api_key_mode_mismatch');
    const hash = this.hasher.hash(text).toString('latin1');
    let known = this.known.get(hash);
    if (known === undefined) {
      known = await (parsed.kind === 'device' ? this.loadDevice(text) : this.loadApiKey(text));
      this.known.set(hash, known);
    }
    if (known.expiresAt !== null && known.expiresAt <= this.clock.now()) throw new CredentialRefusedError('api_key_expired');
    if (known.allowed !== null && !listHolds(known.allowed, ip)) throw new PermissionDeniedError('address_not_allowed');
    return known.principal;
  }

  private async loadApiKey(text: string): Promise<KnownCredential> {
    const hashes = this.hasher.hashes(text);
    const record = await this.credentials.findApiKey(hashes);
    if (record === null) throw new CredentialRefusedError('api_key_invalid');
    if (record.revokedAt !== null) throw new CredentialRefusedError('api_key_revoked');
    refuseWhenSuspended(record);
    if (record.isUseStale) await this.credentials.touchApiKey(record.id);
    await this.adoptPresentPepper('api_key', record.id, record.keyHash, hashes);
    const { id, merchantId, livemode, expiresAt } = record;
    return {
      principal: { kind: 'merchant_key', id, merchantId, livemode, scopes: new Set(record.scopes) },
      expiresAt,
      allowed: record.allowedCidrs.length === 0 ? null : addressList(record.allowedCidrs),
    };
  }

  private async loadDevice(text: string): Promise<KnownCredential> {
    const hashes = this.hasher.hashes(text);
    const record = await this.credentials.findDevice(hashes);
    if (record === null) throw new CredentialRefusedError('api_key_invalid');
    if (record.status === 'revoked') throw new CredentialRefusedError('device_credential_revoked');
    if (record.status === 'suspended') throw new PermissionDeniedError('device_suspended');
    refuseWhenSuspended(record);
    await this.adoptPresentPepper('device', record.id, record.credentialHash, hashes);
    const { id, merchantId, livemode, deviceType, businessType, enabledBusinessTypes } = record;
    return {
      principal: { kind: 'device', id, merchantId, livemode, deviceType, businessType, enabledBusinessTypes, scopes: DEVICE_SCOPE_SET },
      expiresAt: null,
      allowed: null,
    };
  }

  private async adoptPresentPepper(kind: 'api_key' | 'device', id: string, stored: Buffer, [present]: readonly Buffer[]): Promise<void> {
    if (present !== undefined && !stored.equals(present)) await this.credentials.rehash(kind, id, present);
  }

  private isMetricsToken(text: string): boolean {
    // Hashes are compared, so that the length of the guess tells nothing either.
    return this.metricsTokenHash !== null && timingSafeEqual(sha256(text), this.metricsTokenHash);
  }
}

/** Whether an error means that somebody tried a credential that is not theirs to use. */
export function isCredentialProbe(code: string): code is CredentialRefusal {
  return code === 'api_key_invalid' || code === 'api_key_revoked' || code === 'api_key_expired';
}

function refuseWhenSuspended({ merchantStatus }: ApiKeyRecord | DeviceRecord): void {
  if (merchantStatus === 'suspended') throw new PermissionDeniedError('merchant_suspended');
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
