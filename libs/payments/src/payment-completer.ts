import { Injectable, Logger } from '@nestjs/common';
import { Clock, MINUTE_MS } from '#kernel';
import { AppConfig } from '#platform';
import { ChallengeExpiry } from './challenge-expiry.js';
import { CAPTURE_WARNING_MS, checkDelayMs } from './domain/check-schedule.js';
import { awaitsOwner } from './domain/payment-status.js';
import { OutboxRepository } from './outbox.repository.js';
import { PaymentExecutor } from './payment-executor.js';
import { type ChangeSource, type Payment } from './payment.js';
import { PaymentQueueRepository } from './payment-queue.repository.js';

// One claim's worth: each look takes at most two calls of 9 s, and all of them end before the usual lease of 45 s does.
const BATCH_SIZE = 10;
const SOURCE: ChangeSource = { source: 'completer', sourceId: null };
/** A payment that its client did not send again is given up. */
const ABANDONED_AFTER_MS = 15 * MINUTE_MS;

/** Finishes what a request could not: unknown outcomes, requests whose process died, challenges nobody passed. */
@Injectable()
export class PaymentCompleter {
  private readonly logger = new Logger(PaymentCompleter.name);

  constructor(
    private readonly queue: PaymentQueueRepository,
    private readonly executor: PaymentExecutor,
    private readonly challenges: ChallengeExpiry,
    private readonly outbox: OutboxRepository,
    private readonly clock: Clock,
    private readonly config: AppConfig,
  ) {}

  /** Looks at the payments that are due. @returns How many there were; a full batch means that there may be more. */
  async completeDue(): Promise<number> {
    const due = await this.queue.claimDue(BATCH_SIZE, this.config.payments.completerLeaseSeconds);
    await Promise.all(
      due.map(async (payment) => {
        try {
          await this.complete(payment);
        } catch (error) {
          // Its lease runs out and it is looked at again; the others must not wait for it.
          this.logger.error({ event: 'payment_completion_failed', paymentId: payment.id, error });
        }
      }),
    );
    return due.length;
  }

  /** One look. */
  async complete(payment: Payment): Promise<Payment> {
    const after = await this.advance(payment);
    const delayMs = checkDelayMs(after, payment.checkCount, this.clock.now());
    // Unchanged: nobody has set the next look, and the claim's lease is no schedule.
    if (after.version === payment.version) await this.queue.scheduleCheck(after, delayMs);
    return after;
  }

  private async advance(payment: Payment): Promise<Payment> {
    switch (payment.status) {
      case 'processing':
        return this.executor.resume(payment, SOURCE);
      case 'requires_action':
        return this.awaitAction(payment);
      case 'requires_confirmation':
        // Only a cancel can be in doubt here: to look would not carry it out, and an intent that waits may be canceled twice.
        return (await this.isInDoubt(payment)) || this.ageMs(payment) >= ABANDONED_AFTER_MS
          ? this.executor.cancel(payment, SOURCE)
          : payment;
      case 'requires_capture':
        return (await this.isInDoubt(payment)) ? this.executor.resume(payment, SOURCE) : this.watchAuthorization(payment);
      case 'accumulating':
      case 'in_review':
      case 'requires_payment_method':
      case 'blocked':
      case 'canceled':
      case 'succeeded':
        return (await this.isInDoubt(payment)) ? this.executor.resume(payment, SOURCE) : payment;
    }
  }

  /** A capture or cancel whose answer was lost, or whose process died before it could be applied: the intent tells. */
  private async isInDoubt(payment: Payment): Promise<boolean> {
    return payment.outcomeCertainty === 'unknown' || this.executor.hasOpenCall(payment);
  }

  /** A day before a held amount is lost its merchant is told; after it only the processor knows whether it is. */
  private async watchAuthorization(payment: Payment): Promise<Payment> {
    if (payment.captureBefore === null) return payment;
    const remainingMs = payment.captureBefore.getTime() - this.clock.now().getTime();
    if (remainingMs <= 0) return this.executor.resume(payment, SOURCE);
    if (remainingMs <= CAPTURE_WARNING_MS) await this.outbox.append('payment.capture_expiring', payment);
    return payment;
  }

  /** The payer may have passed the challenge while the webhook was lost; only then may it be called off. */
  private async awaitAction(payment: Payment): Promise<Payment> {
    const seen = await this.executor.resume(payment, SOURCE);
    // Without its owner no challenge has begun: there is none to be late for.
    if (awaitsOwner(seen)) return seen;
    return seen.status === 'requires_action' && (await this.hasExpired(seen)) ? this.executor.cancel(seen, SOURCE) : seen;
  }

  private async hasExpired(payment: Payment): Promise<boolean> {
    return this.ageMs(payment) >= (await this.challenges.msFor(payment.merchantId, payment.businessType));
  }

  private ageMs(payment: Payment): number {
    return this.clock.now().getTime() - payment.updatedAt.getTime();
  }
}
