/** The rules of a business type that a payment must obey and that need no reservation; those that do are in `spending-limit.ts`. */
import { type DeviceStatus, type DeviceType, METHODS_BY_DEVICE_TYPE } from '#devices';
import { minuteOfDay } from '#kernel';
import { type BusinessProfile, type CurrencyRules, type OpeningHours, type PaymentMethod } from '#merchants';

/** What a payment asks for, as far as the policy looks at it. Amounts are minor units of `currency`. */
export interface PolicyRequest {
  /** Base + tip + tax. */
  readonly amountMinor: number;
  /** Lower-case code. */
  readonly currency: string;
  readonly method: PaymentMethod;
  /** The amount without tip and tax, when the caller names it; else it is what remains. */
  readonly baseMinor?: number;
  readonly tipMinor?: number;
  readonly taxMinor?: number;
  readonly customerEmail?: string;
  /** Years: given when an item of the payment may only be sold from that age on. */
  readonly minimumAge?: number;
}

/** What else is known when the payment is asked for. */
export interface PolicyFacts {
  readonly at: Date;
  /** The merchant's IANA time zone. */
  readonly timeZone: string;
  readonly device: {
    readonly type: DeviceType;
    readonly status: DeviceStatus;
    /** Whether its owner lets it pay without a person. */
    readonly isAuthorizedForAutomation: boolean;
  };
  /** How many payments the customer has completed with this merchant; 0 when the customer is unknown. */
  readonly completedPayments: number;
  /** Years, as asserted by the merchant's own key and by nobody else; `null` when not asserted. */
  readonly verifiedAge: number | null;
}

/** Every rule's code. */
export type PolicyViolationCode =
  | 'currency_not_accepted'
  | 'amount_too_small'
  | 'amount_too_large'
  | 'amount_breakdown_mismatch'
  | 'tip_not_accepted'
  | 'tip_too_large'
  | 'method_not_available_on_device'
  | 'method_not_accepted'
  | 'device_not_active'
  | 'device_not_authorized'
  | 'customer_email_required'
  | 'outside_opening_hours'
  | 'first_payment_limit_exceeded'
  | 'verified_age_required';

/** One broken rule. */
export interface PolicyViolation {
  readonly code: PolicyViolationCode;
  /** The request field at fault, in the API's spelling. */
  readonly param: string;
  /** The bound that was broken: an amount in minor units, an age in years or the words that are accepted; `null` when there is none. */
  readonly limit: number | readonly string[] | null;
  /** What the field may still be at most, in minor units; `null` when less would not help. */
  readonly remaining: number | null;
}

/**
 * Every rule that the payment breaks, so that one answer names all that must change; empty when it may go on.
 *
 * In a currency that is not accepted no amount is judged: a bound in another currency says nothing.
 */
export function checkPaymentPolicy(request: PolicyRequest, profile: BusinessProfile, facts: PolicyFacts): readonly PolicyViolation[] {
  const rules = currencyRulesOf(profile, request.currency);
  return [
    ...(rules ? checkAmounts(request, profile, rules, facts) : [currencyViolation(profile)]),
    ...checkBreakdown(request, profile),
    ...checkDevice(request, profile, facts),
    ...checkAge(request, facts),
  ];
}

/** A currency's rules in a profile; `undefined` when the profile does not accept it. */
export function currencyRulesOf(profile: BusinessProfile, currency: string): CurrencyRules | undefined {
  return Object.hasOwn(profile.currencies, currency) ? profile.currencies[currency] : undefined;
}

/** Whether the wall clock of the merchant shows a minute at which the business is open, on days of 23 and 25 hours too. */
export function isOpenAt(hours: OpeningHours | null, at: Date, timeZone: string): boolean {
  if (!hours) return true;
  const minute = minuteOfDay(at, timeZone);
  const { opensAtMinute: opens, closesAtMinute: closes } = hours;
  return opens < closes ? minute >= opens && minute < closes : minute >= opens || minute < closes;
}

