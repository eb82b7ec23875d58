/** The rate limits as data: what is counted, how much per how long, and what a breach brings. */
import { HOUR_MS, MINUTE_MS } from '#kernel';
import type { Quota } from './gcra.js';

/** The names of the limits, as they stand in the `RateLimit-Policy` header and in metrics. */
export const RATE_LIMIT_NAMES = [
  'api',
  'payments',
  'payments_gaming',
  'payments_iot',
  'payments_service',
  'sign_in',
  'sign_in_email',
  'device_registration',
] as const;

/** The name of a limit. */
export type RateLimitName = (typeof RATE_LIMIT_NAMES)[number];

/** The limits that an operator may set for a single merchant: those that are counted after it is known whose request it is. */
export const TUNABLE_RATE_LIMITS = [
  'payments',
  'payments_gaming',
  'payments_iot',
  'payments_service',
  'device_registration',
] as const satisfies readonly RateLimitName[];

/** The name of a limit that may differ by merchant. */
export type TunableRateLimitName = (typeof TUNABLE_RATE_LIMITS)[number];

/** Whether a name is one of {@link TUNABLE_RATE_LIMITS}. */
export function isTunablePolicy(name: string): name is TunableRateLimitName {
  return (TUNABLE_RATE_LIMITS as readonly string[]).includes(name);
}

/** One limit. */
export interface RateLimitPolicy extends Quota {
  readonly name: RateLimitName;
  /** What the count is kept under. The payment limits share theirs, so that a change of business type opens no new account. */
  readonly bucket: string;
  /** Which step of the block durations a first breach brings; null when a breach only answers 429. */
  readonly firstBlock: number | null;
  /** Whether a breach is a security incident. A busy client of the whole API is not one. */
  readonly isIncident: boolean;
}

/** The limits as shipped; the configuration replaces the numbers of requests. */
export const DEFAULT_POLICIES: Readonly<Record<RateLimitName, RateLimitPolicy>> = {
  // Per client network.
  api: { name: 'api', bucket: 'api', limit: 1_000, windowMs: 15 * MINUTE_MS, firstBlock: null, isIncident: false },
  // Per device; exactly one of the four holds for a payment.
  payments: aPaymentPolicy('payments', 10),
  payments_gaming: aPaymentPolicy('payments_gaming', 20),
  payments_iot: aPaymentPolicy('payments_iot', 50),
  payments_service: aPaymentPolicy('payments_service', 3),
  // Per e-mail address and client network together: an attacker elsewhere uses up an account of their own.
  sign_in: { name: 'sign_in', bucket: 'sign_in', limit: 5, windowMs: 15 * MINUTE_MS, firstBlock: null, isIncident: true },
  // Per e-mail address from everywhere: beyond it, answers come slower, and nobody is locked out.
  sign_in_email: { name: 'sign_in_email', bucket: 'sign_in_email', limit: 20, windowMs: HOUR_MS, firstBlock: null, isIncident: true },
  // Per client network.
  device_registration: {
    name: 'device_registration',
    bucket: 'device_registration',
    limit: 5,
    windowMs: HOUR_MS,
    firstBlock: 1,
    isIncident: true,
  },
};

/** The limit for payments of a business type; it replaces the general one, it does not add to it. */
export function paymentsPolicyOf(businessType: string): RateLimitName {
  switch (businessType) {
    case 'gaming':
      return 'payments_gaming';
    case 'iot':
      return 'payments_iot';
    case 'service':
      return 'payments_service';
    default:
      return 'payments';
  }
}

function aPaymentPolicy(name: RateLimitName, limit: number): RateLimitPolicy {
  return { name, bucket: 'payments', limit, windowMs: MINUTE_MS, firstBlock: 0, isIncident: true };
}
