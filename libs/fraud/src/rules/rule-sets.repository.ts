import { Injectable } from '@nestjs/common';
import { type BusinessType } from '#merchants';
import { Database, isUniqueViolation, type Queryable } from '#platform';
import { type RuleMode, type RuleSet } from '../domain/rule-set.js';
import { KNOWN_COUNTS } from '../labelled-counts.js';

/** One immutable version of what a merchant's payments are judged by. */
export interface StoredRuleSet {
  readonly businessType: BusinessType;
  readonly version: number;
  readonly mode: RuleMode;
  readonly content: RuleSet;
  readonly comment: string;
  readonly createdBy: string;
  readonly createdAt: Date;
}

/** What a shadow rule set would have done, beside what was done. */
export interface ShadowReportLine {
  readonly currency: string;
  readonly decision: string;
  readonly shadowDecision: string;
  readonly payments: number;
  readonly amountMinor: number;
  /** Labelled payments; one that a person looked at instead of its being blocked counts for as many as it stands for. */
  readonly knownFrauds: number;
  readonly knownLegitimate: number;
}

const COLUMNS = `business_type as "businessType", version, mode, content, comment, created_by as "createdBy", created_at as "createdAt"`;
type Row = StoredRuleSet & Record<string, unknown>;

/** SQL of `fraud_rule_sets`. */
@Injectable()
export class RuleSetsRepository {
  constructor(private readonly database: Database) {}

  /** Those that decide or look on. @param queryable - The caller's transaction: a second connection could be waited for in vain. */
  listActive(queryable: Queryable, merchantId: string, businessType: BusinessType): Promise<StoredRuleSet[]> {
    return queryable.query<Row>(
      `select ${COLUMNS} from fraud_rule_sets where merchant_id = $1 and business_type = $2 and mode in ('live', 'shadow')`,
      [merchantId, businessType],
    );
  }

  async find(merchantId: string, businessType: BusinessType, version: number): Promise<StoredRuleSet | null> {
    const [row] = await this.database.query<Row>(
      `select ${COLUMNS} from fraud_rule_sets where merchant_id = $1 and business_type = $2 and version = $3`,
      [merchantId, businessType, version],
    );
    return row ?? null;
  }

  /** A page of versions of one business type, the newest first. */
  list(merchantId: string, businessType: BusinessType, limit: number): Promise<StoredRuleSet[]> {
    return this.database.query<Row>(
      `select ${COLUMNS} from fraud_rule_sets where merchant_id = $1 and business_type = $2 order by version desc limit $3`,
      [merchantId, businessType, limit],
    );
  }

  /** The number of the next version. Two at once get the same; the primary key lets one of them pass. */
  async nextVersion(transaction: Queryable, merchantId: string, businessType: BusinessType): Promise<number> {
    const [row] = await transaction.query<{ next: number }>(
      `select coalesce(max(version), 0) + 1 as next from fraud_rule_sets where merchant_id = $1 and business_type = $2`,
      [merchantId, businessType],
    );
    return row?.next ?? 1;
  }

  /** @returns false when somebody else took the version. */
  async insert(transaction: Queryable, merchantId: string, ruleSet: Omit<StoredRuleSet, 'createdAt'>): Promise<boolean> {
    const { businessType, version, mode, content, comment, createdBy } = ruleSet;
    try {
      await transaction.query(
        `insert into fraud_rule_sets (merchant_id, business_type, version, mode, content, comment, created_by) values ($1, $2, $3, $4, $5, $6, $7)`,
        [merchantId, businessType, version, mode, JSON.stringify(content), comment, createdBy],
      );
      return true;
    } catch (error) {
      if (isUniqueViolation(error)) return false;
      throw error;
    }
  }

  /** Turns whatever has the mode off, so that another may take it. */
  async vacate(transaction: Queryable, merchantId: string, businessType: BusinessType, mode: RuleMode): Promise<void> {
    if (mode !== 'live' && mode !== 'shadow') return;
    await transaction.query(`update fraud_rule_sets set mode = 'off' where merchant_id = $1 and business_type = $2 and mode = $3`, [
      merchantId,
      businessType,
      mode,
    ]);
  }

  async setMode(
    transaction: Queryable,
    merchantId: string,
    key: Pick<StoredRuleSet, 'businessType' | 'version'>,
    mode: RuleMode,
  ): Promise<void> {
    await transaction.query(`update fraud_rule_sets set mode = $4 where merchant_id = $1 and business_type = $2 and version = $3`, [
      merchantId,
      key.businessType,
      key.version,
      mode,
    ]);
  }

  /**
   * Where shadow and decision differ, how much money that is, and how right the shadow is by what is known today.
   *
   * Of would-be blocks only the few that a person looked at have labels: each counts for as many as it stands for.
   */
  shadowReport(merchantId: string, livemode: boolean, shadowVersion: string, days: number): Promise<ShadowReportLine[]> {
    return this.database.query<ShadowReportLine & Record<string, unknown>>(
      `select currency, decision, contributions -> 'shadowRuleSet' ->> 'decision' as "shadowDecision",
              count(*) as payments, sum(amount_minor)::bigint as "amountMinor",
              ${KNOWN_COUNTS}
       from fraud_assessments assessment left join lateral (
         select is_fraud, coalesce((contributions #>> '{exploration,weight}')::float8, 1) as weight
         from fraud_labels where payment_id = assessment.payment_id order by sequence desc limit 1) as label on true
       where merchant_id = $1 and livemode = $2 and created_at > now() - $4 * interval '1 day'
         and contributions -> 'shadowRuleSet' ->> 'version' = $3
       group by 1, 2, 3 order by 1, 2, 3`,
      [merchantId, livemode, shadowVersion, days],
    );
  }
}
