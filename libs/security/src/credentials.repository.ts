/** Finds who a credential belongs to. It reads `api_keys` and `devices`; their own repositories write them. */
import { Injectable } from '@nestjs/common';
import { Database } from '#platform';
import type { Scope } from './domain/scopes.js';

/** What authentication needs to know of an API key. */
export interface ApiKeyRecord {
  readonly id: string;
  readonly merchantId: string;
  readonly livemode: boolean;
  readonly scopes: Scope[];
  readonly allowedCidrs: string[];
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly keyHash: Buffer;
  /** The last use on record is more than an hour old. */
  readonly isUseStale: boolean;
  readonly merchantStatus: 'active' | 'suspended';
}

/** What authentication needs to know of a device. */
export interface DeviceRecord {
  readonly id: string;
  readonly merchantId: string;
  readonly livemode: boolean;
  readonly deviceType: string;
  readonly businessType: string;
  readonly enabledBusinessTypes: string[];
  readonly status: 'active' | 'suspended' | 'revoked';
  readonly credentialHash: Buffer;
  readonly merchantStatus: 'active' | 'suspended';
}

/** The business types that may hold for a device's payments. */
export interface DeviceTerms {
  /** The device's own, else the merchant's default. */
  readonly businessType: string;
  readonly enabledBusinessTypes: readonly string[];
}

/** Reads of credentials by hash, each by a unique index. */
@Injectable()
export class CredentialsRepository {
  constructor(private readonly database: Database) {}

  /** @param hashes - The credential's hash under each pepper in use. */
  async findApiKey(hashes: readonly Buffer[]): Promise<ApiKeyRecord | null> {
    const rows = await this.database.query<ApiKeyRecord>(
      `select k.id, k.merchant_id as "merchantId", k.livemode, k.scopes, k.allowed_cidrs::text[] as "allowedCidrs",
              k.expires_at as "expiresAt", k.revoked_at as "revokedAt", k.key_hash as "keyHash",
              coalesce(k.last_used_at < now() - interval '1 hour', true) as "isUseStale", m.status as "merchantStatus"
         from api_keys k join merchants m on m.id = k.merchant_id
        where k.key_hash = any ($1::bytea[])`,
      [hashes],
    );
    return rows[0] ?? null;
  }

  /** @param hashes - The credential's hash under each pepper in use. */
  async findDevice(hashes: readonly Buffer[]): Promise<DeviceRecord | null> {
    const rows = await this.database.query<DeviceRecord>(
      `select d.id, d.merchant_id as "merchantId", d.livemode, d.type as "deviceType", d.status, d.credential_hash as "credentialHash",
              coalesce(d.business_type, m.default_business_type) as "businessType", m.enabled_business_types as "enabledBusinessTypes",
              m.status as "merchantStatus"
         from devices d join merchants m on m.id = d.merchant_id
        where d.credential_hash = any ($1::bytea[])`,
      [hashes],
    );
    return rows[0] ?? null;
  }

  /** What a merchant's device pays as; null when the merchant has no such device. */
  async findDeviceTerms(merchantId: string, id: string): Promise<DeviceTerms | null> {
    const rows = await this.database.query<DeviceTerms & Record<string, unknown>>(
      `select coalesce(d.business_type, m.default_business_type) as "businessType", m.enabled_business_types as "enabledBusinessTypes"
         from devices d join merchants m on m.id = d.merchant_id
        where d.merchant_id = $1 and d.id = $2`,
      [merchantId, id],
    );
    return rows[0] ?? null;
  }

  /** Notes the use, at most once an hour: a write for every request would cost more than the request. */
  async touchApiKey(id: string): Promise<void> {
    await this.database.query(
      `update api_keys set last_used_at = now() where id = $1 and coalesce(last_used_at < now() - interval '1 hour', true)`,
      [id],
    );
  }

  /** Moves a credential to the present pepper; it is known only while its owner presents it. */
  async rehash(kind: 'api_key' | 'device', id: string, hash: Buffer): Promise<void> {
    const sql =
      kind === 'api_key' ? 'update api_keys set key_hash = $2 where id = $1' : 'update devices set credential_hash = $2 where id = $1';
    await this.database.query(sql, [id, hash]);
  }
}
