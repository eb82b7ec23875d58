/** The table `api_keys`. */
import { Injectable } from '@nestjs/common';
import { Database, type Queryable } from '#platform';
import type { Scope } from './domain/scopes.js';

/** An API key as it may be shown: without its text, which is stored nowhere. */
export interface ApiKey {
  readonly id: string;
  readonly merchantId: string;
  readonly livemode: boolean;
  readonly kind: 'secret' | 'restricted';
  readonly name: string;
  readonly last4: string;
  readonly scopes: Scope[];
  readonly allowedCidrs: string[];
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly createdBy: string;
  readonly createdAt: Date;
}

const COLUMNS = `id, merchant_id as "merchantId", livemode, kind, name, last4, scopes, allowed_cidrs::text[] as "allowedCidrs",
  expires_at as "expiresAt", revoked_at as "revokedAt", last_used_at as "lastUsedAt", created_by as "createdBy", created_at as "createdAt"`;

/** What a new row holds. */
export type NewApiKey = Pick<
  ApiKey,
  'id' | 'merchantId' | 'livemode' | 'kind' | 'name' | 'last4' | 'scopes' | 'allowedCidrs' | 'expiresAt' | 'createdBy'
> & {
  readonly keyHash: Buffer;
};

/** Reads and writes of API keys. */
@Injectable()
export class ApiKeysRepository {
  constructor(private readonly database: Database) {}

  async insert(transaction: Queryable, key: NewApiKey): Promise<ApiKey> {
    const [row] = await transaction.query<ApiKey & Record<string, unknown>>(
      `insert into api_keys (id, merchant_id, livemode, kind, name, last4, scopes, allowed_cidrs, expires_at, created_by, key_hash)
       values ($1, $2, $3, $4, $5, $6, $7, array (select network(address::inet) from unnest($8::text[]) as address), $9, $10, $11)
       returning ${COLUMNS}`,
      [
        key.id,
        key.merchantId,
        key.livemode,
        key.kind,
        key.name,
        key.last4,
        key.scopes,
        key.allowedCidrs,
        key.expiresAt,
        key.createdBy,
        key.keyHash,
      ],
    );
    if (row === undefined) throw new Error('an insert returned no row');
    return row;
  }

  async find(merchantId: string, id: string): Promise<ApiKey | null> {
    const rows = await this.database.query<ApiKey & Record<string, unknown>>(
      `select ${COLUMNS} from api_keys where merchant_id = $1 and id = $2`,
      [merchantId, id],
    );
    return rows[0] ?? null;
  }

  /** A page of a merchant's keys, the newest first. */
  list(merchantId: string, page: { before: string | null; limit: number }): Promise<ApiKey[]> {
    return this.database.query<ApiKey & Record<string, unknown>>(
      `select ${COLUMNS} from api_keys where merchant_id = $1 and ($2::text is null or id < $2) order by id desc limit $3`,
      [merchantId, page.before, page.limit],
    );
  }

  /** @returns Whether the key was in force until now. */
  async revoke(transaction: Queryable, merchantId: string, id: string): Promise<boolean> {
    const rows = await transaction.query(
      `update api_keys set revoked_at = now() where merchant_id = $1 and id = $2 and revoked_at is null returning id`,
      [merchantId, id],
    );
    return rows.length > 0;
  }

  /** Lets a key end at `expiresAt`, or earlier if it would have. @returns Whether the key is in force. */
  async expire(transaction: Queryable, merchantId: string, id: string, expiresAt: Date): Promise<boolean> {
    const rows = await transaction.query(
      `update api_keys set expires_at = least(expires_at, $3)
        where merchant_id = $1 and id = $2 and revoked_at is null and (expires_at is null or expires_at > now()) returning id`,
      [merchantId, id, expiresAt],
    );
    return rows.length > 0;
  }
}
