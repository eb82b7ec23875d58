/** Compares one movement of Stripe's balance with what we hold of it. Pure: the words and the rule of each difference. */

/** How the two sides differ, seen from Stripe's: `over` means that there is more there. */
export type BreakKind =
  'missing_here' | 'missing_there' | 'over' | 'under' | 'currency_mismatch' | 'state_mismatch' | 'fee_only' | 'foreign';

/** One side's view of a movement. Amounts in minor units, without sign. */
export interface Side {
  readonly amountMinor: number;
  readonly currency: string;
}

/** What we hold: the amount, and whether the state says that this money moved. */
export interface OurSide extends Side {
  readonly hasMoved: boolean;
  readonly status: string;
}

/** A difference, in words for people. */
export interface Difference {
  readonly kind: BreakKind;
  readonly detail: string;
}

/**
 * Judges a movement.
 *
 * @param here - null when we know nothing of it.
 * @param isOurs - Whether the object at Stripe carries our ids.
 * @returns null when both sides agree.
 */
export function differenceOf(there: Side, here: OurSide | null, isOurs: boolean): Difference | null {
  if (here === null) {
    return isOurs
      ? { kind: 'missing_here', detail: 'Stripe moved money that this system does not know of' }
      : { kind: 'foreign', detail: 'made at Stripe by somebody else, such as in the dashboard' };
  }
  if (here.currency !== there.currency) {
    return { kind: 'currency_mismatch', detail: `${there.currency} at Stripe, ${here.currency} here` };
  }
  if (!here.hasMoved) return { kind: 'state_mismatch', detail: `the money moved at Stripe, but the status here is ${here.status}` };
  if (there.amountMinor > here.amountMinor) return { kind: 'over', detail: 'Stripe moved more than is booked here' };
  if (there.amountMinor < here.amountMinor) return { kind: 'under', detail: 'Stripe moved less than is booked here' };
  return null;
}
