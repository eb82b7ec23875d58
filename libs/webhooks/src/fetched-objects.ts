import { Injectable } from '@nestjs/common';
import { type GatewayAnswer, PaymentGateway, SavedMethodGateway } from '#payments';
import { StripePayouts, type StripeEventTranslation } from '#stripe';
import type { SourcedEvent } from './event-applier.js';

/** What events are about, as Stripe has it now. No transaction may be open across these calls. */
@Injectable()
export class FetchedObjects {
  constructor(
    private readonly gateway: PaymentGateway,
    private readonly savedMethods: SavedMethodGateway,
    private readonly payouts: StripePayouts,
  ) {}

  /**
   * The object, after the payment that it belongs to: a refund cannot be booked on a payment that is behind. Empty when there is none.
   *
   * @throws Error when Stripe gave no clear answer: the event is tried again later.
   */
  async fetch(wanted: Extract<StripeEventTranslation, { kind: 'fetch' }>): Promise<SourcedEvent['event'][]> {
    const id = wanted.gatewayId;
    switch (wanted.object) {
      case 'payment':
        return eventsOf('payment', await this.gateway.retrievePayment(id));
      case 'refund':
        return this.afterPayment(eventsOf('refund', await this.gateway.retrieveRefund(id)));
      case 'dispute':
        return this.afterPayment(eventsOf('dispute', await this.gateway.retrieveDispute(id)));
      case 'setup':
        return eventsOf('setup', await this.savedMethods.retrieveSetup(id));
      case 'method':
        return eventsOf('method', await this.savedMethods.retrieveMethod(id));
      case 'payout':
        return eventsOf('payout', await this.payouts.retrieve(id));
      case 'review':
        return eventsOf('review', await this.gateway.retrieveReview(id));
      case 'fraud_warning':
        return eventsOf('fraud_warning', await this.gateway.retrieveFraudWarning(id));
    }
  }

  /** Whether Stripe says that this intent was not made by us. */
  async isForeignPayment(gatewayId: string): Promise<boolean> {
    const answer = await this.gateway.retrievePayment(gatewayId);
    return answer.outcome === 'succeeded' && answer.object.paymentId === null;
  }

  private async afterPayment(events: SourcedEvent['event'][]): Promise<SourcedEvent['event'][]> {
    const [event] = events;
    if (event === undefined || !('paymentGatewayId' in event.object)) return events;
    return [...eventsOf('payment', await this.gateway.retrievePayment(event.object.paymentGatewayId)), ...events];
  }
}

function eventsOf<Kind extends SourcedEvent['event']['kind']>(
  kind: Kind,
  answer: GatewayAnswer<Extract<SourcedEvent['event'], { kind: Kind }>['object'] | null>,
): SourcedEvent['event'][] {
  if (answer.outcome === 'succeeded') {
    return answer.object === null ? [] : [{ kind, object: answer.object } as Extract<SourcedEvent['event'], { kind: Kind }>];
  }
  if (answer.outcome === 'failed' && answer.code === 'resource_missing') return [];
  throw new Error(`Stripe did not answer a retrieve: ${answer.outcome}${answer.outcome === 'failed' ? ` ${answer.code}` : ''}`);
}
