/**
 * The states of a saved payment method.
 *
 * | state | what it means | may pay |
 * |---|---|---|
 * | `pending` | recorded; the processor is being asked, or nobody knows its answer yet | no |
 * | `requires_action` | the customer must pass a challenge | no |
 * | `active` | kept by the processor | yes |
 * | `failed` | the issuer refused, or the challenge was not passed; terminal | no |
 * | `detached` | taken back; terminal, from the commit on and before the processor is told | no |
 */

/** Every state. */
export const SAVED_METHOD_STATUSES = ['pending', 'requires_action', 'active', 'failed', 'detached'] as const;
/** A state of a saved payment method. */
export type SavedMethodStatus = (typeof SAVED_METHOD_STATUSES)[number];

/** The moves out of each state. A setup that has ended stays so, whatever arrives late. */
const MOVES: Readonly<Record<SavedMethodStatus, readonly SavedMethodStatus[]>> = {
  pending: ['requires_action', 'active', 'failed'],
  requires_action: ['active', 'failed'],
  active: ['detached'],
  failed: [],
  detached: [],
};

/** Whether the table allows the move; staying is no move. */
export function canMoveSavedMethod(from: SavedMethodStatus, to: SavedMethodStatus): boolean {
  return MOVES[from].includes(to);
}

/** The status of a setup intent at the processor. */
export type GatewaySetupStatus =
  'requires_payment_method' | 'requires_confirmation' | 'requires_action' | 'processing' | 'succeeded' | 'canceled';

/** What the processor's setup makes of a saved method; null while it says nothing new. */
export function statusAfterSetup(from: SavedMethodStatus, setup: GatewaySetupStatus): SavedMethodStatus | null {
  const to = STATUS_BY_SETUP[setup];
  return to !== null && canMoveSavedMethod(from, to) ? to : null;
}

const STATUS_BY_SETUP: Readonly<Record<GatewaySetupStatus, SavedMethodStatus | null>> = {
  requires_confirmation: null,
  processing: null,
  requires_action: 'requires_action',
  succeeded: 'active',
  // Every setup of ours begins with a method: without one it was refused.
  requires_payment_method: 'failed',
  canceled: 'failed',
};
