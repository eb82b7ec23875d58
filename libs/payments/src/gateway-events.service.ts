import { Injectable } from '@nestjs/common';
import { assertNever } from '#kernel';
import { type Queryable } from '#platform';
import { DisputeMirror } from './disputes/dispute-mirror.js';
import { FraudTruths } from './fraud-news/fraud-truths.js';
import { FraudWarnings } from './fraud-news/fraud-warnings.service.js';
import { countViolation } from './invariants.js';
import { type GatewayEvent } from './payment-gateway.js';
import { PaymentSettler } from './payment-settler.js';
import { type ChangeSource, type Payment } from './payment.js';
import { PaymentsRepository } from './payments.repository.js';
import { RefundsService } from './refunds/refunds.service.js';

/**
 * What an event did.
 *
 * - `not_found`: its payment is not there, perhaps not yet
 * - `conflict`: the object in it may be late or a step was missed; the object must be fetched and applied as `snapshot`
 * - `contradiction`: the processor says what cannot be; nothing changed
 */
export type EventEffect = 'applied' | 'unchanged' | 'not_found' | 'conflict' | 'contradiction';

/** An event with its weight, and with the source of every change that follows. */
export interface AttributedEvent {
  readonly event: Exclude<GatewayEvent, { kind: 'ignored' }>;
  /** `hint` for an event's own body, which may be old; `snapshot` for an object that was fetched for it. */
  readonly evidence: 'hint' | 'snapshot';
  readonly source: ChangeSource;
}

/** Applies what the processor says by itself, in the transaction that also marks the event as processed. */
@Injectable()
export class GatewayEventsService {
  constructor(
    private readonly payments: PaymentsRepository,
    private readonly settler: PaymentSettler,
    private readonly refunds: RefundsService,
    private readonly disputes: DisputeMirror,
    private readonly truths: FraudTruths,
    private readonly warnings: FraudWarnings,
  ) {}

  /**
   * Applies events in their order. Their payments are read with one statement: most events only confirm what the answer to the request has
   * told already, and cost no more than that look together.
   */
  async applyAll(transaction: Queryable, events: readonly AttributedEvent[]): Promise<EventEffect[]> {
    if (events.length === 0) return [];
    const known = await this.payments.findAllByGatewayId(
      transaction,
      events.map(({ event }) => intentOf(event)),
    );
    const changed = new Set<string>();
    const effects: EventEffect[] = [];
    for (const attributed of events) {
      const { gatewayId } = intentOf(attributed.event);
      const payment = known.get(gatewayId) ?? null;
      // Read again: what a neighbour has just changed, and what only its metadata ties to the intent.
      const isStale = changed.has(gatewayId) || payment?.stripePaymentIntentId === null;
      const effect = await this.applyTo(transaction, isStale ? await this.paymentOf(transaction, attributed.event) : payment, attributed);
      if (effect === 'applied') changed.add(gatewayId);
      effects.push(effect);
    }
    return effects;
  }

  /** Applies one event as {@link applyAll} does. */
  async apply(
    transaction: Queryable,
    event: AttributedEvent['event'],
    evidence: AttributedEvent['evidence'],
    source: ChangeSource,
  ): Promise<EventEffect> {
    return this.applyTo(transaction, await this.paymentOf(transaction, event), { event, evidence, source });
  }

  private async applyTo(
    transaction: Queryable,
    payment: Payment | null,
    { event, evidence, source }: AttributedEvent,
  ): Promise<EventEffect> {
    if (!payment) return 'not_found';
    switch (event.kind) {
      case 'payment': {
        // Two intents of one payment would be two charges: only the one whose id is committed counts.
        if (payment.stripePaymentIntentId !== null && payment.stripePaymentIntentId !== event.object.gatewayId) {
          if (event.object.amountReceivedMinor > 0) countViolation('one_charge');
          return 'unchanged';
        }
        return this.settler.applyNews(transaction, payment, event.object, evidence, source);
      }
      case 'refund':
        return this.refunds.applySnapshot(transaction, payment, event.object, source);
      case 'dispute':
        return this.disputes.apply(transaction, payment, event.object, evidence, source);
      case 'review':
        return effectOf(await this.truths.learnFromReview(transaction, payment, event.object));
      case 'fraud_warning':
        return effectOf(await this.warnings.learn(transaction, payment, event.object));
      default:
        return assertNever(event, 'gateway event');
    }
  }

  private paymentOf(transaction: Queryable, event: AttributedEvent['event']): Promise<Payment | null> {
    const { gatewayId, paymentId } = intentOf(event);
    return this.payments.findByGatewayId(transaction, gatewayId, paymentId);
  }
}

function effectOf(isNews: boolean): EventEffect {
  return isNews ? 'applied' : 'unchanged';
}

/** The intent that leads to an event's payment; our own id only where the object carries it. */
function intentOf(event: AttributedEvent['event']): { gatewayId: string; paymentId: string | null } {
  if (event.kind === 'payment') return event.object;
  return { gatewayId: event.object.paymentGatewayId, paymentId: null };
}
