/** The six business types as they are before a merchant changes anything. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '#kernel';
import { type BusinessProfile, type BusinessType, type CurrencyRules, WITHOUT_RULES } from './business-profile.js';

/** What all types share unless they say otherwise. */
const SHARED = {
  verification: 'none',
  retry: { softDeclines: 'by_payer', delaysMs: [] },
  captureMethod: 'automatic',
  openingHours: null,
  tip: null,
  devicePaymentCount: null,
  accumulatesSmallAmounts: false,
  isOffSessionAfterFirst: false,
  refundReleasesLimits: false,
  riskFailurePolicy: 'hold',
  review: { expiresAfterMs: DAY_MS, onExpiry: 'cancel' },
  threeDSecureExpiryMs: 15 * MINUTE_MS,
} satisfies Partial<BusinessProfile>;

/**
 * The defaults by business type.
 *
 * Retail's hours are 08–22 and a restaurant's 06–23, both read as whole hours: the last one is open to its 59th minute. A person at a counter
 * is not kept waiting by a fraud service that is down (`open`); goods that cannot be taken back are not handed out (`closed`).
 */
export const DEFAULT_PROFILES: Readonly<Record<BusinessType, BusinessProfile>> = {
  retail: {
    ...SHARED,
    businessType: 'retail',
    currencies: inCurrencies('usd eur gbp cad', { minMinor: 50, maxMinor: 1_000_000, emailRequiredAboveMinor: 500_000 }),
    methods: ['card', 'mobile_wallet', 'nfc', 'qr', 'biometric'],
    openingHours: { opensAtMinute: 8 * 60, closesAtMinute: 23 * 60, outside: 'risk_signal' },
    devicePaymentCount: { max: 10, windowMs: HOUR_MS },
    riskFailurePolicy: 'open',
  },
  restaurant: {
    ...SHARED,
    businessType: 'restaurant',
    currencies: inCurrencies('usd eur gbp', { minMinor: 100, maxMinor: 100_000, lateHoursMaxMinor: 20_000 }),
    methods: ['card', 'mobile_wallet', 'nfc', 'qr'],
    captureMethod: 'manual',
    openingHours: { opensAtMinute: 6 * 60, closesAtMinute: 24 * 60, outside: 'limit_amount' },
    tip: { maxBasisPoints: 5_000, isAdjustableUntilCapture: true },
    riskFailurePolicy: 'open',
  },
  service: {
    ...SHARED,
    businessType: 'service',
    currencies: inCurrencies('usd eur gbp cad aud', {
      minMinor: 500,
      maxMinor: 5_000_000,
      emailRequiredAboveMinor: 50_000,
      firstPaymentMaxMinor: 100_000,
    }),
    methods: ['card', 'mobile_wallet'],
    verification: 'customer_email',
    retry: { softDeclines: 'never', delaysMs: [] },
    threeDSecureExpiryMs: DAY_MS,
  },
  subscription: {
    ...SHARED,
    businessType: 'subscription',
    currencies: inCurrencies('usd eur gbp', { minMinor: 99, maxMinor: 99_900, emailRequiredAboveMinor: 0 }),
    methods: ['card', 'mobile_wallet'],
    verification: 'customer_email',
    // A failed renewal is tried again after 1, 3, 5 and 7 more days: sixteen days in all, over a pay day and a weekend.
    retry: { softDeclines: 'scheduled', delaysMs: [DAY_MS, 3 * DAY_MS, 5 * DAY_MS, 7 * DAY_MS] },
    isOffSessionAfterFirst: true,
    threeDSecureExpiryMs: DAY_MS,
  },
  gaming: {
    ...SHARED,
    businessType: 'gaming',
    currencies: inCurrencies('usd eur gbp jpy', { minMinor: 99, maxMinor: 50_000, deviceDailyMinor: 20_000 }),
    methods: ['card', 'mobile_wallet'],
    riskFailurePolicy: 'closed',
  },
  iot: {
    ...SHARED,
    businessType: 'iot',
    currencies: inCurrencies('usd eur', { minMinor: 1, maxMinor: 100_000, deviceMonthlyMinor: 50_000 }),
    methods: ['card', 'mobile_wallet', 'voice'],
    verification: 'device_authorization',
    retry: { softDeclines: 'scheduled', delaysMs: [HOUR_MS, 6 * HOUR_MS, DAY_MS] },
    accumulatesSmallAmounts: true,
  },
};

/**
 * The same rules for several currencies, from figures in US cents.
 *
 * Currencies of two decimals whose unit is worth about a dollar keep the number: 50 is USD 0.50 and GBP 0.50. These are bounds of a business,
 * not prices, and a merchant who wants others overrides them. Yen have no decimals and are counted at 150 to the dollar, so three yen for
 * two cents, rounded to tens: 99 … 50 000 becomes 150 … 75 000.
 */
function inCurrencies(
  codes: string,
  usd: Pick<CurrencyRules, 'minMinor' | 'maxMinor'> & Partial<CurrencyRules>,
): BusinessProfile['currencies'] {
  const inYen = Object.fromEntries(Object.entries(usd).map(([rule, cents]) => [rule, cents === null ? null : yenOf(cents)]));
  return Object.fromEntries(codes.split(' ').map((code) => [code, { ...WITHOUT_RULES, ...usd, ...(code === 'jpy' ? inYen : {}) }]));
}

function yenOf(cents: number): number {
  return Math.round((cents * 3) / 20) * 10;
}
