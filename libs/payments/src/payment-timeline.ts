import { Injectable } from '@nestjs/common';
import { Database } from '#platform';
import { type TimelineEntry, type TimelineResponse } from './dto/payment-lists.response.js';
import { PaymentAttemptsRepository } from './payment-attempts.repository.js';
import { DisputesRepository } from './disputes/disputes.repository.js';
import { FraudWarningsRepository } from './fraud-news/fraud-warnings.repository.js';
import { type Payment } from './payment.js';
import { PaymentListsRepository } from './payment-lists.repository.js';

/** Attempts and adjustments of a payment in one story, with what its issuer said of it. */
@Injectable()
export class PaymentTimeline {
  constructor(
    private readonly database: Database,
    private readonly lists: PaymentListsRepository,
    private readonly attempts: PaymentAttemptsRepository,
    private readonly disputes: DisputesRepository,
    private readonly warnings: FraudWarningsRepository,
  ) {}

  async of(payment: Payment): Promise<TimelineResponse> {
    const [attempts, adjustments, disputes, warnings] = await Promise.all([
      this.attempts.list(this.database, payment.id),
      this.lists.listAdjustments(payment.id),
      this.disputes.listAdjustments(payment.id),
      this.warnings.list(payment.id),
    ]);
    const entries: TimelineEntry[] = [
      ...attempts.map(({ id, operation, startedAt, outcome, httpStatus, stripeRequestId, errorCode, declineCode, durationMs }) => ({
        kind: 'attempt' as const,
        at: startedAt.toISOString(),
        sequence: null,
        details: { id, operation, outcome, httpStatus, stripeRequestId, errorCode, declineCode, durationMs },
      })),
      ...adjustments.map(({ sequence, createdAt, ...details }) => ({
        kind: 'change' as const,
        at: createdAt.toISOString(),
        sequence,
        details,
      })),
      ...disputes.map(({ createdAt, sequence, ...details }) => ({
        kind: 'dispute' as const,
        at: createdAt.toISOString(),
        sequence: null,
        details: { ...details, disputeSequence: sequence },
      })),
      ...warnings.map(({ id, createdAt, fraudType, isActionable, reaction, reactionOutcome }) => ({
        kind: 'fraud_warning' as const,
        at: createdAt.toISOString(),
        sequence: null,
        details: { id, fraudType, isActionable, reaction, reactionOutcome },
      })),
    ];
    // What one transaction wrote bears one instant: then the change comes first, and changes are in the order of their numbers.
    entries.sort((first, second) => compare(first.at, second.at) || (first.sequence ?? LAST) - (second.sequence ?? LAST));
    return { object: 'timeline', paymentId: payment.id, data: entries };
  }
}

const LAST = Number.MAX_SAFE_INTEGER;

function compare(first: string, second: string): number {
  return first === second ? 0 : first < second ? -1 : 1;
}
