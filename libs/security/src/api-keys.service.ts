/** The life of API keys: made, shown once, rotated with an overlap, revoked. */
import { Injectable } from '@nestjs/common';
import { Clock, DomainError, HOUR_MS, newId } from '#kernel';
import { Database, type Queryable } from '#platform';
import { type ApiKey, ApiKeysRepository } from './api-keys.repository.js';
import { type AuditEntry, AuditLog } from './audit/audit-log.js';
import { Authenticator } from './authenticator.js';
import { CredentialHasher } from './credential-hasher.js';
import { KEY_SCOPES, scopeNotForKeys, type Scope } from './domain/scopes.js';
import { isCidr } from './public-address.js';

/** Who asks for a change, for the audit log. */
export type AuditContext = Pick<AuditEntry, 'actor' | 'requestId' | 'ip' | 'reason'>;

/** What a new key shall be. */
export interface CreateApiKey {
  readonly merchantId: string;
  readonly livemode: boolean;
  /** 1 to 100 characters, for people. */
  readonly name: string;
  /** The rights of a restricted key; null makes a secret key with all rights a key may hold. */
  readonly scopes: readonly Scope[] | null;
  /** Addresses that may use the key, in CIDR form; empty for any. */
  readonly allowedCidrs?: readonly string[];
  readonly expiresAt?: Date | null;
}

/** A new key with its text, which nobody can read again. */
export interface CreatedApiKey {
  readonly apiKey: ApiKey;
  readonly text: string;
}

/** The key would hold what no key may hold, or is bound to what is no network. */
export class ApiKeyInvalidError extends DomainError {
  constructor(param: 'scopes' | 'allowedCidrs' | 'expiresAt' | 'overlapHours', message: string) {
    super('invalid', 'parameter_invalid', message, { param });
  }
}

/** There is no such key in force for this merchant. */
export class ApiKeyNotFoundError extends DomainError {
  constructor() {
    super('not_found', 'api_key_not_found', 'There is no such API key in force.');
  }
}

// A rotation that is not finished after a week has been forgotten.
const MAX_OVERLAP_HOURS = 168;

/** Makes, rotates and revokes API keys; every change is in the audit log. */
@Injectable()
export class ApiKeysService {
  constructor(
    private readonly database: Database,
    private readonly repository: ApiKeysRepository,
    private readonly hasher: CredentialHasher,
    private readonly auditLog: AuditLog,
    private readonly authenticator: Authenticator,
    private readonly clock: Clock,
  ) {}

  /** @throws ApiKeyInvalidError when a scope is not for keys or a CIDR is malformed. */
  async create(request: CreateApiKey, by: AuditContext): Promise<CreatedApiKey> {
    this.refuseInvalid(request);
    return this.database.transaction((transaction) => this.insert(transaction, request, by));
  }

  /** The key, or null when this merchant has none of that id. */
  find(merchantId: string, id: string): Promise<ApiKey | null> {
    return this.repository.find(merchantId, id);
  }

  /** A page of keys, the newest first. */
  list(merchantId: string, page: { before: string | null; limit: number }): Promise<ApiKey[]> {
    return this.repository.list(merchantId, page);
  }

  /**
   * Makes a key with the same rights; the old one ends after the overlap, so that servers can change over without a gap.
   *
   * @param overlapHours - 0 to 168.
   * @throws ApiKeyNotFoundError when the key is not in force.
   */
  async rotate(merchantId: string, id: string, overlapHours: number, by: AuditContext): Promise<CreatedApiKey> {
    if (overlapHours < 0 || overlapHours > MAX_OVERLAP_HOURS)
      throw new ApiKeyInvalidError('overlapHours', 'The overlap is 0 to 168 hours.');
    const old = await this.repository.find(merchantId, id);
    if (old === null) throw new ApiKeyNotFoundError();
    const scopes = old.kind === 'secret' ? null : old.scopes;
    const expiresAt = new Date(this.clock.now().getTime() + overlapHours * HOUR_MS);
    const created = await this.database.transaction(async (transaction) => {
      if (!(await this.repository.expire(transaction, merchantId, id, expiresAt))) throw new ApiKeyNotFoundError();
      await this.auditLog.record(transaction, { ...by, merchantId, action: 'api_key_rotated', objectId: id, changes: { expiresAt } });
      return this.insert(transaction, { ...old, scopes, expiresAt: null }, by);
    });
    this.authenticator.forget(id);
    return created;
  }

  /** Ends a key at once here, and within five seconds in every other process. @throws ApiKeyNotFoundError when it is not in force. */
  async revoke(merchantId: string, id: string, by: AuditContext): Promise<void> {
    await this.database.transaction(async (transaction) => {
      if (!(await this.repository.revoke(transaction, merchantId, id))) throw new ApiKeyNotFoundError();
      await this.auditLog.record(transaction, { ...by, merchantId, action: 'api_key_revoked', objectId: id });
    });
    this.authenticator.forget(id);
  }

  private async insert(transaction: Queryable, request: CreateApiKey, by: AuditContext): Promise<CreatedApiKey> {
    const kind = request.scopes === null ? 'secret' : 'restricted';
    const credential = this.hasher.issue({ kind, livemode: request.livemode });
    const apiKey = await this.repository.insert(transaction, {
      id: newId('apiKey', this.clock.now().getTime()),
      merchantId: request.merchantId,
      livemode: request.livemode,
      kind,
      name: request.name,
      last4: credential.last4,
      scopes: [...(request.scopes ?? KEY_SCOPES)],
      allowedCidrs: [...(request.allowedCidrs ?? [])],
      expiresAt: request.expiresAt ?? null,
      createdBy: by.actor,
      keyHash: credential.hash,
    });
    const { id: objectId, merchantId, name, scopes, allowedCidrs, expiresAt } = apiKey;
    const changes = { kind, name, scopes, allowedCidrs, expiresAt };
    await this.auditLog.record(transaction, { ...by, merchantId, action: 'api_key_created', objectId, changes });
    return { apiKey, text: credential.text };
  }

  private refuseInvalid({ scopes, allowedCidrs = [], expiresAt }: CreateApiKey): void {
    const forbidden = scopeNotForKeys(scopes ?? []);
    if (forbidden !== null) throw new ApiKeyInvalidError('scopes', `No key may hold ${forbidden}.`);
    if (scopes?.length === 0) throw new ApiKeyInvalidError('scopes', 'A restricted key needs at least one scope.');
    if (!allowedCidrs.every(isCidr)) throw new ApiKeyInvalidError('allowedCidrs', 'Networks are written as 192.0.2.0/24 or 2001:db8::/48.');
    if (expiresAt && expiresAt <= this.clock.now()) throw new ApiKeyInvalidError('expiresAt', 'The key would have expired already.');
  }
}
