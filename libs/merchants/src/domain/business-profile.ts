/** A business type's rules as data: what a payment may be, and what happens when it is declined, doubtful or late. */
import { type PaymentMethod } from './payment-method.js';

/** Every business type. */
export const BUSINESS_TYPES = ['retail', 'restaurant', 'service', 'subscription', 'gaming', 'iot'] as const;

/** A business type; it comes from the merchant's or the device's configuration, and a request may only name an enabled one. */
export type BusinessType = (typeof BUSINESS_TYPES)[number];

/** Every word for {@link BusinessProfile.verification}. */
export const VERIFICATIONS = ['none', 'customer_email', 'device_authorization'] as const;
/** Every word for {@link RetryPolicy.softDeclines}. */
export const SOFT_DECLINE_RETRIES = ['never', 'by_payer', 'scheduled'] as const;
/** Every word for {@link OpeningHours.outside}. */
export const OUTSIDE_HOURS_RULES = ['limit_amount', 'risk_signal'] as const;
/** Every word for {@link BusinessProfile.riskFailurePolicy}. */
export const RISK_FAILURE_POLICIES = ['open', 'hold', 'closed'] as const;
/** Every word for {@link BusinessProfile.captureMethod}. */
export const CAPTURE_METHODS = ['automatic', 'manual'] as const;

/** The amounts of one currency, all in its minor units and inclusive. `null` means that the rule does not exist here. */
export interface CurrencyRules {
  /** The smallest amount, e.g. 50 = USD 0.50. */
  readonly minMinor: number;
  /** The largest amount. */
  readonly maxMinor: number;
  /** Above this amount a customer's email is required; 0 requires it always. */
  readonly emailRequiredAboveMinor: number | null;
  /** The largest amount outside the opening hours. */
  readonly lateHoursMaxMinor: number | null;
  /** The largest amount of a customer without a completed payment. */
  readonly firstPaymentMaxMinor: number | null;
  /** What one device may spend in a calendar day of the merchant. */
  readonly deviceDailyMinor: number | null;
  /** What one device may spend in a calendar month of the merchant. */
  readonly deviceMonthlyMinor: number | null;
  /** What one customer may spend in a calendar day of the merchant. */
  readonly customerDailyMinor: number | null;
  /** What one customer may spend in a calendar month of the merchant. */
  readonly customerMonthlyMinor: number | null;
}

/** The rules of a currency that knows no bounds but its smallest and largest amount. */
export const WITHOUT_RULES: Omit<CurrencyRules, 'minMinor' | 'maxMinor'> = {
  emailRequiredAboveMinor: null,
  lateHoursMaxMinor: null,
  firstPaymentMaxMinor: null,
  deviceDailyMinor: null,
  deviceMonthlyMinor: null,
  customerDailyMinor: null,
  customerMonthlyMinor: null,
};

/** What is tried again after a soft decline. */
export interface RetryPolicy {
  /**
   * - `never`: the method that was declined is not tried again
   * - `by_payer`: the payer may try it again; nothing is charged behind the back of someone who was told "declined"
   * - `scheduled`: nobody is present, so the product tries again by itself after `delaysMs`
   */
  readonly softDeclines: (typeof SOFT_DECLINE_RETRIES)[number];
  /** Waiting time before each scheduled try; its length is the number of tries. Empty unless `scheduled`. */
  readonly delaysMs: readonly number[];
}

/** When a business is open, on the wall clock of the merchant's time zone; over midnight when it closes before it opens. */
export interface OpeningHours {
  /** Minutes since midnight at which it opens, 0 … 1439. */
  readonly opensAtMinute: number;
  /** Minutes since midnight at which it has closed, 1 … 1440: 1440 is open up to and including 23:59. */
  readonly closesAtMinute: number;
  /** `limit_amount`: `lateHoursMaxMinor` holds outside the hours. `risk_signal`: only the fraud rules look at it. */
  readonly outside: (typeof OUTSIDE_HOURS_RULES)[number];
}

/** Tips: a field of their own, bounded by the base amount. */
export interface TipRule {
  /** The largest tip, in hundredths of a percent of the base: 5000 is 50 %. */
  readonly maxBasisPoints: number;
  /** Whether a tip may still be added while the payment waits for its capture. */
  readonly isAdjustableUntilCapture: boolean;
}

/** At most `max` payments in any span of `windowMs`. */
export interface PaymentCountRule {
  readonly max: number;
  readonly windowMs: number;
}

/** How long a payment waits for an analyst, and what happens when none came. */
export interface ReviewRule {
  readonly expiresAfterMs: number;
  readonly onExpiry: 'approve' | 'cancel';
}

/**
 * The rules of one business type for one merchant: the defaults of the type with the merchant's overrides applied.
 *
 * Plain JSON, so that a version can be stored, compared and shown.
 */
export interface BusinessProfile {
  readonly businessType: BusinessType;
  /** By lower-case currency code. A currency without an entry is refused, never converted. */
  readonly currencies: Readonly<Record<string, CurrencyRules>>;
  readonly methods: readonly PaymentMethod[];
  readonly verification: (typeof VERIFICATIONS)[number];
  readonly retry: RetryPolicy;
  /** How a payment is captured when the request does not say. */
  readonly captureMethod: (typeof CAPTURE_METHODS)[number];
  /** `null` when always open. */
  readonly openingHours: OpeningHours | null;
  /** `null` when a tip is refused. */
  readonly tip: TipRule | null;
  /** `null` when a device may pay as often as its rate limit allows. */
  readonly devicePaymentCount: PaymentCountRule | null;
  /** Whether amounts below what Stripe charges singly are collected and charged as a sum. */
  readonly accumulatesSmallAmounts: boolean;
  /** Whether a customer's payments after the first happen without the customer. */
  readonly isOffSessionAfterFirst: boolean;
  /** Whether a refund gives its amount back to the daily and monthly limits. */
  readonly refundReleasesLimits: boolean;
  /** When a fraud rule cannot be evaluated: go on, hold for review, or refuse. */
  readonly riskFailurePolicy: (typeof RISK_FAILURE_POLICIES)[number];
  readonly review: ReviewRule;
  /** How long a 3-D Secure challenge may stay open before the payment is canceled. */
  readonly threeDSecureExpiryMs: number;
}