function checkAmounts(request: PolicyRequest, profile: BusinessProfile, rules: CurrencyRules, facts: PolicyFacts): PolicyViolation[] {
  const amount = request.amountMinor;
  const violations: PolicyViolation[] = [];
  if (amount < rules.minMinor) violations.push({ code: 'amount_too_small', param: 'amount', limit: rules.minMinor, remaining: null });
  if (amount > rules.maxMinor) violations.push(tooMuch('amount_too_large', rules.maxMinor));
  const emailAbove = rules.emailRequiredAboveMinor;
  if (emailAbove !== null && amount > emailAbove && !request.customerEmail) {
    violations.push({ code: 'customer_email_required', param: 'customerEmail', limit: emailAbove, remaining: emailAbove });
  }
  const lateMax = profile.openingHours?.outside === 'limit_amount' ? rules.lateHoursMaxMinor : null;
  if (lateMax !== null && amount > lateMax && !isOpenAt(profile.openingHours, facts.at, facts.timeZone)) {
    violations.push(tooMuch('outside_opening_hours', lateMax));
  }
  const firstMax = rules.firstPaymentMaxMinor;
  if (firstMax !== null && amount > firstMax && facts.completedPayments === 0) {
    violations.push(tooMuch('first_payment_limit_exceeded', firstMax));
  }
  return violations;
}

function checkBreakdown(request: PolicyRequest, profile: BusinessProfile): PolicyViolation[] {
  const { amountMinor, tipMinor = 0, taxMinor = 0 } = request;
  const baseMinor = request.baseMinor ?? amountMinor - tipMinor - taxMinor;
  const violations: PolicyViolation[] = [];
  if (baseMinor < 0 || baseMinor + tipMinor + taxMinor !== amountMinor) {
    violations.push({ code: 'amount_breakdown_mismatch', param: 'amount', limit: null, remaining: null });
  }
  if (tipMinor > 0 && !profile.tip) violations.push({ code: 'tip_not_accepted', param: 'tipAmount', limit: 0, remaining: 0 });
  if (profile.tip && baseMinor >= 0) {
    const maxTipMinor = largestTip(baseMinor, profile.tip.maxBasisPoints);
    if (tipMinor > maxTipMinor) violations.push({ code: 'tip_too_large', param: 'tipAmount', limit: maxTipMinor, remaining: maxTipMinor });
  }
  return violations;
}

/** The largest whole tip that is not above the share of the base: rounded down, so that 50 % of 1 is 0. */
export function largestTip(baseMinor: number, basisPoints: number): number {
  return Number((BigInt(baseMinor) * BigInt(basisPoints)) / 10_000n);
}

function checkDevice(request: PolicyRequest, profile: BusinessProfile, { device }: PolicyFacts): PolicyViolation[] {
  const violations: PolicyViolation[] = [];
  const onDevice = METHODS_BY_DEVICE_TYPE[device.type];
  if (!onDevice.includes(request.method)) {
    violations.push({ code: 'method_not_available_on_device', param: 'method', limit: onDevice, remaining: null });
  }
  if (!profile.methods.includes(request.method)) {
    violations.push({ code: 'method_not_accepted', param: 'method', limit: profile.methods, remaining: null });
  }
  if (device.status !== 'active') violations.push({ code: 'device_not_active', param: 'deviceId', limit: null, remaining: null });
  if (profile.verification === 'device_authorization' && !device.isAuthorizedForAutomation) {
    violations.push({ code: 'device_not_authorized', param: 'deviceId', limit: null, remaining: null });
  }
  return violations;
}

function checkAge({ minimumAge }: PolicyRequest, { verifiedAge }: PolicyFacts): PolicyViolation[] {
  if (minimumAge === undefined || (verifiedAge !== null && verifiedAge >= minimumAge)) return [];
  return [{ code: 'verified_age_required', param: 'verifiedAge', limit: minimumAge, remaining: null }];
}

function currencyViolation(profile: BusinessProfile): PolicyViolation {
  return { code: 'currency_not_accepted', param: 'currency', limit: Object.keys(profile.currencies), remaining: null };
}

function tooMuch(code: PolicyViolationCode, limit: number): PolicyViolation {
  return { code, param: 'amount', limit, remaining: limit };
}
