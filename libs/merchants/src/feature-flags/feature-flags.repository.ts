import { Injectable } from '@nestjs/common';
import { Database, type Queryable } from '#platform';
import type { FeatureFlag } from '../domain/feature-flag.js';

/** What somebody has set. */
export interface FeatureFlagRow {
  readonly name: FeatureFlag;
  /** null: the whole deployment. */
  readonly merchantId: string | null;
  readonly percentage: number;
  readonly reason: string;
  readonly updatedBy: string;
  readonly updatedAt: Date;
}

const COLUMNS = `name, merchant_id as "merchantId", percentage, reason, updated_by as "updatedBy", updated_at as "updatedAt"`;

/** SQL of `feature_flags`. */
@Injectable()
export class FeatureFlagsRepository {
  constructor(private readonly database: Database) {}

  /** The deployment's settings and the merchant's. */
  listFor(merchantId: string | null): Promise<FeatureFlagRow[]> {
    return this.database.query<FeatureFlagRow>(
      `select ${COLUMNS} from feature_flags where merchant_id is null or merchant_id = $1 order by merchant_id nulls first, name`,
      [merchantId],
    );
  }

  /** Sets a flag. @returns The percentage before; null when there was none. */
  async put(transaction: Queryable, row: Omit<FeatureFlagRow, 'updatedAt'>): Promise<number | null> {
    const before = await this.lock(transaction, row.name, row.merchantId);
    await transaction.query(
      `insert into feature_flags (name, merchant_id, percentage, reason, updated_by) values ($1, $2, $3, $4, $5)
       on conflict (name, coalesce(merchant_id, '')) do update
       set percentage = excluded.percentage, reason = excluded.reason, updated_by = excluded.updated_by, updated_at = now()`,
      [row.name, row.merchantId, row.percentage, row.reason, row.updatedBy],
    );
    return before;
  }

  /** Forgets a setting, so that the next wider one holds. @returns The percentage before; null when there was none. */
  async remove(transaction: Queryable, name: FeatureFlag, merchantId: string | null): Promise<number | null> {
    const [row] = await transaction.query<{ percentage: number }>(
      `delete from feature_flags where name = $1 and merchant_id is not distinct from $2 returning percentage`,
      [name, merchantId],
    );
    return row?.percentage ?? null;
  }

  private async lock(transaction: Queryable, name: FeatureFlag, merchantId: string | null): Promise<number | null> {
    const [row] = await transaction.query<{ percentage: number }>(
      `select percentage from feature_flags where name = $1 and merchant_id is not distinct from $2 for update`,
      [name, merchantId],
    );
    return row?.percentage ?? null;
  }
}
