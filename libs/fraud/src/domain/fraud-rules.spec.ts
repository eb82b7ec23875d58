import { mlRiskRule } from './rules/ml-risk.rule.js';
import { BUSINESS_TYPES, type BusinessType } from '#merchants';
import { DEFAULT_RULE_SETS } from './default-rule-sets.js';
import { someFeatures, someSubjects, type FeatureParts } from './features.builder.js';
import { FRAUD_RULES } from './fraud-rules.js';
import { RULE_NAMES, type RuleName } from './rule.js';
import { assessRisk, type Finding } from './risk-score.js';
import { greatCircleKm } from './rules/location-anomaly.rule.js';

function find(rule: RuleName, parts: FeatureParts): Finding {
  const features = someFeatures(parts);
  const finding = assessRisk(features, DEFAULT_RULE_SETS[features.attempt.businessType]).findings.find((each) => each.rule === rule);
  expect(finding).toBeDefined();
  return finding!;
}

/** Outcome and contribution of one rule under the default rule sets. */
function judged(rule: RuleName, parts: FeatureParts): string {
  const { outcome, contribution, code } = find(rule, parts);
  return `${outcome} ${contribution} ${code}`;
}

const MOMENT = '2026-11-02T12:00:00.000Z';
const PARIS = { latitude: 48.8566, longitude: 2.3522 };
const NEW_YORK = { latitude: 40.7128, longitude: -74.006 };
const MADRID = { latitude: 40.4168, longitude: -3.7038 };

it('has the eight rules in the order of their explanation', () => {
  expect(FRAUD_RULES.map((rule) => rule.name)).toEqual([...RULE_NAMES]);
});

describe('velocity', () => {
  const limits: [BusinessType, number][] = [
    ['retail', 10],
    ['restaurant', 5],
    ['service', 3],
    ['subscription', 2],
    ['gaming', 15],
    ['iot', 20],
  ];

  it.each(limits)('lets %s make %d attempts in 24 h and marks the next', (businessType, limit) => {
    const after = (attempts24Hours: number): string =>
      judged('velocity', { attempt: { businessType }, history: { subjects: someSubjects({ device: { attempts24Hours } }) } });

    expect(after(limit - 1)).toBe('clear 0 clear');
    expect(after(limit)).toBe('fired 25 attempts_above_daily_limit');
  });

  it.each([
    [2, 'clear 0 clear'],
    [3, 'fired 25 attempts_in_quick_succession'],
  ])('after %d attempts within 5 minutes the next is %s', (attempts5Minutes, expected) => {
    expect(judged('velocity', { history: { subjects: someSubjects({ device: { attempts5Minutes } }) } })).toBe(expected);
  });

  it.each(['card', 'customer', 'ip'] as const)('counts by %s as well', (subject) => {
    const found = find('velocity', { history: { subjects: someSubjects({ device: {}, [subject]: { attempts24Hours: 12 } }) } });

    expect(found.detail).toBe(`${subject}: 12 earlier attempts in 24 h`);
    expect(found.contribution).toBe(25);
  });

  it('is unavailable without the past', () => {
    expect(judged('velocity', { history: null })).toBe('unavailable 0 unavailable');
  });
});

describe('amount anomaly', () => {
  const own = (amountMinor: number): FeatureParts => ({
    attempt: { amountMinor },
    history: { subjects: someSubjects({ device: { amounts30Days: { count: 3, sumMinor: 3_000 } } }) },
  });

  it.each([
    [4_000, 'clear 0 clear'],
    [4_001, 'fired 20 amount_above_own_average'],
  ])('an amount of %d against an own average of 1000 is %s', (amountMinor, expected) => {
    expect(judged('amount_anomaly', own(amountMinor))).toBe(expected);
  });

  it.each([
    [5_000, 'clear 0 clear'],
    [5_001, 'fired 20 amount_above_business_average'],
  ])('without own history %d against a business average of 1000 is %s', (amountMinor, expected) => {
    const parts = { attempt: { amountMinor }, history: { businessType: { count: 30, sumMinor: 30_000 } } };

    expect(judged('amount_anomaly', parts)).toBe(expected);
  });

  it('prefers the customer to the device', () => {
    const subjects = someSubjects({
      device: { amounts30Days: { count: 100, sumMinor: 1_000 } },
      customer: { amounts30Days: { count: 5, sumMinor: 5_000 } },
    });

    expect(judged('amount_anomaly', { history: { subjects } })).toBe('clear 0 clear');
  });

  it('is unavailable when there was no time for the business average, unless there is an own one', () => {
    const subjects = someSubjects({ device: { amounts30Days: { count: 3, sumMinor: 3_000 } } });

    expect(judged('amount_anomaly', { history: { businessType: null } })).toBe('unavailable 0 unavailable');
    expect(judged('amount_anomaly', { history: { businessType: null, subjects } })).toBe('clear 0 clear');
  });

  it('is silent about a device without history', () => {
    expect(judged('amount_anomaly', {})).toBe('not_enough_history 0 not_enough_history');
  });
});

