/** The rule sets every deployment starts with, one per business type: the product's published figures, all of them tunable. */
import { BUSINESS_TYPES, type BusinessType } from '#merchants';
import { type Band, type FailurePolicy, type RuleSet, type RuleSettings } from './rule-set.js';

/** Raised with every change of a figure below. */
const VERSION = 1;

const REVIEW_FROM = 70;
const BLOCK_FROM = 85;

/** Attempts in 24 h that one device, card, customer or address may make before the next one counts as too many. */
const ATTEMPTS_24H: Readonly<Record<BusinessType, number>> = {
  retail: 10,
  restaurant: 5,
  service: 3,
  subscription: 2,
  gaming: 15,
  iot: 20,
};

/** A payment without its history is held where a single one may be large, and let through where a queue waits at a till. */
const FAILURE_POLICY: Readonly<Record<BusinessType, FailurePolicy>> = {
  retail: 'open',
  restaurant: 'open',
  service: 'hold',
  subscription: 'hold',
  gaming: 'hold',
  iot: 'open',
};

/** Log-odds of 0.10, from which the model counts at all, and of 0.95, from which it counts in full. */
const MODEL_SPEAKS = -2.197;
const MODEL_IS_SURE = 2.944;

const CLEAR: Band = { from: null, points: 0, code: 'clear' };

/** More than 1 000 km in less than an hour is impossible travel; the faster, the surer. */
const TRAVEL: readonly Band[] = [
  CLEAR,
  { from: 1_000, points: 60, risesTo: 100, code: 'impossible_travel' },
  { from: 4_000, points: 100, code: 'impossible_travel' },
];

/** Two countries happen to every traveller; three different ones do not. */
const COUNTRIES: readonly Band[] = [
  CLEAR,
  { from: 2, points: 50, code: 'countries_disagree' },
  { from: 3, points: 100, code: 'countries_disagree' },
];

function defaultRuleSet(businessType: BusinessType): RuleSet {
  return {
    version: `default-${businessType}-${VERSION}`,
    businessType,
    failurePolicy: FAILURE_POLICY[businessType],
    thresholds: { review: REVIEW_FROM, block: BLOCK_FROM },
    rules: {
      velocity: live(25, {
        attempts_24h: above(ATTEMPTS_24H[businessType], 'attempts_above_daily_limit'),
        // Three earlier ones and the present one are more than three.
        attempts_5m: above(3, 'attempts_in_quick_succession'),
      }),
      amount_anomaly: live(20, {
        times_own_average: above(4.001, 'amount_above_own_average'),
        times_type_average: above(5.001, 'amount_above_business_average'),
      }),
      device_fingerprint: live(15, {
        unknown_device: above(1, 'unknown_device'),
        suspended_device: above(1, 'device_not_active'),
        empty_capabilities: above(1, 'device_without_capabilities'),
        fingerprint_changed: above(1, 'fingerprint_changed'),
        device_age_seconds: [
          { from: null, points: 100, code: 'device_just_registered' },
          { from: 300, points: 0, code: 'clear' },
        ],
      }),
      location_anomaly: live(20, { travel_kmh: TRAVEL, countries: COUNTRIES }),
      time_pattern: live(10, timeBands(businessType)),
      blacklist: live(100, {
        block_entries: [CLEAR, { from: 1, points: 100, floor: 100, code: 'on_block_list' }],
        watch_entries: [CLEAR, { from: 1, points: 0, floor: REVIEW_FROM, code: 'on_watch_list' }],
      }),
      business_logic: live(15, businessBands(businessType)),
      ml_risk: {
        mode: 'live',
        weight: 30,
        // A deployment without a live model is the normal case, not a failure.
        isEssential: false,
        bands: {
          log_odds: [
            { ...CLEAR, code: 'model_sees_little_risk' },
            { from: MODEL_SPEAKS, points: 0, risesTo: 100, code: 'model_sees_risk' },
            { from: MODEL_IS_SURE, points: 100, code: 'model_sees_fraud' },
          ],
        },
      },
    },
  };
}

function timeBands(businessType: BusinessType): RuleSettings['bands'] {
  const night: readonly Band[] = [CLEAR, { from: 2, points: 100, code: 'dead_of_night' }, { from: 6, points: 0, code: 'clear' }];
  const habit = { hours_from_habit: [CLEAR, { from: 6, points: 60, code: 'outside_own_hours' }] };
  return businessType === 'retail' || businessType === 'restaurant' ? { ...habit, local_hour: night } : habit;
}

function businessBands(businessType: BusinessType): RuleSettings['bands'] {
  switch (businessType) {
    case 'gaming':
      return { amount_day_minor: above(50_001, 'gaming_above_daily_amount') };
    case 'subscription':
      return { missing_email: above(1, 'subscription_without_email'), attempts_1h: above(3, 'subscription_attempts') };
    case 'iot':
      return {
        automation_unauthorised: above(1, 'device_not_authorised'),
        amount_month_minor: above(100_001, 'iot_above_monthly_amount'),
      };
    case 'retail':
    case 'restaurant':
    case 'service':
      return {};
  }
}

function live(weight: number, bands: RuleSettings['bands']): RuleSettings {
  return { mode: 'live', weight, isEssential: true, bands };
}

function above(from: number, code: string): readonly Band[] {
  return [CLEAR, { from, points: 100, code }];
}

/** The default rule sets by business type. */
export const DEFAULT_RULE_SETS: Readonly<Record<BusinessType, RuleSet>> = Object.fromEntries(
  BUSINESS_TYPES.map((businessType) => [businessType, defaultRuleSet(businessType)]),
) as Record<BusinessType, RuleSet>;
