import { Injectable } from '@nestjs/common';
import { assert, assertNever } from '#kernel';
import { type Queryable } from '#platform';
import { DisputeMirror } from './disputes/dispute-mirror.js';
import { FraudTruths } from './fraud-news/fraud-truths.js';
import { FraudWarnings } from './fraud-news/fraud-warnings.service.js';
import { type GatewayEvent } from './payment-gateway.js';
import { KnownPayments, PaymentNews } from './payment-news.js';
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
    private readonly news: PaymentNews,
    private readonly refunds: RefundsService,
    private readonly disputes: DisputeMirror,
    private readonly truths: FraudTruths,
    private readonly warnings: FraudWarnings,
  ) {}

  /**
   * Applies events: what they say of payments first, in its order, then what they say of refunds, disputes and the rest, which only a payment
   * that has been paid can have. Payments are read with one statement and written with another, however many: most events only confirm what the
   * answer to the request has told already, and cost no more than their share of that look.
   *
   * @returns One effect for each event, in the events' order.
   */
  async applyAll(transaction: Queryable, events: readonly AttributedEvent[]): Promise<EventEffect[]> {
    if (events.length === 0) return [];
    const intents = events.map(({ event }) => intentOf(event));
    const known = new KnownPayments(await this.payments.findAllByGatewayId(transaction, intents));
    const news = events.flatMap(({ event, evidence, source }) =>
      event.kind === 'payment' ? [{ object: event.object, evidence, source }] : [],
    );
    const told = await this.news.applyAll(transaction, news, known);
    const effects: EventEffect[] = [];
    const changed = new Set<string>();
    for (const { event, evidence, source } of events) {
      if (event.kind === 'payment') {
        effects.push(told.shift() ?? 'not_found');
        continue;
      }
      const found = known.find(intentOf(event));
      // Read again: a refund or a dispute has changed its payment.
      const payment = found && changed.has(found.id) ? await this.payments.get(transaction, found.id) : found;
      const effect = payment ? await this.applyToPaid(transaction, payment, event, evidence, source) : 'not_found';
      if (payment && effect === 'applied') changed.add(payment.id);
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
    const [effect] = await this.applyAll(transaction, [{ event, evidence, source }]);
    assert(effect, 'every event has an effect');
    return effect;
  }

  /** What only a payment that was paid can have. */
  private async applyToPaid(
    transaction: Queryable,
    payment: Payment,
    event: Exclude<AttributedEvent['event'], { kind: 'payment' }>,
    evidence: AttributedEvent['evidence'],
    source: ChangeSource,
  ): Promise<EventEffect> {
    switch (event.kind) {
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
}

function effectOf(isNews: boolean): EventEffect {
  return isNews ? 'applied' : 'unchanged';
}

/** The intent that leads to an event's payment; our own id only where the object carries it. */
function intentOf(event: AttributedEvent['event']): { gatewayId: string; paymentId: string | null } {
  if (event.kind === 'payment') return event.object;
  return { gatewayId: event.object.paymentGatewayId, paymentId: null };
}
