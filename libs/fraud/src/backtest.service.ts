import { Injectable } from '@nestjs/common';
import { type BusinessType } from '#merchants';
import { Database } from '#platform';
import { firstAssessmentIdSince } from './assessment-ids.js';
import { Backtest, type BacktestReport } from './backtest.js';
import { FraudRepository } from './fraud.repository.js';
import { RuleSetsService } from './rules/rule-sets.service.js';

/** What the past is judged by: a document that is not saved, a saved version, or with neither the live one. */
export interface BacktestRequest {
  readonly document: unknown;
  readonly version: number | null;
  readonly from: Date;
}

/** Rows that are held at once. */
const PAGE = 2_000;
/** Judges a merchant's stored attempts again. */
@Injectable()
export class BacktestService {
  constructor(
    private readonly database: Database,
    private readonly repository: FraudRepository,
    private readonly ruleSets: RuleSetsService,
  ) {}

  /** @throws RuleSetNotFoundError @throws RuleSetInvalidError */
  async run(
    merchantId: string,
    businessType: BusinessType,
    request: BacktestRequest,
  ): Promise<BacktestReport & { readonly ruleSetVersion: string }> {
    const { ruleSet, operatorRules } = await this.ruleSetOf(merchantId, businessType, request);
    const backtest = new Backtest(ruleSet, operatorRules);
    let afterId = firstAssessmentIdSince(request.from);
    for (let page = PAGE; page === PAGE;) {
      const stored = await this.repository.listAssessments(merchantId, businessType, afterId, PAGE);
      for (const each of stored)
        backtest.add({ ...each, failurePolicy: each.contributions.failurePolicy, weight: each.contributions.exploration?.weight ?? 1 });
      afterId = stored.at(-1)?.id ?? afterId;
      page = stored.length;
    }
    return { ...backtest.finish(), ruleSetVersion: ruleSet.version };
  }

  private async ruleSetOf(merchantId: string, businessType: BusinessType, { document, version }: BacktestRequest) {
    if (document !== null) return this.ruleSets.compileDocument(businessType, document);
    if (version !== null) return this.ruleSets.getByName(merchantId, businessType, `${businessType}-${version}`);
    return (await this.ruleSets.readActive(this.database, merchantId, businessType)).live;
  }
}
