import { Injectable, Logger } from '@nestjs/common';
import { Clock, SECOND_MS } from '#kernel';
import { type BusinessType } from '#merchants';
import { AppConfig, Database, type Queryable } from '#platform';
import { AuditLog, type AuditContext } from '#security';
import { DEFAULT_RULE_SETS } from '../domain/default-rule-sets.js';
import { type OperatorRule } from '../domain/risk-score.js';
import { checkRuleSet, type RuleMode, type RuleSet } from '../domain/rule-set.js';
import { RuleSetInvalidError, RuleSetNotFoundError, RuleSetTakenError } from '../fraud.errors.js';
import { readWithin } from '../read-within.js';
import { checkExpression, compileOperatorRules } from './cel-rule.js';
import { parseRuleSet } from './rule-set-document.js';
import { RuleSetsRepository, type ShadowReportLine, type StoredRuleSet } from './rule-sets.repository.js';

/** A rule set with its operator rules compiled. */
export interface CompiledRuleSet {
  readonly ruleSet: RuleSet;
  readonly operatorRules: readonly OperatorRule[];
}

/** What judges a payment now, and what looks on. */
export interface ActiveRuleSets {
  readonly live: CompiledRuleSet;
  readonly shadow: CompiledRuleSet | null;
}

// How long a changed rule set may still be unknown to another process.
const CACHE_MS = 5 * SECOND_MS;
const CACHE_SIZE = 10_000;

/** Rule sets by merchant and business type: saved when they are sound, immutable, in shadow until somebody makes them live. */
@Injectable()
export class RuleSetsService {
  private readonly logger = new Logger(RuleSetsService.name);
  private readonly cache = new Map<string, { readonly active: ActiveRuleSets; readonly readAtMs: number }>();

  constructor(
    private readonly database: Database,
    private readonly repository: RuleSetsRepository,
    private readonly auditLog: AuditLog,
    private readonly clock: Clock,
    private readonly config: AppConfig,
  ) {}

  /**
   * What judges the merchant's payments, at most five seconds old; while the database is slow what was known last, else the product's default.
   *
   * @param transaction - Of the payment.
   */
  async getActive(transaction: Queryable, merchantId: string, businessType: BusinessType): Promise<ActiveRuleSets> {
    const key = `${merchantId}:${businessType}`;
    const nowMs = this.clock.monotonicMs();
    const cached = this.cache.get(key);
    if (cached !== undefined && nowMs - cached.readAtMs < CACHE_MS) return cached.active;
    const read = await readWithin(transaction, this.config.fraud.budgetMs / 3, () =>
      this.readActive(transaction, merchantId, businessType),
    );
    if (read === null) this.logger.warn({ event: 'fraud_rule_sets_not_read', merchantId, businessType });
    const active = read ?? cached?.active ?? { live: defaultOf(businessType), shadow: null };
    if (this.cache.size >= CACHE_SIZE) this.cache.clear();
    this.cache.set(key, { active, readAtMs: nowMs });
    return active;
  }

  /** What judges the merchant's payments at this moment. */
  async readActive(queryable: Queryable, merchantId: string, businessType: BusinessType): Promise<ActiveRuleSets> {
    const stored = await this.repository.listActive(queryable, merchantId, businessType);
    const of = (mode: RuleMode): CompiledRuleSet | null => compiled(stored.find((each) => each.mode === mode)?.content ?? null);
    return { live: of('live') ?? defaultOf(businessType), shadow: of('shadow') };
  }

  /** The rule set an assessment was made with. @throws RuleSetNotFoundError */
  async getByName(merchantId: string, businessType: BusinessType, name: string): Promise<CompiledRuleSet> {
    const standard = defaultOf(businessType);
    if (standard.ruleSet.version === name) return standard;
    const version = Number(name.slice(name.lastIndexOf('-') + 1));
    const stored = Number.isSafeInteger(version) ? await this.repository.find(merchantId, businessType, version) : null;
    const found = compiled(stored?.content ?? null);
    if (found?.ruleSet.version !== name) throw new RuleSetNotFoundError();
    return found;
  }

  /** The versions of a business type, the newest first, without the product's default. */
  list(merchantId: string, businessType: BusinessType, limit: number): Promise<StoredRuleSet[]> {
    return this.repository.list(merchantId, businessType, limit);
  }

