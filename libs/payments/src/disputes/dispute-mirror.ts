import { Injectable } from '@nestjs/common';
import { type Queryable } from '#platform';
import { nextDisputeStatus } from '../domain/dispute-status.js';
import { FraudTruths } from '../fraud-news/fraud-truths.js';
import { type GatewayDispute } from '../payment-gateway.js';
import { type ChangeSource, type Payment } from '../payment.js';
import { PaymentsRepository } from '../payments.repository.js';
import { type Dispute, type DisputeChange } from './dispute.js';
import { DisputesRepository } from './disputes.repository.js';

/** Keeps our disputes as Stripe's are: from webhooks, from answers to our own calls, from the books. Disputes change nowhere else. */
@Injectable()
export class DisputeMirror {
  constructor(
    private readonly payments: PaymentsRepository,
    private readonly disputes: DisputesRepository,
    private readonly truths: FraudTruths,
  ) {}

  /**
   * Applies what Stripe says of a dispute. Money comes first and counts whenever it is heard of; status and terms only go forward.
   *
   * @returns `conflict` when only the object itself can tell: it must be fetched and applied as `snapshot`. Nothing was written then.
   */
  async apply(
    transaction: Queryable,
    payment: Payment,
    seen: GatewayDispute,
    evidence: 'hint' | 'snapshot',
    source: ChangeSource,
  ): Promise<'applied' | 'unchanged' | 'conflict'> {
    const locked = (await this.payments.lock(transaction, payment.id)) ?? payment;
    const known = await this.disputes.lockByGatewayId(transaction, seen.gatewayId);
    const move = known === null ? 'move' : nextDisputeStatus(known, seen, evidence);
    // Two events of one state may come in any order, and differ: which of them is the newer one only the object can tell.
    if (move === 'fetch' || (known !== null && move === 'stay' && evidence === 'hint' && areTermsNew(known, seen))) return 'conflict';
    const recorded = known ?? (await this.disputes.insert(transaction, locked, seen, source));
    const booked = await this.settleMoney(transaction, recorded, seen, source);
    const moved = known === null || move === 'late' ? booked : await this.follow(transaction, booked, seen, move === 'move', source);
    if (known !== null && moved.version === known.version) return 'unchanged';
    const amountDisputedMinor = await this.disputes.sumOpen(transaction, locked.id);
    if (amountDisputedMinor !== locked.amountDisputedMinor)
      await this.payments.change(transaction, locked, { amountDisputedMinor }, source);
    await this.truths.learnFromDispute(transaction, locked, seen, moved.status);
    return 'applied';
  }

  /** {@link apply} of what Stripe answered to a call of ours. */
  async applyAnswer(transaction: Queryable, seen: GatewayDispute, source: ChangeSource): Promise<void> {
    const payment = await this.payments.findByGatewayId(transaction, seen.paymentGatewayId, null);
    if (payment) await this.apply(transaction, payment, seen, 'snapshot', source);
  }

  /** A change of its own, so that merchants are told of the money as well as of the status. */
  private async settleMoney(transaction: Queryable, dispute: Dispute, seen: GatewayDispute, source: ChangeSource): Promise<Dispute> {
    const areFundsWithdrawn = await this.disputes.book(transaction, dispute, seen.movements);
    if (areFundsWithdrawn === dispute.areFundsWithdrawn) return dispute;
    return this.disputes.change(transaction, dispute, { areFundsWithdrawn }, source);
  }

  private async follow(
    transaction: Queryable,
    dispute: Dispute,
    seen: GatewayDispute,
    isMove: boolean,
    source: ChangeSource,
  ): Promise<Dispute> {
    const isNewAppeal = seen.isAppeal && !dispute.isAppeal;
    const change: Omit<DisputeChange, 'checkAfterSeconds'> = {
      ...(isMove ? { status: seen.status, isAppeal: dispute.isAppeal || seen.isAppeal } : {}),
      reason: seen.reason,
      networkReasonCode: seen.networkReasonCode,
      amountMinor: seen.amountMinor,
      isChargeRefundable: seen.isChargeRefundable,
      evidenceDueBy: seen.evidenceDueBy,
      enhancedEligibility: seen.enhancedEligibility,
      // These two only grow, so that an older event of the same state takes nothing back.
      hasEvidence: dispute.hasEvidence || seen.hasEvidence,
      evidenceSubmissionCount: Math.max(dispute.evidenceSubmissionCount, seen.evidenceSubmissionCount),
      // An appeal is answered anew.
      ...(isNewAppeal ? { response: null, responseState: null, responseBy: null } : {}),
    };
    const isNews = (Object.keys(change) as (keyof typeof change)[]).some((name) => !isSame(dispute[name], change[name]));
    return isNews ? this.disputes.change(transaction, dispute, change, source) : dispute;
  }
}

function areTermsNew(known: Dispute, seen: GatewayDispute): boolean {
  return (
    known.amountMinor !== seen.amountMinor ||
    known.isChargeRefundable !== seen.isChargeRefundable ||
    known.reason !== seen.reason ||
    !isSame(known.evidenceDueBy, seen.evidenceDueBy)
  );
}

function isSame(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
