import { type BusinessProfile, BUSINESS_TYPES } from './business-profile.js';
import { DEFAULT_PROFILES } from './default-profiles.js';
import { FIELD_CHECKS } from './profile-checks.js';
import { applyProfileOverrides, diffProfiles, ProfileInvalidError } from './profile-overrides.js';

const { retail, restaurant, gaming, subscription, service, iot } = DEFAULT_PROFILES;

describe('DEFAULT_PROFILES', () => {
  it.each(BUSINESS_TYPES)('%s passes its own checks and names its type', (type) => {
    expect(applyProfileOverrides(DEFAULT_PROFILES[type], {})).toEqual(DEFAULT_PROFILES[type]);
    expect(DEFAULT_PROFILES[type].businessType).toBe(type);
    expect(Object.keys(DEFAULT_PROFILES[type]).sort()).toEqual(['businessType', ...Object.keys(FIELD_CHECKS)].sort());
  });

  it.each([
    ['retail', 'usd eur gbp cad', 50, 1_000_000],
    ['restaurant', 'usd eur gbp', 100, 100_000],
    ['service', 'usd eur gbp cad aud', 500, 5_000_000],
    ['subscription', 'usd eur gbp', 99, 99_900],
    ['gaming', 'usd eur gbp jpy', 99, 50_000],
    ['iot', 'usd eur', 1, 100_000],
  ] as const)('%s takes %s from %i to %i', (type, currencies, minMinor, maxMinor) => {
    expect(Object.keys(DEFAULT_PROFILES[type].currencies).join(' ')).toBe(currencies);
    expect(DEFAULT_PROFILES[type].currencies.usd).toMatchObject({ minMinor, maxMinor });
  });

  it('counts yen at three for two cents', () => {
    expect(gaming.currencies.jpy).toMatchObject({ minMinor: 150, maxMinor: 75_000, deviceDailyMinor: 30_000, deviceMonthlyMinor: null });
  });

  it('has the figures of each type', () => {
    expect(retail.currencies.usd?.emailRequiredAboveMinor).toBe(500_000);
    expect(service.currencies.usd).toMatchObject({ emailRequiredAboveMinor: 50_000, firstPaymentMaxMinor: 100_000 });
    expect(subscription.currencies.gbp?.emailRequiredAboveMinor).toBe(0);
    expect(restaurant.currencies.usd?.lateHoursMaxMinor).toBe(20_000);
    expect(iot.currencies.eur?.deviceMonthlyMinor).toBe(50_000);
  });
});

