/** What a business profile must be, field by field: overrides come from people and from JSON, so nothing is taken for granted. */
import { CURRENCIES, DAY_MS, isCurrencyCode, SECOND_MS } from '#kernel';
import {
  type BusinessProfile,
  CAPTURE_METHODS,
  type CurrencyRules,
  OUTSIDE_HOURS_RULES,
  RISK_FAILURE_POLICIES,
  SOFT_DECLINE_RETRIES,
  VERIFICATIONS,
} from './business-profile.js';
import { PAYMENT_METHODS } from './payment-method.js';

/** One thing that is wrong with a profile. */
export interface ProfileProblem {
  /** Where, as in `currencies.usd.maxMinor`. */
  readonly path: string;
  /** What it must be instead, as the end of the sentence "it must be …". */
  readonly expected: string;
}

type Check = (value: unknown, path: string) => readonly ProfileProblem[];

/** Twelve digits: more than Stripe charges in any currency. */
const MAX_AMOUNT_MINOR = 999_999_999_999;
/** Stripe keeps an uncaptured authorization for 7 days by default, and nothing waits longer than that. */
const MAX_WAIT_MS = 7 * DAY_MS;
const MAX_RETRIES = 8;
const MAX_RETRY_DELAY_MS = 30 * DAY_MS;
const MAX_PAYMENT_COUNT = 100_000;

const amount = integer(0, MAX_AMOUNT_MINOR);
const amountOrNull = nullable(amount);

const CURRENCY_RULES: Record<keyof CurrencyRules, Check> = {
  minMinor: integer(1, MAX_AMOUNT_MINOR),
  maxMinor: integer(1, MAX_AMOUNT_MINOR),
  emailRequiredAboveMinor: amountOrNull,
  lateHoursMaxMinor: amountOrNull,
  firstPaymentMaxMinor: amountOrNull,
  deviceDailyMinor: amountOrNull,
  deviceMonthlyMinor: amountOrNull,
  customerDailyMinor: amountOrNull,
  customerMonthlyMinor: amountOrNull,
};

/** The check of each field that a merchant may override. */
export const FIELD_CHECKS: Readonly<Record<Exclude<keyof BusinessProfile, 'businessType'>, Check>> = {
  currencies: checkCurrencies,
  methods: listOf(oneOf(PAYMENT_METHODS), 1, PAYMENT_METHODS.length),
  verification: oneOf(VERIFICATIONS),
  retry: object({ softDeclines: oneOf(SOFT_DECLINE_RETRIES), delaysMs: listOf(integer(SECOND_MS, MAX_RETRY_DELAY_MS), 0, MAX_RETRIES) }),
  captureMethod: oneOf(CAPTURE_METHODS),
  openingHours: nullable(
    object({ opensAtMinute: integer(0, 1_439), closesAtMinute: integer(1, 1_440), outside: oneOf(OUTSIDE_HOURS_RULES) }),
  ),
  tip: nullable(object({ maxBasisPoints: integer(0, 10_000), isAdjustableUntilCapture: isBoolean })),
  devicePaymentCount: nullable(object({ max: integer(1, MAX_PAYMENT_COUNT), windowMs: integer(SECOND_MS, 31 * DAY_MS) })),
  accumulatesSmallAmounts: isBoolean,
  isOffSessionAfterFirst: isBoolean,
  refundReleasesLimits: isBoolean,
  riskFailurePolicy: oneOf(RISK_FAILURE_POLICIES),
  review: object({ expiresAfterMs: integer(SECOND_MS, MAX_WAIT_MS), onExpiry: oneOf(['approve', 'cancel']) }),
  threeDSecureExpiryMs: integer(SECOND_MS, MAX_WAIT_MS),
};

/** What is wrong between the fields of a profile whose fields are all right by themselves. */
export function checkConsistency(profile: BusinessProfile): readonly ProfileProblem[] {
  const problems: ProfileProblem[] = [];
  for (const [code, rules] of Object.entries(profile.currencies)) {
    if (rules.minMinor > rules.maxMinor) problems.push({ path: `currencies.${code}.minMinor`, expected: 'at most maxMinor' });
    if (profile.verification === 'customer_email' && rules.emailRequiredAboveMinor === null) {
      problems.push({
        path: `currencies.${code}.emailRequiredAboveMinor`,
        expected: 'an amount, because the type verifies the customer email',
      });
    }
  }
  if ((profile.retry.softDeclines === 'scheduled') !== profile.retry.delaysMs.length > 0) {
    problems.push({ path: 'retry.delaysMs', expected: 'given for scheduled retries, and for those alone' });
  }
  if (profile.openingHours && profile.openingHours.opensAtMinute === profile.openingHours.closesAtMinute) {
    problems.push({ path: 'openingHours.closesAtMinute', expected: 'another minute than opensAtMinute' });
  }
  return problems;
}

/** Whether `value` is an object of fields rather than null, a list or a plain value. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkCurrencies(value: unknown, path: string): readonly ProfileProblem[] {
  if (!isRecord(value) || Object.keys(value).length === 0) return [{ path, expected: 'an object with at least one currency' }];
  return Object.entries(value).flatMap(([code, rules]) => {
    const isChargeable = isCurrencyCode(code) && CURRENCIES.get(code)?.charging !== 'never';
    if (!isChargeable) return [{ path: `${path}.${code}`, expected: 'a lower-case code of a currency that can be charged' }];
    return object(CURRENCY_RULES)(rules, `${path}.${code}`);
  });
}

function integer(min: number, max: number): Check {
  return (value, path) =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
      ? []
      : [{ path, expected: `an integer from ${min} to ${max}` }];
}

function isBoolean(value: unknown, path: string): readonly ProfileProblem[] {
  return typeof value === 'boolean' ? [] : [{ path, expected: 'true or false' }];
}

function oneOf(words: readonly string[]): Check {
  return (value, path) => (typeof value === 'string' && words.includes(value) ? [] : [{ path, expected: `one of ${words.join(', ')}` }]);
}

function nullable(check: Check): Check {
  return (value, path) => (value === null ? [] : check(value, path));
}

function listOf(check: Check, minLength: number, maxLength: number): Check {
  return (value, path) => {
    const isFitting = Array.isArray(value) && value.length >= minLength && value.length <= maxLength;
    if (!isFitting) return [{ path, expected: `a list of ${minLength} to ${maxLength}` }];
    if (new Set(value).size !== value.length && typeof value[0] === 'string') return [{ path, expected: 'a list without repetition' }];
    return value.flatMap((each, index) => check(each, `${path}.${index}`));
  };
}

function object(fields: Readonly<Record<string, Check>>): Check {
  return (value, path) => {
    if (!isRecord(value)) return [{ path, expected: `an object with ${Object.keys(fields).join(', ')}` }];
    const unknown = Object.keys(value).filter((name) => !Object.hasOwn(fields, name));
    return [
      ...unknown.map((name) => ({ path: `${path}.${name}`, expected: 'absent, as no such field exists' })),
      ...Object.entries(fields).flatMap(([name, check]) => check(value[name], `${path}.${name}`)),
    ];
  };
}
