/** Card payments judged by the engine itself: the same rules, scoring and bands as live, under rule sets made for this data. */
import { DEFAULT_RULE_SETS } from '../domain/default-rule-sets.js';
import { FEATURES_SCHEMA_VERSION, type FraudFeatures, type SubjectHistory } from '../domain/features.js';
import { type Band, type RuleSet, type RuleSettings } from '../domain/rule-set.js';
import { ENGINE_FEATURES } from './card-features.js';

const OFF: RuleSettings = { mode: 'off', weight: 0, isEssential: false, bands: {} };
const CLEAR: Band = { from: null, points: 0, code: 'clear' };

function live(weight: number, bands: RuleSettings['bands']): RuleSettings {
  return { mode: 'live', weight, isEssential: false, bands };
}

/** Point rules written by hand from the published description of the three kinds of fraud; no model. */
export const CARD_RULES: RuleSet = {
  ...DEFAULT_RULE_SETS.retail,
  version: 'card-rules-1',
  rules: {
    velocity: OFF,
    location_anomaly: OFF,
    time_pattern: OFF,
    blacklist: OFF,
    business_logic: OFF,
    ml_risk: OFF,
    amount_anomaly: live(100, {
      amount_minor: [CLEAR, { from: 22_001, points: 100, code: 'amount_above_every_habit' }],
      times_own_average: [
        CLEAR,
        { from: 1, points: 0, risesTo: 6, code: 'amount_above_own_average' },
        { from: 2, points: 6, risesTo: 30, code: 'amount_above_own_average' },
        { from: 2.5, points: 30, risesTo: 75, code: 'amount_far_above_own_average' },
        { from: 3, points: 75, risesTo: 95, code: 'amount_far_above_own_average' },
        { from: 4, points: 95, code: 'amount_far_above_own_average' },
      ],
    }),
    device_fingerprint: live(100, {
      device_known_frauds: [
        CLEAR,
        { from: 1, points: 8, code: 'fraud_known_on_device' },
        { from: 2, points: 25, code: 'fraud_known_on_device' },
      ],
      device_fraud_run: [
        CLEAR,
        { from: 1, points: 25, code: 'fraud_known_on_device' },
        { from: 2, points: 88, code: 'only_frauds_on_device' },
        { from: 3, points: 97, code: 'only_frauds_on_device' },
      ],
    }),
  },
};

/** The trained model with the hand-written rules beside it. Bands of the model reach over all log-odds, so that no two ranks fall together. */
export const CARD_ENGINE: RuleSet = {
  ...CARD_RULES,
  version: 'card-engine-1',
  rules: {
    ...CARD_RULES.rules,
    ml_risk: live(100, {
      log_odds: [
        CLEAR,
        { from: -13.9, points: 0, risesTo: 40, code: 'model_sees_little_risk' },
        { from: -2.2, points: 40, risesTo: 70, code: 'model_sees_risk' },
        { from: -0.7, points: 70, risesTo: 85, code: 'model_sees_much_risk' },
        { from: 2.2, points: 85, risesTo: 100, code: 'model_sees_fraud' },
        { from: 13.9, points: 100, code: 'model_sees_fraud' },
      ],
    }),
    amount_anomaly: { ...CARD_RULES.rules.amount_anomaly, weight: 0 },
    device_fingerprint: { ...CARD_RULES.rules.device_fingerprint, weight: 0 },
  },
};

const AT = Object.fromEntries(ENGINE_FEATURES.map((name, index) => [name, index])) as Record<(typeof ENGINE_FEATURES)[number], number>;

/**
 * The snapshot of a card payment.
 *
 * @param values - Numbers of {@link ENGINE_FEATURES} from `offset`. @param probability - A model's estimate, `null` for none.
 */
export function cardSnapshot(values: Float64Array, offset: number, probability: number | null): FraudFeatures {
  const at = (name: (typeof ENGINE_FEATURES)[number]): number => values[offset + AT[name]] ?? NaN;
  const count30 = at('earlier_count_30d');
  const customer: SubjectHistory = {
    attempts5Minutes: 0,
    attempts1Hour: at('customer_count_1h'),
    attempts24Hours: at('customer_count_1d') - 1,
    attempts7Days: at('customer_count_7d') - 1,
    attempts30Days: count30,
    amountMinor24Hours: Math.round(100 * (at('customer_mean_1d') * at('customer_count_1d') - at('amount'))),
    amounts30Days: { count: count30, sumMinor: count30 > 0 ? Math.round(100 * at('earlier_mean_30d') * count30) : 0 },
  };
  return {
    schemaVersion: FEATURES_SCHEMA_VERSION,
    attempt: {
      occurredAt: '',
      amountMinor: Math.round(100 * at('amount')),
      currency: 'eur',
      businessType: 'retail',
      method: 'card',
      hasCustomerEmail: true,
      localHour: null,
    },
    device: { status: 'active', capabilityCount: 1, fingerprintMatches: null, ageSeconds: Infinity, isAutomationAuthorised: false },
    history: {
      subjects: { device: null, card: null, customer, ip: null },
      businessType: { count: 0, sumMinor: 0 },
      customerHours: null,
      // A compromised terminal is found and mended after 28 days: an older run is over.
      deviceFrauds: {
        count28Days: at('terminal_frauds_28d'),
        latestRun: at('days_since_first_fraud') < 28 ? at('terminal_fraud_run') : 0,
      },
    },
    location: { current: null, last: null, countries: { ip: null, card: null, device: null } },
    lists: null,
    model: probability === null ? null : { version: 'card', mode: 'live', probability, inputs: [] },
  };
}
