/** Who sends a request. */
import { DomainError, MINUTE_MS } from '#kernel';
import type { Role, Scope } from './domain/scopes.js';

/** A merchant's server, by its API key. */
export interface MerchantKeyPrincipal {
  readonly kind: 'merchant_key';
  /** `key_…` */
  readonly id: string;
  readonly merchantId: string;
  readonly livemode: boolean;
  readonly scopes: ReadonlySet<Scope>;
}

/** A registered device, by its credential. */
export interface DevicePrincipal {
  readonly kind: 'device';
  /** `dev_…` */
  readonly id: string;
  readonly merchantId: string;
  readonly livemode: boolean;
  readonly scopes: ReadonlySet<Scope>;
  readonly deviceType: string;
  /** The device's own business type, else its merchant's default; chooses the rate limit of its payments. */
  readonly businessType: string;
  /** What the merchant has enabled, of which a payment may name one. */
  readonly enabledBusinessTypes: readonly string[];
}

/** A person, by the session cookie. */
export interface UserPrincipal {
  readonly kind: 'user';
  /** `usr_…` */
  readonly id: string;
  /** The person's merchant; for a person of the whole deployment the one named in the `Upp-Merchant` header, else null. */
  readonly merchantId: string | null;
  readonly livemode: boolean;
  readonly scopes: ReadonlySet<Scope>;
  readonly role: Role;
  readonly sessionId: string;
  /** When the person last proved possession of the second factor; null since sign-in without one. */
  readonly steppedUpAt: Date | null;
}

/** The monitoring system, by METRICS_TOKEN: it reads metrics and health of the whole deployment. */
export interface MonitorPrincipal {
  readonly kind: 'monitor';
  readonly id: 'metrics_token';
  readonly merchantId: null;
  readonly livemode: boolean;
  readonly scopes: ReadonlySet<Scope>;
}

/** Whoever was authenticated. */
export type Principal = MerchantKeyPrincipal | DevicePrincipal | UserPrincipal | MonitorPrincipal;

/** A person of the whole deployment must say for which merchant they act. */
export class MerchantRequiredError extends DomainError {
  constructor() {
    super('invalid', 'merchant_required', 'Name the merchant in the Upp-Merchant header.', { param: 'Upp-Merchant' });
  }
}

/** The merchant that a person of the whole deployment names is none. */
export class UnknownMerchantError extends DomainError {
  constructor(param: 'Upp-Merchant' | 'merchantId') {
    super('not_found', 'merchant_not_found', 'There is no such merchant.', { param });
  }
}

/**
 * The merchant on whose behalf the request acts.
 *
 * @throws MerchantRequiredError for a person of the whole deployment who named none.
 */
export function merchantIdOf(principal: Principal): string {
  if (principal.merchantId === null) throw new MerchantRequiredError();
  return principal.merchantId;
}

/** The principal in the audit log's words: `merchant_key:key_…`, `user:usr_…`, `device:dev_…`. */
export function actorOf(principal: Principal): string {
  return `${principal.kind}:${principal.id}`;
}

// How long one proof of the second factor counts for refunds, keys, lists and limits.
const STEP_UP_MS = 10 * MINUTE_MS;

/** Whether a person proved the second factor within the last ten minutes. */
export function hasSteppedUp({ steppedUpAt }: UserPrincipal, now: Date): boolean {
  return steppedUpAt !== null && now.getTime() - steppedUpAt.getTime() <= STEP_UP_MS;
}
