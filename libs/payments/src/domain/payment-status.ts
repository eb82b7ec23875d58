/**
 * The states of a payment and every move between them: one table for requests, webhooks, the completer and admins alike.
 *
 * A payment starts as `requires_confirmation`: its method is known, and nothing has been decided. Then, in order:
 *
 * | state | what it means | money |
 * |---|---|---|
 * | `accumulating` | too small to charge singly; waits for its sum | none |
 * | `in_review` | an analyst decides before it is confirmed | none |
 * | `requires_payment_method` | the last attempt was declined; another method or another try may follow | none |
 * | `requires_confirmation` | ready to be sent to the processor | none |
 * | `requires_action` | the payer must pass a challenge, or come back for one: {@link awaitsOwner} | none |
 * | `processing` | the processor has been asked, or is about to be; with `outcomeCertainty: unknown` nobody can say yet | perhaps |
 * | `requires_capture` | authorized; waits for its capture | held |
 * | `blocked` | refused by the fraud rules or a blacklist; terminal | none |
 * | `canceled` | given up before money moved; terminal | none |
 * | `succeeded` | paid; refunds and disputes are amounts, not states; terminal | moved |
 *
 * A decline is not a state: it leads back to `requires_payment_method`. Whether the risk was high and whether the outcome is certain are
 * fields of their own.
 */

/** Every state, by how far along a payment is; the last three are terminal. */
export const PAYMENT_STATUSES = [
  'accumulating',
  'in_review',
  'requires_payment_method',
  'requires_confirmation',
  'requires_action',
  'processing',
  'requires_capture',
  'blocked',
  'canceled',
  'succeeded',
] as const;

/** A state of a payment. */
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number];

/** The state of a payment that has just been recorded. */
export const INITIAL_PAYMENT_STATUS: PaymentStatus = 'requires_confirmation';

/**
 * Who causes a move.
 *
 * - `client`: a request of the merchant or the device, with all that this product decides while it answers
 * - `gateway`: the processor's own object says so, fetched or told by a webhook
 * - `completer`: a job that finishes what is due, interrupted or expired
 * - `admin`: a person with a role, in the review queue or on the payment's page
 */
export type PaymentMover = 'client' | 'gateway' | 'completer' | 'admin';

/** The moves out of each state, and who may cause each. What is not here is illegal. */
export type PaymentMoves = Readonly<Record<PaymentStatus, Readonly<Partial<Record<PaymentStatus, readonly PaymentMover[]>>>>>;

const EVERYBODY = ['client', 'gateway', 'completer', 'admin'] as const;

/**
 * The table. Five of its choices are not obvious:
 *
 * - Only `requires_confirmation` leads to the processor, so that every attempt, the second as the first, passes the rules on its way.
 * - The gateway cannot move a payment out of `in_review` or `accumulating` to `requires_confirmation` or `requires_payment_method`: an
 *   unconfirmed payment intent is in one of those two all the while, and following it would skip the review. It can say that money moved.
 * - Only the gateway says where `processing` ends, except that a call which the processor never took leads back, and the completer: it
 *   cancels when no payment intent was ever made within the 23 hours in which a call may be repeated, and returns a small amount to its
 *   sum when the sum was declined.
 * - The client may begin again from `requires_action` only while no challenge is open, which `PaymentRetries` sees to.
 * - The gateway may cancel from anywhere, because Stripe cancels by itself after too many confirmations or when an authorization lapses.
 */