describe('device fingerprint', () => {
  const cases: [string, FeatureParts, string][] = [
    ['an unknown device', { device: null }, 'fired 15 unknown_device'],
    ['a suspended device', { device: { status: 'suspended' } }, 'fired 15 device_not_active'],
    ['a revoked device', { device: { status: 'revoked' } }, 'fired 15 device_not_active'],
    ['no capabilities', { device: { capabilityCount: 0 } }, 'fired 15 device_without_capabilities'],
    ['another fingerprint', { device: { fingerprintMatches: false } }, 'fired 15 fingerprint_changed'],
    ['no fingerprint to compare', { device: { fingerprintMatches: null } }, 'clear 0 clear'],
    ['299 s of age', { device: { ageSeconds: 299 } }, 'fired 15 device_just_registered'],
    ['300 s of age', { device: { ageSeconds: 300 } }, 'clear 0 clear'],
    ['a registration in the future', { device: { ageSeconds: -60 } }, 'fired 15 device_just_registered'],
  ];

  it.each(cases)('%s is judged', (_name, parts, expected) => {
    expect(judged('device_fingerprint', parts)).toBe(expected);
  });
});

describe('location anomaly', () => {
  const from = (last: typeof PARIS, minutesAgo: number): FeatureParts => ({
    attempt: { occurredAt: MOMENT },
    location: { current: PARIS, last: { ...last, seenAt: new Date(Date.parse(MOMENT) - minutesAgo * 60_000).toISOString() } },
  });

  const cases: [string, FeatureParts, string][] = [
    ['1054 km in 59 minutes', from(MADRID, 59), 'fired 12 impossible_travel'],
    ['1054 km in 2 h', from(MADRID, 120), 'clear 0 clear'],
    ['5837 km in 59 minutes', from(NEW_YORK, 59), 'fired 20 impossible_travel'],
    ['5837 km in 3 h', from(NEW_YORK, 180), 'fired 15 impossible_travel'],
    ['5837 km in the same instant', from(NEW_YORK, 0), 'fired 20 impossible_travel'],
    ['a last place in the future', from(NEW_YORK, -5), 'unavailable 0 unavailable'],
    ['coordinates off the globe', from({ latitude: 91, longitude: 0 }, 5), 'unavailable 0 unavailable'],
    ['no location', {}, 'not_enough_history 0 not_enough_history'],
    ['two countries', { location: { countries: { ip: 'DE', card: 'FR', device: null } } }, 'fired 10 countries_disagree'],
    ['three countries', { location: { countries: { ip: 'DE', card: 'FR', device: 'US' } } }, 'fired 20 countries_disagree'],
    ['one country', { location: { countries: { ip: 'DE', card: 'DE', device: 'DE' } } }, 'clear 0 clear'],
  ];

  it.each(cases)('%s is judged', (_name, parts, expected) => {
    expect(judged('location_anomaly', parts)).toBe(expected);
  });

  it('measures over the surface of the Earth', () => {
    expect(greatCircleKm(PARIS, NEW_YORK)).toBeCloseTo(5_837, 0);
    expect(greatCircleKm({ latitude: 0, longitude: 179 }, { latitude: 0, longitude: -179 })).toBeCloseTo(222.4, 1);
  });
});

describe('time pattern', () => {
  it.each([
    [1, 'clear 0 clear'],
    [2, 'fired 10 dead_of_night'],
    [5, 'fired 10 dead_of_night'],
    [6, 'clear 0 clear'],
  ])('retail at %d o’clock is %s', (localHour, expected) => {
    expect(judged('time_pattern', { attempt: { localHour } })).toBe(expected);
  });

  it('lets gaming play at night', () => {
    expect(find('time_pattern', { attempt: { businessType: 'gaming', localHour: 3 } }).contribution).toBe(0);
  });

  it('knows the hours a customer keeps', () => {
    const customerHours = Array.from({ length: 24 }, (_, hour) => (hour === 23 ? 10 : 0));

    expect(judged('time_pattern', { attempt: { localHour: 12 }, history: { customerHours } })).toBe('fired 6 outside_own_hours');
    expect(judged('time_pattern', { attempt: { localHour: 1 }, history: { customerHours } })).toBe('clear 0 clear');
  });

  it('needs the merchant’s time zone', () => {
    expect(judged('time_pattern', { attempt: { localHour: null } })).toBe('not_enough_history 0 not_enough_history');
  });
});

