/** What a capture takes: all that is held, a part of it, or more than it, when a tip is added. */
import { type TipRule } from '#merchants';
import { largestTip, type PolicyViolation } from './payment-policy.js';

/** What is captured, and what must be held for it. Minor units. */
export interface CapturePlan {
  /** Null: everything that is held. */
  readonly captureMinor: number | null;
  /** The amounts that the payment has from then on; null when they stay. */
  readonly amounts: { readonly amountMinor: number; readonly tipMinor: number } | null;
  /** Whether what is held must be raised first. */
  readonly isIncrease: boolean;
}

/** A plan, or why there is none. */
export type PlannedCapture =
  | { readonly kind: 'plan'; readonly plan: CapturePlan }
  | { readonly kind: 'violations'; readonly violations: readonly PolicyViolation[] }
  /** More is asked for than there is; `remaining` minor units are. */
  | { readonly kind: 'too_large'; readonly remaining: number };

/**
 * Decides what a capture takes.
 *
 * @param payment - The payment as it is held.
 * @param request - `amountMinor` includes the tip; `tipMinor` replaces the payment's tip. Null where the request says nothing.
 */
export function planCapture(
  payment: { readonly amountMinor: number; readonly tipMinor: number; readonly taxMinor: number; readonly amountCapturableMinor: number },
  request: { readonly amountMinor: number | null; readonly tipMinor: number | null },
  rule: TipRule | null,
): PlannedCapture {
  const { amountMinor: wanted, tipMinor } = request;
  if (tipMinor === null) {
    if (wanted !== null && wanted > payment.amountCapturableMinor) return { kind: 'too_large', remaining: payment.amountCapturableMinor };
    return { kind: 'plan', plan: { captureMinor: wanted, amounts: null, isIncrease: false } };
  }
  const baseMinor = payment.amountMinor - payment.tipMinor - payment.taxMinor;
  const violation = violationOf(tipMinor, baseMinor, rule);
  if (violation) return { kind: 'violations', violations: [violation] };
  const totalMinor = baseMinor + payment.taxMinor + tipMinor;
  if (wanted !== null && wanted > totalMinor) return { kind: 'too_large', remaining: totalMinor };
  const captureMinor = wanted ?? totalMinor;
  return {
    kind: 'plan',
    plan: { captureMinor, amounts: { amountMinor: totalMinor, tipMinor }, isIncrease: captureMinor > payment.amountCapturableMinor },
  };
}

function violationOf(tipMinor: number, baseMinor: number, rule: TipRule | null): PolicyViolation | null {
  if (!rule?.isAdjustableUntilCapture) return { code: 'tip_not_accepted', param: 'tipAmount', limit: 0, remaining: 0 };
  const limit = largestTip(baseMinor, rule.maxBasisPoints);
  return tipMinor > limit ? { code: 'tip_too_large', param: 'tipAmount', limit, remaining: limit } : null;
}