describe('applyProfileOverrides', () => {
  it('replaces one rule of one currency and leaves the rest, and the default, as they were', () => {
    const changed = applyProfileOverrides(gaming, { currencies: { usd: { deviceDailyMinor: 5_000 } } });

    expect(changed.currencies.usd).toEqual({ ...gaming.currencies.usd, deviceDailyMinor: 5_000 });
    expect(changed.currencies.eur).toEqual(gaming.currencies.eur);
    expect(gaming.currencies.usd?.deviceDailyMinor).toBe(20_000);
  });

  it('stops a currency with null and adds one with its bounds', () => {
    const changed = applyProfileOverrides(retail, { currencies: { cad: null, chf: { minMinor: 50, maxMinor: 900_000 } } });

    expect(Object.keys(changed.currencies)).toEqual(['usd', 'eur', 'gbp', 'chf']);
    expect(changed.currencies.chf).toMatchObject({ minMinor: 50, maxMinor: 900_000, emailRequiredAboveMinor: null });
  });

  it('lets a restaurant serve late by removing the limit', () => {
    const changed = applyProfileOverrides(restaurant, { currencies: { usd: { lateHoursMaxMinor: null } } });

    expect(changed.currencies.usd?.lateHoursMaxMinor).toBeNull();
  });

  it.each<[string, unknown, readonly string[]]>([
    ['not an object', [], ['overrides']],
    ['another business type', { businessType: 'retail' }, ['businessType']],
    ['an unknown field', { limits: 5 }, ['limits']],
    ['an unknown rule', { currencies: { usd: { max: 5 } } }, ['currencies.usd.max']],
    ['an unknown currency', { currencies: { xxx: { minMinor: 1, maxMinor: 2 } } }, ['currencies.xxx']],
    ['a currency that is never charged', { currencies: { clf: { minMinor: 1, maxMinor: 2 } } }, ['currencies.clf']],
    ['a new currency without bounds', { currencies: { chf: {} } }, ['currencies.chf.minMinor', 'currencies.chf.maxMinor']],
    ['no currency left', { currencies: { usd: null, eur: null, gbp: null, jpy: null } }, ['currencies']],
    ['currencies that are null', { currencies: null }, ['currencies']],
    ['a prototype in disguise', JSON.parse('{"currencies":{"__proto__":{"minMinor":1,"maxMinor":2}}}'), ['currencies.__proto__']],
    ['a float', { currencies: { usd: { maxMinor: 10.5 } } }, ['currencies.usd.maxMinor']],
    ['text for a number', { threeDSecureExpiryMs: '900000' }, ['threeDSecureExpiryMs']],
    ['undefined for a field', { methods: undefined }, ['methods']],
    ['a minimum above the maximum', { currencies: { usd: { minMinor: 60_000 } } }, ['currencies.usd.minMinor']],
    ['scheduled retries without a schedule', { retry: { softDeclines: 'scheduled', delaysMs: [] } }, ['retry.delaysMs']],
    ['a schedule without scheduled retries', { retry: { softDeclines: 'never', delaysMs: [5_000] } }, ['retry.delaysMs']],
    ['a method twice', { methods: ['card', 'card'] }, ['methods']],
    ['an unknown method', { methods: ['card', 'cash'] }, ['methods.1']],
    [
      'hours of no length',
      { openingHours: { opensAtMinute: 60, closesAtMinute: 60, outside: 'risk_signal' } },
      ['openingHours.closesAtMinute'],
    ],
    ['two faults at once', { tip: { maxBasisPoints: -1 } }, ['tip.maxBasisPoints', 'tip.isAdjustableUntilCapture']],
    ['a verified email that is never required', { verification: 'customer_email' }, ['usd', 'eur', 'gbp', 'jpy'].map(emailPath)],
  ])('refuses %s', (_, overrides, paths) => {
    expect(problemPaths(gaming, overrides)).toEqual(paths);
  });
});

describe('diffProfiles', () => {
  it('finds nothing between equal profiles', () => {
    expect(diffProfiles(retail, structuredClone(retail))).toEqual([]);
  });

  it('names each changed leaf, what came and what went', () => {
    const after = applyProfileOverrides(gaming, {
      currencies: { usd: { deviceDailyMinor: 5_000 } },
      methods: ['card'],
      openingHours: { opensAtMinute: 0, closesAtMinute: 60, outside: 'risk_signal' },
    });

    expect(diffProfiles(gaming, after)).toEqual([
      { path: 'currencies.usd.deviceDailyMinor', before: 20_000, after: 5_000 },
      { path: 'methods', before: ['card', 'mobile_wallet'], after: ['card'] },
      { path: 'openingHours', before: null },
      { path: 'openingHours.closesAtMinute', after: 60 },
      { path: 'openingHours.opensAtMinute', after: 0 },
      { path: 'openingHours.outside', after: 'risk_signal' },
    ]);
  });
});

function emailPath(code: string): string {
  return `currencies.${code}.emailRequiredAboveMinor`;
}

function problemPaths(profile: BusinessProfile, overrides: unknown): readonly string[] {
  try {
    applyProfileOverrides(profile, overrides);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ProfileInvalidError);
    return (error as ProfileInvalidError).problems.map(({ path }) => path);
  }
}