describe('blacklist', () => {
  const hit = { entryId: 'bl_1', kind: 'device' };

  it('blocks by one entry, whatever an allow entry says', () => {
    const { score, decision } = assessRisk(someFeatures({ lists: { block: [hit], review: [], allow: [hit] } }), DEFAULT_RULE_SETS.retail);

    expect({ score, decision }).toEqual({ score: 100, decision: 'block' });
  });

  it('holds by a watch entry', () => {
    const { score, decision } = assessRisk(someFeatures({ lists: { block: [], review: [hit], allow: [] } }), DEFAULT_RULE_SETS.retail);

    expect({ score, decision }).toEqual({ score: 70, decision: 'review' });
  });

  it('is unavailable when the lists could not be read', () => {
    expect(judged('blacklist', { lists: null })).toBe('unavailable 0 unavailable');
  });
});

describe('business logic', () => {
  const spent = (sumMinor: number, amountMinor24Hours: number): FeatureParts['history'] => ({
    subjects: someSubjects({ device: { amountMinor24Hours, amounts30Days: { count: 2, sumMinor } } }),
  });
  const cases: [string, FeatureParts, string][] = [
    ['gaming at 50 000 a day', { attempt: { businessType: 'gaming', amountMinor: 1_000 }, history: spent(0, 49_000) }, 'clear 0 clear'],
    [
      'gaming above 50 000 a day',
      { attempt: { businessType: 'gaming', amountMinor: 1_001 }, history: spent(0, 49_000) },
      'fired 15 gaming_above_daily_amount',
    ],
    [
      'a subscription without email',
      { attempt: { businessType: 'subscription', hasCustomerEmail: false } },
      'fired 15 subscription_without_email',
    ],
    [
      'a fourth subscription attempt in 1 h',
      { attempt: { businessType: 'subscription' }, history: { subjects: someSubjects({ customer: { attempts1Hour: 3 } }) } },
      'fired 15 subscription_attempts',
    ],
    [
      'an unauthorised thing',
      { attempt: { businessType: 'iot' }, device: { isAutomationAuthorised: false } },
      'fired 15 device_not_authorised',
    ],
    [
      'iot above 100 000 a month',
      { attempt: { businessType: 'iot', amountMinor: 1 }, history: spent(100_000, 0) },
      'fired 15 iot_above_monthly_amount',
    ],
    ['retail', { attempt: { hasCustomerEmail: false } }, 'not_applicable 0 not_applicable'],
  ];

  it.each(cases)('%s is judged', (_name, parts, expected) => {
    expect(judged('business_logic', parts)).toBe(expected);
  });
});

describe('ml risk', () => {
  const estimate = (probability: number | null): FeatureParts => ({ model: { version: 'test-1', mode: 'live', probability, inputs: [] } });
  const cases: [string, FeatureParts, string][] = [
    ['no model', {}, 'unavailable 0 unavailable'],
    ['NaN', estimate(NaN), 'unavailable 0 unavailable'],
    ['none', estimate(null), 'unavailable 0 unavailable'],
    ['a probability above 1', estimate(1.01), 'unavailable 0 unavailable'],
    ['little risk', estimate(0.05), 'clear 0 model_sees_little_risk'],
    ['even odds', estimate(0.5), 'fired 13 model_sees_risk'],
    ['certainty', estimate(1), 'fired 30 model_sees_fraud'],
  ];

  it.each(cases)('%s is judged', (_name, parts, expected) => {
    expect(judged('ml_risk', parts)).toBe(expected);
  });

  it('says what moved the model’s estimate', () => {
    const reasons = [
      { feature: 'amount_to_mean', share: 1.25 },
      { feature: 'terminal_count_30d', share: -0.1 },
    ];
    const features = someFeatures({ model: { version: 'test-1', mode: 'live', probability: 0.5, inputs: [], reasons } });

    expect(mlRiskRule.read(features)).toMatchObject([
      { value: 0, detail: 'probability 0.5000 by model test-1: amount_to_mean +1.25, terminal_count_30d −0.10' },
    ]);
  });

  it('never acts in shadow, and says what it would have done', () => {
    const features = someFeatures({ ...estimate(1), model: { version: 'test-1', mode: 'shadow', probability: 1, inputs: [] } });

    const assessment = assessRisk(features, DEFAULT_RULE_SETS.retail);

    expect(assessment.score).toBe(0);
    expect(assessment.shadow).toEqual({ score: 30, level: 'low', decision: 'allow' });
  });
});

it.each(BUSINESS_TYPES)('finds nothing in a harmless %s payment', (businessType) => {
  const { score, decision, isDegraded } = assessRisk(someFeatures({ attempt: { businessType } }), DEFAULT_RULE_SETS[businessType]);

  expect({ score, decision, isDegraded }).toEqual({ score: 0, decision: 'allow', isDegraded: false });
});
