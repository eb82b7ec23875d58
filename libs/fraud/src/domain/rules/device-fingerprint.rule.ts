import { type KnownFrauds } from '../features.js';
import { type Reading, type Rule } from '../rule.js';

/** A device that is unknown, out of service, too new or not the one it was. */
export const deviceFingerprintRule: Rule = {
  name: 'device_fingerprint',
  version: 1,
  read({ device, history }) {
    if (device === null) return [flag('unknown_device', true, 'the device is not registered')];
    return [
      flag('suspended_device', device.status !== 'active', `the device is ${device.status}`),
      flag('empty_capabilities', device.capabilityCount === 0, `${device.capabilityCount} capabilities`),
      device.fingerprintMatches === null
        ? { measure: 'fingerprint_changed', value: 'not_enough_history', detail: 'no fingerprint came with the attempt' }
        : flag('fingerprint_changed', !device.fingerprintMatches, 'fingerprint compared with the registered one'),
      // A registration in the future is a skewed clock: as new as can be, not old.
      { measure: 'device_age_seconds', value: Math.max(0, device.ageSeconds), detail: `registered ${device.ageSeconds} s ago` },
      ...knownFrauds(history?.deviceFrauds ?? null),
    ];
  },
};

function knownFrauds(frauds: KnownFrauds | null): Reading[] {
  if (frauds === null) return [];
  const { count28Days, latestRun } = frauds;
  return [
    { measure: 'device_known_frauds', value: count28Days, detail: `${count28Days} frauds known on the device in 28 days` },
    { measure: 'device_fraud_run', value: latestRun, detail: `the latest ${latestRun} labelled payments of the device were frauds` },
  ];
}

function flag(measure: string, isRaised: boolean, detail: string): Reading {
  return { measure, value: isRaised ? 1 : 0, detail };
}
