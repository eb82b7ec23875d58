import { Injectable } from '@nestjs/common';
import { Database } from '#platform';
import { type TimelineEntry, type TimelineResponse } from './dto/payment-lists.response.js';
import { PaymentAttemptsRepository } from './payment-attempts.repository.js';
import { type Payment } from './payment.js';
import { PaymentsRepository } from './payments.repository.js';

/** Attempts and adjustments of a payment in one story. */
@Injectable()
export class PaymentTimeline {
  constructor(
    private readonly database: Database,
    private readonly payments: PaymentsRepository,
    private readonly attempts: PaymentAttemptsRepository,
  ) {}

  async of(payment: Payment): Promise<TimelineResponse> {
    const [attempts, adjustments] = await Promise.all([
      this.attempts.list(this.database, payment.id),
      this.payments.listAdjustments(payment.id),
    ]);
    const entries: (TimelineEntry & { readonly order: number })[] = [
      ...attempts.map(({ id, operation, startedAt, outcome, httpStatus, stripeRequestId, errorCode, declineCode, durationMs }) => ({
        kind: 'attempt' as const,
        at: startedAt.toISOString(),
        sequence: null,
        details: { id, operation, outcome, httpStatus, stripeRequestId, errorCode, declineCode, durationMs },
        order: startedAt.getTime(),
      })),
      ...adjustments.map(({ sequence, createdAt, ...details }) => ({
        kind: 'change' as const,
        at: createdAt.toISOString(),
        sequence,
        details,
        order: createdAt.getTime(),
      })),
    ];
    entries.sort((first, second) => first.order - second.order || (first.sequence ?? 0) - (second.sequence ?? 0));
    return { object: 'timeline', paymentId: payment.id, data: entries.map(({ order: _order, ...entry }) => entry) };
  }
}
