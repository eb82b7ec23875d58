import { Injectable } from '@nestjs/common';
import { assertNever } from '#kernel';
import { type Queryable } from '#platform';
import { DisputeMirror } from './disputes/dispute-mirror.js';
import { FraudTruths } from './fraud-truths.js';
import { FraudWarnings } from './fraud-warnings.service.js';
import { countViolation } from './invariants.js';
import { type GatewayEvent } from './payment-gateway.js';
import { PaymentTransitions } from './payment-transitions.js';
import { type ChangeSource, type Payment } from './payment.js';
import { PaymentsRepository } from './payments.repository.js';
import { RefundsService } from './refunds.service.js';

/**
 * What an event did.
 *
 * - `not_found`: its payment is not there, perhaps not yet
 * - `conflict`: the object in it may be late or a step was missed; the object must be fetched and applied as `snapshot`
 * - `contradiction`: the processor says what cannot be; nothing changed
 */
export type EventEffect = 'applied' | 'unchanged' | 'not_found' | 'conflict' | 'contradiction';

/** Applies what the processor says by itself, in the transaction that also marks the event as processed. */
@Injectable()
export class GatewayEventsService {
  constructor(
    private readonly payments: PaymentsRepository,
    private readonly transitions: PaymentTransitions,
    private readonly refunds: RefundsService,
    private readonly disputes: DisputeMirror,
    private readonly truths: FraudTruths,
    private readonly warnings: FraudWarnings,
  ) {}

  /**
   * @param evidence - `hint` for an event's own body, which may be old; `snapshot` for an object that was fetched for it.
   */
  async apply(
    transaction: Queryable,
    event: Exclude<GatewayEvent, { kind: 'ignored' }>,
    evidence: 'hint' | 'snapshot',
    source: ChangeSource,
  ): Promise<EventEffect> {
    const payment = await this.paymentOf(transaction, event);
    if (!payment) return 'not_found';
    switch (event.kind) {
      case 'payment': {
        // Two intents of one payment would be two charges: only the one whose id is committed counts.
        if (payment.stripePaymentIntentId !== null && payment.stripePaymentIntentId !== event.object.gatewayId) {
          if (event.object.amountReceivedMinor > 0) countViolation('one_charge');
          return 'unchanged';
        }
        return (await this.transitions.applySnapshot(transaction, payment, event.object, evidence, source)).result;
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

  private paymentOf(transaction: Queryable, event: Exclude<GatewayEvent, { kind: 'ignored' }>): Promise<Payment | null> {
    if (event.kind === 'payment') return this.payments.findByGatewayId(transaction, event.object.gatewayId, event.object.paymentId);
    return this.payments.findByGatewayId(transaction, event.object.paymentGatewayId, null);
  }
}

function effectOf(isNews: boolean): EventEffect {
  return isNews ? 'applied' : 'unchanged';
}
