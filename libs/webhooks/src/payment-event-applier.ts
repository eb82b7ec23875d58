import { Injectable } from '@nestjs/common';
import { type EventEffect, GatewayEventsService } from '#payments';
import { type Queryable } from '#platform';
import { type ApplyOutcome, EventApplier, type SourcedEvent } from './event-applier.js';

/** Events become changes of payments, refunds and disputes. */
@Injectable()
export class PaymentEventApplier extends EventApplier {
  constructor(private readonly payments: GatewayEventsService) {
    super();
  }

  override async apply(events: readonly SourcedEvent[], transaction: Queryable): Promise<ApplyOutcome[]> {
    const attributed = events.map(({ eventId, event, evidence }) => ({
      event,
      evidence,
      source: { source: 'webhook' as const, sourceId: eventId },
    }));
    return (await this.payments.applyAll(transaction, attributed)).map(outcomeOf);
  }
}

/** What Stripe's own object contradicts is tried again as a conflict until the event is dead, where a person finds it. */
function outcomeOf(effect: EventEffect): ApplyOutcome {
  return effect === 'contradiction' ? 'conflict' : effect;
}
