import { Injectable, Logger } from '@nestjs/common';
import { type AttributedEvent, type EventEffect, GatewayEventsService, type SavedMethodEvent, SavedMethodEvents } from '#payments';
import { assert } from '#kernel';
import { type Queryable } from '#platform';
import { type PayoutEvent } from '#stripe';
import { type ApplyOutcome, EventApplier, type SourcedEvent } from './event-applier.js';
import { PayoutsRepository } from './payouts.repository.js';

/** Events become changes of payments, refunds, disputes, saved payment methods and payouts. */
@Injectable()
export class PaymentEventApplier extends EventApplier {
  private readonly logger = new Logger(PaymentEventApplier.name);

  constructor(
    private readonly payments: GatewayEventsService,
    private readonly savedMethods: SavedMethodEvents,
    private readonly payouts: PayoutsRepository,
  ) {
    super();
  }

  /** Those about payments first and together; the few others touch no row of theirs. */
  override async apply(events: readonly SourcedEvent[], transaction: Queryable): Promise<ApplyOutcome[]> {
    const attributed = events.flatMap(({ eventId, event, evidence }) =>
      isOfPayment(event) ? [attributedOf(eventId, event, evidence)] : [],
    );
    const effects = await this.payments.applyAll(transaction, attributed);
    const outcomes: ApplyOutcome[] = [];
    for (const { eventId, event } of events) {
      const effect = isOfPayment(event) ? effects.shift() : await this.applyOther(transaction, event, eventId);
      assert(effect, 'every event of a payment has an effect');
      outcomes.push(outcomeOf(effect));
    }
    return outcomes;
  }

  private async applyOther(transaction: Queryable, event: SavedMethodEvent | PayoutEvent, eventId: string): Promise<EventEffect> {
    if (event.kind !== 'payout') return this.savedMethods.apply(transaction, event, eventId);
    const isNews = await this.payouts.upsert(transaction, event.object);
    if (isNews && event.object.status === 'failed') {
      const { gatewayId, failureCode } = event.object;
      transaction.afterCommit(() => {
        this.logger.error({ event: 'payout_failed', payoutId: gatewayId, failureCode });
      });
    }
    return isNews ? 'applied' : 'unchanged';
  }
}

function isOfPayment(event: SourcedEvent['event']): event is AttributedEvent['event'] {
  return event.kind !== 'setup' && event.kind !== 'method' && event.kind !== 'customer_deleted' && event.kind !== 'payout';
}

function attributedOf(eventId: string, event: AttributedEvent['event'], evidence: SourcedEvent['evidence']): AttributedEvent {
  return { event, evidence, source: { source: 'webhook', sourceId: eventId } };
}

/** What Stripe's own object contradicts is tried again as a conflict until the event is dead, where a person finds it. */
function outcomeOf(effect: EventEffect): ApplyOutcome {
  return effect === 'contradiction' ? 'conflict' : effect;
}
