import { Injectable } from '@nestjs/common';
import { type EventEffect, GatewayEventsService, SavedMethodEvents } from '#payments';
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

  override async apply(events: readonly SourcedEvent[], transaction: Queryable): Promise<ApplyOutcome[]> {
    const outcomes: ApplyOutcome[] = [];
    for (const sourced of events) outcomes.push(outcomeOf(await this.applyOne(sourced, transaction)));
    return outcomes;
  }

  private applyOne({ eventId, event, evidence }: SourcedEvent, transaction: Queryable): Promise<EventEffect> {
    switch (event.kind) {
      case 'setup':
      case 'method':
      case 'customer_deleted':
        return this.savedMethods.apply(transaction, event, eventId);
      default:
        return this.payments.apply(transaction, event, evidence, { source: 'webhook', sourceId: eventId });
    }
  }
}

/** What Stripe's own object contradicts is tried again as a conflict until the event is dead, where a person finds it. */
function outcomeOf(effect: EventEffect): ApplyOutcome {
  return effect === 'contradiction' ? 'conflict' : effect;
}
