/** Asks the storage, and draws the consequences of a breach. */
import { Injectable } from '@nestjs/common';
import { DomainError } from '#kernel';
import { AppConfig } from '#platform';
import { DEFAULT_POLICIES, isTunablePolicy, type RateLimitName, type RateLimitPolicy } from '../domain/rate-limit-policy.js';
import { rateLimitDecisionsTotal } from '../metrics.js';
import { SecurityIncidents } from '../security-incidents.js';
import { MerchantRateLimits } from './merchant-rate-limits.service.js';
import { RateLimitStorage, type TakeResult } from './rate-limit-storage.js';

/** Who is counted. */
export interface RateLimitSubject {
  /** A device id, a client network, a hash: what the policy counts by. */
  readonly key: string;
  readonly ip?: string;
  readonly merchantId?: string;
}

/** A decision with the policy it follows from. */
export interface RateLimitOutcome extends TakeResult {
  readonly policy: RateLimitPolicy;
}

/** Too many requests of one kind by one sender. */
export class RateLimitedError extends DomainError {
  constructor({ policy, retryAfterMs, blockedForMs }: RateLimitOutcome) {
    const words = blockedForMs > 0 ? 'Blocked for a while after a breach of a rate limit.' : 'Too many requests.';
    super('rate_limited', 'rate_limit_exceeded', words, {
      retryAfterSeconds: Math.max(1, Math.ceil(Math.max(retryAfterMs, blockedForMs) / 1_000)),
      details: { policy: policy.name, limit: policy.limit, windowSeconds: policy.windowMs / 1_000 },
    });
  }
}

/** The rate limits of the deployment. */
@Injectable()
export class RateLimiter {
  private readonly policies: Readonly<Record<RateLimitName, RateLimitPolicy>>;

  constructor(
    private readonly storage: RateLimitStorage,
    private readonly incidents: SecurityIncidents,
    private readonly merchants: MerchantRateLimits,
    { rateLimits }: AppConfig,
  ) {
    this.policies = {
      api: { ...DEFAULT_POLICIES.api, limit: rateLimits.apiPer15Minutes },
      payments: { ...DEFAULT_POLICIES.payments, limit: rateLimits.paymentsPerMinute },
      payments_gaming: { ...DEFAULT_POLICIES.payments_gaming, limit: rateLimits.gamingPaymentsPerMinute },
      payments_iot: { ...DEFAULT_POLICIES.payments_iot, limit: rateLimits.iotPaymentsPerMinute },
      payments_service: { ...DEFAULT_POLICIES.payments_service, limit: rateLimits.servicePaymentsPerMinute },
      sign_in: { ...DEFAULT_POLICIES.sign_in, limit: rateLimits.signInPer15Minutes },
      sign_in_email: { ...DEFAULT_POLICIES.sign_in_email, limit: rateLimits.signInPerEmailPerHour },
      device_registration: { ...DEFAULT_POLICIES.device_registration, limit: rateLimits.deviceRegistrationsPerHour },
    };
  }

  /** The deployment's limit. */
  policy(name: RateLimitName): RateLimitPolicy {
    return this.policies[name];
  }

  /**
   * Counts one request and ends it when it is one too many.
   *
   * @throws RateLimitedError beyond the limit, or while the key is blocked after a breach.
   */
  async consume(name: RateLimitName, subject: RateLimitSubject): Promise<RateLimitOutcome> {
    const outcome = await this.take(name, subject);
    if (!outcome.isAllowed) throw new RateLimitedError(outcome);
    return outcome;
  }

  /** Counts one request. A breach blocks the key where the policy says so, and is one incident however often it is repeated. */
  async take(name: RateLimitName, subject: RateLimitSubject): Promise<RateLimitOutcome> {
    const policy = await this.policyFor(name, subject.merchantId);
    const key = keyOf(policy, subject.key);
    const result = await this.storage.take({ key, quota: policy });
    rateLimitDecisionsTotal.inc({ policy: name, backend: this.storage.backend, decision: result.isAllowed ? 'allowed' : 'refused' });
    if (result.isAllowed || result.isPrecaution || result.blockedForMs > 0) return { ...result, policy };
    const blockedForMs = policy.firstBlock === null ? 0 : await this.storage.block(key, policy.firstBlock);
    if (policy.isIncident) this.report(policy, subject, blockedForMs);
    return { ...result, blockedForMs, retryAfterMs: Math.max(result.retryAfterMs, blockedForMs), policy };
  }

  /** Forgets what a key has used, after a success. */
  async forget(name: RateLimitName, key: string): Promise<void> {
    await this.storage.forget(keyOf(this.policies[name], key));
  }

  /** The limit that holds for a merchant; one read in five seconds for each merchant, whatever comes in. */
  private async policyFor(name: RateLimitName, merchantId: string | undefined): Promise<RateLimitPolicy> {
    const policy = this.policies[name];
    if (merchantId === undefined || !isTunablePolicy(name)) return policy;
    const limits = this.merchants.limitsOf(merchantId);
    const limit = (limits instanceof Promise ? await limits : limits).get(name);
    return limit === undefined ? policy : { ...policy, limit };
  }

  private report({ name, limit }: RateLimitPolicy, { key, ip, merchantId }: RateLimitSubject, blockedForMs: number): void {
    this.incidents.report({
      type: 'rate_limit_exceeded',
      severity: blockedForMs > 0 ? 'medium' : 'low',
      subject: `${name}:${key}`,
      ...(ip === undefined ? {} : { ip }),
      merchantId: merchantId ?? null,
      details: { policy: name, limit, blockedSeconds: Math.round(blockedForMs / 1_000) },
    });
  }
}

function keyOf({ bucket }: RateLimitPolicy, key: string): string {
  return `${bucket}|${key}`;
}
