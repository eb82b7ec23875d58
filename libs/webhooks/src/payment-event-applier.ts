import { Injectable } from '@nestjs/common';
import { type AttributedEvent, type EventEffect, GatewayEventsService, type SavedMethodEvent, SavedMethodEvents } from '#payments';
import { assert } from '#kernel';
import { type Queryable } from '#platform';
import { type ApplyOutcome, EventApplier, type SourcedEvent } from './event-applier.js';

/** Events become changes of payments, refunds, disputes and saved payment methods. */
@Injectable()
export class PaymentEventApplier extends EventApplier {
  constructor(
    private readonly payments: GatewayEventsService,
    private readonly savedMethods: SavedMethodEvents,
  ) {
    super();
  }

  /** Those about payments first and together; the few others touch no row of theirs. */
  override async apply(events: readonly SourcedEvent[], transaction: Queryable): Promise<ApplyOutcome[]> {
    const attributed = events.flatMap(({ eventId, event, evidence }) =>
      isOfSavedMethod(event) ? [] : [attributedOf(eventId, event, evidence)],
    );
    const effects = await this.payments.applyAll(transaction, attributed);
    const outcomes: ApplyOutcome[] = [];
    for (const { eventId, event } of events) {
      const effect = isOfSavedMethod(event) ? await this.savedMethods.apply(transaction, event, eventId) : effects.shift();
      assert(effect, 'every event of a payment has an effect');
      outcomes.push(outcomeOf(effect));
    }
    return outcomes;
  }
}

function isOfSavedMethod(event: SourcedEvent['event']): event is SavedMethodEvent {
  return event.kind === 'setup' || event.kind === 'method' || event.kind === 'customer_deleted';
}

function attributedOf(eventId: string, event: AttributedEvent['event'], evidence: SourcedEvent['evidence']): AttributedEvent {
  return { event, evidence, source: { source: 'webhook', sourceId: eventId } };
}

/** What Stripe's own object contradicts is tried again as a conflict until the event is dead, where a person finds it. */
function outcomeOf(effect: EventEffect): ApplyOutcome {
  return effect === 'contradiction' ? 'conflict' : effect;
}
