import { type Reading, type Rule } from '../rule.js';

/** A device that is unknown, out of service, too new or not the one it was. */
export const deviceFingerprintRule: Rule = {
  name: 'device_fingerprint',
  version: 1,
  read({ device, history }) {
    if (device === null) return [flag('unknown_device', true, 'the device is not registered')];
    const knownFrauds = history?.deviceKnownFrauds28Days ?? null;
    return [
      flag('suspended_device', device.status !== 'active', `the device is ${device.status}`),
      flag('empty_capabilities', device.capabilityCount === 0, `${device.capabilityCount} capabilities`),
      device.fingerprintMatches === null
        ? { measure: 'fingerprint_changed', value: 'not_enough_history', detail: 'no fingerprint came with the attempt' }
        : flag('fingerprint_changed', !device.fingerprintMatches, 'fingerprint compared with the registered one'),
      // A registration in the future is a skewed clock: as new as can be, not old.
      { measure: 'device_age_seconds', value: Math.max(0, device.ageSeconds), detail: `registered ${device.ageSeconds} s ago` },
      {
        measure: 'device_known_frauds',
        value: knownFrauds ?? 'not_enough_history',
        detail: `${knownFrauds ?? 'no'} frauds known on the device in 28 days`,
      },
    ];
  },
};

function flag(measure: string, isRaised: boolean, detail: string): Reading {
  return { measure, value: isRaised ? 1 : 0, detail };
}