export const PAYMENT_MOVES: PaymentMoves = {
  accumulating: {
    processing: ['completer'],
    canceled: ['client', 'completer', 'admin'],
  },
  in_review: {
    requires_confirmation: ['admin', 'completer'],
    requires_action: ['gateway'],
    processing: ['gateway'],
    requires_capture: ['gateway'],
    blocked: ['admin'],
    canceled: EVERYBODY,
    succeeded: ['gateway'],
  },
  requires_payment_method: {
    requires_confirmation: ['client', 'completer'],
    requires_action: ['gateway'],
    processing: ['gateway'],
    requires_capture: ['gateway'],
    canceled: EVERYBODY,
    succeeded: ['gateway'],
  },
  requires_confirmation: {
    accumulating: ['client', 'completer'],
    in_review: ['client', 'completer'],
    requires_payment_method: ['gateway'],
    requires_action: ['gateway'],
    processing: ['client', 'gateway', 'completer'],
    requires_capture: ['gateway'],
    blocked: ['client', 'completer'],
    canceled: EVERYBODY,
    succeeded: ['gateway'],
  },
  requires_action: {
    requires_payment_method: ['gateway'],
    requires_confirmation: ['client'],
    processing: ['gateway'],
    requires_capture: ['gateway'],
    canceled: EVERYBODY,
    succeeded: ['gateway'],
  },
  processing: {
    accumulating: ['completer'],
    requires_payment_method: ['gateway'],
    // The processor took nothing of what was sent: the client may send it again.
    requires_confirmation: ['client', 'completer'],
    requires_action: ['gateway'],
    requires_capture: ['gateway'],
    canceled: ['gateway', 'completer'],
    succeeded: ['gateway'],
  },
  requires_capture: {
    // Some methods settle a capture only later.
    processing: ['gateway'],
    canceled: EVERYBODY,
    succeeded: EVERYBODY,
  },
  blocked: {},
  canceled: {},
  succeeded: {},
};

/** What is to be done with a wish to move a payment. */
export type MoveDecision =
  /** Set the status, by compare-and-set. */
  | { readonly kind: 'move'; readonly to: PaymentStatus }
  /** Already there: amounts may still change, the status does not. */
  | { readonly kind: 'stay' }
  /** The news may be late or a step was missed: fetch the processor's object and decide again with `evidence: 'snapshot'`. */
  | { readonly kind: 'fetch' }
  /** The processor's object contradicts a state that is not left: nothing moves, and a person has to look. */
  | { readonly kind: 'contradiction' }
  /** The client or admin may not do this now: 409 with the current payment. */
  | { readonly kind: 'refuse' };

/** A wish to move a payment. */
export interface MoveWish {
  readonly to: PaymentStatus;
  readonly by: PaymentMover;
  /**
   * Of the gateway only. `hint`: the body of a webhook, which may be late or out of order. `snapshot`: the object as fetched or answered
   * while the payment's row was unchanged. Default `snapshot`.
   */
  readonly evidence?: 'hint' | 'snapshot';
}

/**
 * Decides what a wish does to a payment in the state `current`.
 *
 * A hint is believed without a look only when it ends the payment, because a terminal state is never taken back; any other may be older
 * than what is known. Terminal states absorb: late hints do nothing to them, and whatever else the processor says is a contradiction.
 */
export function nextPaymentStatus(current: PaymentStatus, wish: MoveWish): MoveDecision {
  if (wish.to === current) return { kind: 'stay' };
  // An unconfirmed intent is where each of our own attempts begins: it says nothing that this product did not do itself.
  if (wish.by === 'gateway' && wish.to === 'requires_confirmation') return { kind: 'stay' };
  const isLegal = canMove(current, wish.to, wish.by);
  if (wish.by !== 'gateway') return isLegal ? { kind: 'move', to: wish.to } : { kind: 'refuse' };
  if (wish.evidence === 'hint') return afterHint(current, wish.to, isLegal);
  if (isLegal) return { kind: 'move', to: wish.to };
  return isHarmless(current, wish.to) ? { kind: 'stay' } : { kind: 'contradiction' };
}

/** Whether `by` may move a payment from one state to another. Staying is not a move. */
export function canMove(from: PaymentStatus, to: PaymentStatus, by: PaymentMover): boolean {
  return PAYMENT_MOVES[from][to]?.includes(by) ?? false;
}

