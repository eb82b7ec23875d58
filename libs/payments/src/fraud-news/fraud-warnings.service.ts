import { Injectable, Logger } from '@nestjs/common';
import { AppConfig, type Queryable } from '#platform';
import { ChargeDisputedError } from '../disputes/disputes.errors.js';
import { FraudTruths } from './fraud-truths.js';
import { type FraudWarning, FraudWarningsRepository } from './fraud-warnings.repository.js';
import { type GatewayFraudWarning } from '../payment-gateway.js';
import { type Payment } from '../payment.js';
import { AmountTooLargeError } from '../payments.errors.js';
import { RefundsService } from '../refunds/refunds.service.js';

const BATCH_SIZE = 10;

/**
 * Early fraud warnings: each labels its payment, and small ones may be refunded at once, before a dispute takes the money together with a fee.
 * What is small says `FRAUD_WARNING_REFUND_UP_TO`; by default nothing is.
 */
@Injectable()
export class FraudWarnings {
  private readonly logger = new Logger(FraudWarnings.name);

  constructor(
    private readonly warnings: FraudWarningsRepository,
    private readonly truths: FraudTruths,
    private readonly refunds: RefundsService,
    private readonly config: AppConfig,
  ) {}

  /** Records what the issuer said. Safe to repeat, in any order. @returns Whether it was news. */
  async learn(transaction: Queryable, payment: Payment, warning: GatewayFraudWarning): Promise<boolean> {
    const reaction = warning.isActionable && this.isWorthRefunding(payment) ? 'refund' : 'none';
    const isNews = await this.warnings.upsert(transaction, payment, warning, reaction);
    const isLabelled = await this.truths.learnFromWarning(transaction, payment, warning);
    return isNews || isLabelled;
  }

  /** Refunds what is due for it; a job of the worker. @returns How many warnings it took up. */
  async reactDue(): Promise<number> {
    const due = await this.warnings.claimDue(BATCH_SIZE);
    for (const warning of due) {
      try {
        await this.warnings.finish(warning.id, await this.refund(warning));
      } catch (error) {
        // It is due again after its pause; the others must not wait for it.
        this.logger.error({ event: 'fraud_warning_refund_failed', warningId: warning.id, paymentId: warning.paymentId, error });
      }
    }
    return due.length;
  }

  private isWorthRefunding(payment: Payment): boolean {
    const limitMinor = this.config.payments.fraudWarningRefundUpToMinor(payment.currency);
    const remainingMinor = payment.amountReceivedMinor - payment.amountRefundedMinor;
    return limitMinor !== null && remainingMinor > 0 && remainingMinor <= limitMinor;
  }

  private async refund({ id, paymentId, merchantId, livemode }: FraudWarning): Promise<'refunded' | 'superseded'> {
    const caller = { merchantId, livemode, actorId: 'system:fraud_warning', deviceId: null, ip: null, requestId: id };
    try {
      // The warning's id is the key: however often this runs, it is one refund.
      await this.refunds.create(caller, `fraud_warning:${id}`, paymentId, { reason: 'fraudulent' });
      return 'refunded';
    } catch (error) {
      // Refunded by somebody else, or disputed meanwhile: there is nothing left to spare.
      if (error instanceof AmountTooLargeError || error instanceof ChargeDisputedError) return 'superseded';
      throw error;
    }
  }
}
