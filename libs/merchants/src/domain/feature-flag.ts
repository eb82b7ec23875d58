/** Feature flags: what can be switched while the product runs, for the whole deployment or for one merchant, and by degrees. */

/**
 * The flags, each with what it switches:
 *
 * - `accept_payments`: new payments. Off, they are refused with `payments_paused`; captures, refunds and everything under way go on
 * - `enforce_fraud_decisions`: the decisions of the fraud rules. Off, they are recorded as in shadow and every payment that no list blocks goes on
 * - `register_devices`: new devices. Off, they are refused with `device_registration_paused`; known devices may still rotate their credential
 */
export const FEATURE_FLAGS = ['accept_payments', 'enforce_fraud_decisions', 'register_devices'] as const;

/** The name of a flag. */
export type FeatureFlag = (typeof FEATURE_FLAGS)[number];

/** For how many of a hundred units each flag is on, 0–100: the merchant's own setting, else the deployment's, else the configuration's. */
export type FeatureRollout = Readonly<Record<FeatureFlag, number>>;

/** Whether `text` names a flag. */
export function isFeatureFlag(text: string): text is FeatureFlag {
  return (FEATURE_FLAGS as readonly string[]).includes(text);
}

/**
 * Whether the flag is on for one unit. The same unit always gets the same answer, a greater percentage only adds units, and two flags at 10 %
 * are on for different units.
 *
 * @param unit - A stable id, such as the device's or the merchant's.
 */
export function isFeatureOn(rollout: FeatureRollout, flag: FeatureFlag, unit: string): boolean {
  return bucketOf(`${flag}:${unit}`) < rollout[flag];
}

/** FNV-1a in 32 bits with a final mix, reduced to 0–99: even enough for percentages, and the same for ever. */
function bucketOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % 100;
}