  /**
   * Saves a new version, in shadow or as a draft: what was in shadow before is turned off.
   *
   * @param document - Thresholds, rules and operator rules; what it leaves out is the product's default.
   * @throws RuleSetInvalidError naming everything that is wrong @throws RuleSetTakenError when another version came between.
   */
  async create(
    merchantId: string,
    businessType: BusinessType,
    request: { document: unknown; comment: string; mode: 'draft' | 'shadow' },
    by: AuditContext,
  ): Promise<StoredRuleSet> {
    const { ruleSet: parsed } = this.compileDocument(businessType, request.document);
    const version = await this.database.transaction(async (transaction) => {
      const next = await this.repository.nextVersion(transaction, merchantId, businessType);
      await this.repository.vacate(transaction, merchantId, businessType, request.mode);
      const content = { ...parsed, version: `${businessType}-${next}` };
      const row = { businessType, version: next, mode: request.mode, content, comment: request.comment, createdBy: by.actor };
      if (!(await this.repository.insert(transaction, merchantId, row))) throw new RuleSetTakenError();
      const changes = { businessType, version: next, mode: request.mode };
      await this.auditLog.record(transaction, {
        ...by,
        merchantId,
        action: 'rule_set_created',
        objectId: content.version,
        reason: request.comment,
        changes,
      });
      return next;
    });
    this.cache.clear();
    return this.get(merchantId, businessType, version);
  }

  /** A rule set that is not saved, for a back-test. @throws RuleSetInvalidError naming everything that is wrong. */
  compileDocument(businessType: BusinessType, document: unknown): CompiledRuleSet {
    const parsed = parseRuleSet(businessType, document);
    if (Array.isArray(parsed)) throw new RuleSetInvalidError(parsed);
    const problems = problemsOf(parsed);
    if (problems.length > 0) throw new RuleSetInvalidError(problems);
    return { ruleSet: { ...parsed, version: 'unsaved' }, operatorRules: compileOperatorRules(parsed) };
  }

  /** Makes a version decide, look on or rest; the one that did so before is turned off. @throws RuleSetNotFoundError */
  async setMode(merchantId: string, businessType: BusinessType, version: number, mode: RuleMode, by: AuditContext): Promise<StoredRuleSet> {
    const before = await this.get(merchantId, businessType, version);
    await this.database.transaction(async (transaction) => {
      await this.repository.vacate(transaction, merchantId, businessType, mode);
      await this.repository.setMode(transaction, merchantId, { businessType, version }, mode);
      const changes = { mode: { before: before.mode, after: mode } };
      await this.auditLog.record(transaction, {
        ...by,
        merchantId,
        action: 'rule_set_mode_changed',
        objectId: before.content.version,
        changes,
      });
    });
    this.cache.clear();
    return this.get(merchantId, businessType, version);
  }

  /** What a version would have done in shadow. @throws RuleSetNotFoundError */
  async shadowReport(
    merchantId: string,
    livemode: boolean,
    key: { businessType: BusinessType; version: number },
    days: number,
  ): Promise<ShadowReportLine[]> {
    const { content } = await this.get(merchantId, key.businessType, key.version);
    return this.repository.shadowReport(merchantId, livemode, content.version, days);
  }

  /** @throws RuleSetNotFoundError */
  async get(merchantId: string, businessType: BusinessType, version: number): Promise<StoredRuleSet> {
    const found = await this.repository.find(merchantId, businessType, version);
    if (found === null) throw new RuleSetNotFoundError();
    return found;
  }
}

function defaultOf(businessType: BusinessType): CompiledRuleSet {
  return { ruleSet: DEFAULT_RULE_SETS[businessType], operatorRules: [] };
}

function compiled(ruleSet: RuleSet | null): CompiledRuleSet | null {
  return ruleSet === null ? null : { ruleSet, operatorRules: compileOperatorRules(ruleSet) };
}

function problemsOf(ruleSet: RuleSet): string[] {
  const conditions = (ruleSet.operatorRules ?? []).map(({ name, expression }) => ({ name, problem: checkExpression(expression) }));
  return [...checkRuleSet(ruleSet), ...conditions.flatMap(({ name, problem }) => (problem === null ? [] : [`${name}: ${problem}`]))];
}
