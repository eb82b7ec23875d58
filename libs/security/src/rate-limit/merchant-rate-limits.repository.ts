import { Injectable } from '@nestjs/common';
import { Database, type Queryable } from '#platform';

/** A limit that was set for one merchant. */
export interface MerchantRateLimit {
  readonly policy: string;
  /** Requests in the policy's window. */
  readonly limit: number;
  readonly updatedBy: string;
  readonly updatedAt: Date;
}

/** SQL of `merchant_rate_limits`. */
@Injectable()
export class MerchantRateLimitsRepository {
  constructor(private readonly database: Database) {}

  list(merchantId: string): Promise<MerchantRateLimit[]> {
    return this.database.query<MerchantRateLimit & Record<string, unknown>>(
      `select policy, request_limit as "limit", updated_by as "updatedBy", updated_at as "updatedAt"
         from merchant_rate_limits where merchant_id = $1`,
      [merchantId],
    );
  }

  /** @returns The former limit; null when there was none. */
  async set(transaction: Queryable, merchantId: string, policy: string, limit: number, by: string): Promise<number | null> {
    const former = await this.lock(transaction, merchantId, policy);
    await transaction.query(
      `insert into merchant_rate_limits (merchant_id, policy, request_limit, updated_by) values ($1, $2, $3, $4)
       on conflict (merchant_id, policy) do update
         set request_limit = excluded.request_limit, updated_by = excluded.updated_by, updated_at = now()`,
      [merchantId, policy, limit, by],
    );
    return former;
  }

  /** @returns The former limit; null when there was none. */
  async remove(transaction: Queryable, merchantId: string, policy: string): Promise<number | null> {
    const [row] = await transaction.query<{ limit: number }>(
      'delete from merchant_rate_limits where merchant_id = $1 and policy = $2 returning request_limit as "limit"',
      [merchantId, policy],
    );
    return row?.limit ?? null;
  }

  private async lock(transaction: Queryable, merchantId: string, policy: string): Promise<number | null> {
    const [row] = await transaction.query<{ limit: number }>(
      'select request_limit as "limit" from merchant_rate_limits where merchant_id = $1 and policy = $2 for update',
      [merchantId, policy],
    );
    return row?.limit ?? null;
  }
}