/** The states from which `by` may move a payment to `to`: the `status = ANY($1)` of a compare-and-set. */
export function statusesBefore(to: PaymentStatus, by: PaymentMover): readonly PaymentStatus[] {
  return PAYMENT_STATUSES.filter((from) => canMove(from, to, by));
}

/** Whether a payment in this state never changes its state again. */
export function isTerminal(status: PaymentStatus): boolean {
  return Object.keys(PAYMENT_MOVES[status]).length === 0;
}

/** The next action of a payment that was tried while its owner was away: they come back, and it is confirmed in their presence. */
export const CONFIRM_ON_SESSION = 'confirm_on_session';

/** Whether a payment rests until its owner comes back. No challenge has begun, so none can be passed or lapse, and nothing is reserved for it. */
export function awaitsOwner(payment: {
  readonly status: PaymentStatus;
  readonly nextAction: Readonly<Record<string, unknown>> | null;
}): boolean {
  return payment.status === 'requires_action' && payment.nextAction?.['type'] === CONFIRM_ON_SESSION;
}

/** How far along a payment is, 0 … 9: a decline steps back, and the terminal states are the furthest. */
export function paymentStatusRank(status: PaymentStatus): number {
  return PAYMENT_STATUSES.indexOf(status);
}

/** Whether `value` is one of {@link PAYMENT_STATUSES}. */
export function isPaymentStatus(value: unknown): value is PaymentStatus {
  return (PAYMENT_STATUSES as readonly unknown[]).includes(value);
}

/** What is wrong with a table of moves: states nobody reaches, states nobody can end, moves nobody may cause. */
export function findFaultsOfMoves(moves: PaymentMoves, initial: PaymentStatus = INITIAL_PAYMENT_STATUS): readonly string[] {
  const faults: string[] = [];
  const targetsOf = (from: PaymentStatus) => PAYMENT_STATUSES.filter((to) => moves[from][to] !== undefined);
  const reached = reachableFrom(initial, targetsOf);
  for (const from of PAYMENT_STATUSES) {
    if (!reached.has(from)) faults.push(`${from} cannot be reached`);
    const ends = [...reachableFrom(from, targetsOf)].filter((status) => targetsOf(status).length === 0);
    if (ends.length === 0) faults.push(`${from} never ends`);
    for (const to of targetsOf(from)) {
      if (to === from) faults.push(`${from} moves to itself`);
      if (moves[from][to]?.length === 0) faults.push(`nobody may move ${from} to ${to}`);
    }
  }
  return faults;
}

function afterHint(current: PaymentStatus, to: PaymentStatus, isLegal: boolean): MoveDecision {
  if (isLegal && isTerminal(to)) return { kind: 'move', to };
  if (!isTerminal(current)) return { kind: 'fetch' };
  // The events of the way to success arrive after it all the time; only another end is news.
  const isLate = current === 'succeeded' && !isTerminal(to);
  return isLate || isHarmless(current, to) ? { kind: 'stay' } : { kind: 'fetch' };
}

/** Whether the processor's object may rest in `seen` while the payment rests in `current`, because no money has moved or can move by itself. */
function isHarmless(current: PaymentStatus, seen: PaymentStatus): boolean {
  const isUnconfirmed = seen === 'requires_payment_method' || seen === 'requires_confirmation';
  const isHeldHere = current === 'in_review' || current === 'accumulating';
  const isGivenUp = current === 'blocked' || current === 'canceled';
  return (isUnconfirmed && (isHeldHere || isGivenUp)) || (seen === 'canceled' && isGivenUp);
}

function reachableFrom(start: PaymentStatus, targetsOf: (from: PaymentStatus) => readonly PaymentStatus[]): ReadonlySet<PaymentStatus> {
  const seen = new Set([start]);
  // A set grows while it is walked, and each state enters it once.
  for (const status of seen) for (const target of targetsOf(status)) seen.add(target);
  return seen;
}
