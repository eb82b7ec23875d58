import type { GatewayEvent, SavedMethodEvent } from '#payments';
import type { Queryable } from '#platform';
import type { PayoutEvent } from '#stripe';

/** An event that says something about one of our objects. */
export interface SourcedEvent {
  /** Stripe's event id: the source of every change that follows. */
  readonly eventId: string;
  readonly event: Exclude<GatewayEvent, { kind: 'ignored' }> | SavedMethodEvent | PayoutEvent;
  /** `hint`: the event's own body, which may be old. `snapshot`: the object as fetched for it just now. */
  readonly evidence: 'hint' | 'snapshot';
}

/**
 * What came of applying an event.
 *
 * - `not_found`: the payment is not there, perhaps not yet
 * - `conflict`: the snapshot is no legal successor of the current state; the object must be fetched
 */
export type ApplyOutcome = 'applied' | 'unchanged' | 'not_found' | 'conflict';

/** Brings the effects of events into our tables. Abstract, so that the processor can be measured without the cost of payments. */
export abstract class EventApplier {
  /**
   * Applies the events in order within `transaction`; nothing of an event with `not_found` or `conflict` is written.
   *
   * @returns One outcome per event, in order.
   */
  abstract apply(events: readonly SourcedEvent[], transaction: Queryable): Promise<ApplyOutcome[]>;
}
