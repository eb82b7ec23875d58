import { type FeatureRollout, isFeatureOn } from './feature-flag.js';

const units = Array.from({ length: 10_000 }, (_, index) => `dev_${index}`);

function rollout(percentage: number): FeatureRollout {
  return { accept_payments: percentage, enforce_fraud_decisions: percentage, register_devices: percentage };
}

function onFor(percentage: number): string[] {
  return units.filter((unit) => isFeatureOn(rollout(percentage), 'accept_payments', unit));
}

describe('isFeatureOn', () => {
  it.each([
    [0, 0],
    [100, units.length],
  ])('at %i %% is on for exactly %i', (percentage, count) => {
    expect(onFor(percentage)).toHaveLength(count);
  });

  it.each([1, 10, 50, 90])('at %i %% is on for about that share', (percentage) => {
    expect(Math.abs(onFor(percentage).length / 100 - percentage)).toBeLessThan(1.5);
  });

  it('only adds units as the percentage grows', () => {
    const few = onFor(10);
    const more = new Set(onFor(30));

    expect(few.every((unit) => more.has(unit))).toBe(true);
  });

  it('chooses other units for another flag', () => {
    const both = onFor(10).filter((unit) => isFeatureOn(rollout(10), 'register_devices', unit));

    expect(both.length).toBeLessThan(200);
  });
});
