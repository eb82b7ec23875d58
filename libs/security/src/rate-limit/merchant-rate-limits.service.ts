/** Rate limits of single merchants, over those of the deployment. */
import { Injectable, Logger } from '@nestjs/common';
import { Clock, DomainError, SECOND_MS } from '#kernel';
import { Database } from '#platform';
import type { AuditContext } from '../api-keys.service.js';
import { AuditLog } from '../audit/audit-log.js';
import { isTunablePolicy, type TunableRateLimitName } from '../domain/rate-limit-policy.js';
import { ShortCache } from '../short-cache.js';
import { type MerchantRateLimit, MerchantRateLimitsRepository } from './merchant-rate-limits.repository.js';

// How long another replica may go by the former limit. A thousand merchants ask the database 200 times a second at most.
const CACHE_TTL_MS = 5 * SECOND_MS;
const CACHE_ENTRIES = 10_000;

type Limits = ReadonlyMap<string, number>;
const NONE: Limits = new Map();

/** A limit of that name does not exist, or is nobody's but the deployment's. */
export class RateLimitNotTunableError extends DomainError {
  constructor() {
    super('not_found', 'rate_limit_not_found', 'There is no such limit, or it holds for all merchants together.', { param: 'name' });
  }
}

/** Answers what holds for a merchant without a look-up per request, and lets the operator change it. */
@Injectable()
export class MerchantRateLimits {
  private readonly logger = new Logger('RateLimit');
  private readonly known: ShortCache<{ readonly merchantId: string; readonly limits: Limits }>;
  // Requests that arrive while a merchant's limits are being read wait for the same answer.
  private readonly loading = new Map<string, Promise<Limits>>();

  constructor(
    private readonly database: Database,
    private readonly repository: MerchantRateLimitsRepository,
    private readonly auditLog: AuditLog,
    clock: Clock,
  ) {
    this.known = new ShortCache(clock, { ttlMs: CACHE_TTL_MS, maxEntries: CACHE_ENTRIES });
  }

  /** The merchant's own limits by policy; a promise only when they must be read first. Never fails: without an answer the deployment's hold. */
  limitsOf(merchantId: string): Limits | Promise<Limits> {
    const known = this.known.get(merchantId);
    if (known !== undefined) return known.limits;
    let loading = this.loading.get(merchantId);
    if (loading === undefined) {
      loading = this.load(merchantId).finally(() => this.loading.delete(merchantId));
      this.loading.set(merchantId, loading);
    }
    return loading;
  }

  /** What was set for the merchant. */
  list(merchantId: string): Promise<MerchantRateLimit[]> {
    return this.repository.list(merchantId);
  }

  /**
   * Sets a limit, or takes it back; here at once, in other replicas within five seconds.
   *
   * @param limit - Requests in the policy's window, 1 … 1 000 000; null for the deployment's.
   * @throws RateLimitNotTunableError
   */
  async change(merchantId: string, name: string, limit: number | null, by: AuditContext): Promise<void> {
    const policy = this.tunable(name);
    await this.database.transaction(async (transaction) => {
      const before =
        limit === null
          ? await this.repository.remove(transaction, merchantId, policy)
          : await this.repository.set(transaction, merchantId, policy, limit, by.actor);
      if (before === limit) return;
      const changes = { policy, before, after: limit };
      await this.auditLog.record(transaction, { ...by, merchantId, action: 'rate_limit_changed', objectId: merchantId, changes });
      transaction.afterCommit(() => {
        this.known.forget((entry) => entry.merchantId === merchantId);
      });
    });
  }

  private tunable(name: string): TunableRateLimitName {
    if (!isTunablePolicy(name)) throw new RateLimitNotTunableError();
    return name;
  }

  private async load(merchantId: string): Promise<Limits> {
    try {
      const rows = await this.repository.list(merchantId);
      const limits = rows.length === 0 ? NONE : new Map(rows.map(({ policy, limit }) => [policy, limit]));
      this.known.set(merchantId, { merchantId, limits });
      return limits;
    } catch (error) {
      this.logger.warn({ event: 'merchant_rate_limits_unknown', reason: (error as Error).message });
      return NONE;
    }
  }
}
