import { randomInt } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { MerchantsService } from '#merchants';
import { Database, type Queryable } from '#platform';
import { afterDecline, type AfterDecline } from './domain/decline-policy.js';
import { isTerminal } from './domain/payment-status.js';
import { PROCESSOR_MINIMUMS_MINOR, processorMinimumMinor } from './domain/processor-minimum.js';
import { PaymentAttemptsRepository, type PlannedAttempt } from './payment-attempts.repository.js';
import { PaymentExecutor } from './payment-executor.js';
import { PaymentTransitions } from './payment-transitions.js';
import { type ChangeSource, type Payment } from './payment.js';
import { PaymentSumsRepository } from './payment-sums.repository.js';

const SOURCE: ChangeSource = { source: 'completer', sourceId: null };
const BATCH_SIZE = 20;
// Until a crashed job's sum is taken on by the completer, which treats it as any other payment.
const SUM_LEASE_SECONDS = 30;
const JITTER_STEPS = 10_000;

/**
 * Charges small amounts as a sum, each exactly once.
 *
 * | step | the small amounts | the sum |
 * | --- | --- | --- |
 * | one transaction gathers what one device owes in one currency by one method, once Stripe would charge it | `accumulating` → `processing` | inserted, `processing`, with its first attempt |
 * | the sum goes its way as a payment like any other, crashes and all | wait | … |
 * | it is paid | `succeeded` | `succeeded` |
 * | it is declined | back to `accumulating` for a scheduled retry, or `canceled` | `canceled` |
 *
 * What stays below Stripe's minimum stays `accumulating`, over the end of the day too: no processor charges it.
 */
@Injectable()
export class PaymentAccumulator {
  constructor(
    private readonly database: Database,
    private readonly sums: PaymentSumsRepository,
    private readonly attempts: PaymentAttemptsRepository,
    private readonly executor: PaymentExecutor,
    private readonly transitions: PaymentTransitions,
    private readonly merchants: MerchantsService,
  ) {}

  /** Gathers one sum that can be charged and charges it. @returns 1, or 0 when there is none. */
  async chargeDue(): Promise<number> {
    const gathered = await this.database.transaction((transaction) => this.gather(transaction));
    if (!gathered) return 0;
    await this.executor.execute(gathered.sum, gathered.attempt, SOURCE);
    return 1;
  }

  /** Passes on to the small amounts what became of their sums. @returns How many sums were settled. */
  async settleDue(): Promise<number> {
    let settled = 0;
    for (const sum of await this.sums.listEndedSums(BATCH_SIZE)) settled += await this.settle(sum);
    return settled;
  }

  private async gather(transaction: Queryable): Promise<{ readonly sum: Payment; readonly attempt: PlannedAttempt } | null> {
    const parts = await this.sums.lockSum(transaction, PROCESSOR_MINIMUMS_MINOR);
    const [first] = parts;
    const amountMinor = parts.reduce((total, part) => total + part.amountMinor, 0);
    // Another job may hold some of them: what is left for this one can be too little.
    if (!first || amountMinor < processorMinimumMinor(first.currency)) return null;
    const sum = await this.sums.insertSum(
      transaction,
      { first, amountMinor, count: parts.length, leaseSeconds: SUM_LEASE_SECONDS },
      SOURCE,
    );
    for (const part of parts) {
      await this.transitions.move(
        transaction,
        part,
        { to: 'processing', by: 'completer' },
        // Never due by itself: it has nothing to be asked about but its sum.
        { accumulatedInto: sum.id, nextCheckAt: null, checkCount: part.checkCount },
        SOURCE,
      );
    }
    return { sum, attempt: await this.attempts.insert(transaction, sum, 'create', SOURCE.source) };
  }

  private async settle(sum: Payment): Promise<number> {
    // Nobody stands at the device to pass a challenge or to offer another card.
    const ended = isTerminal(sum.status) ? sum : await this.executor.cancel(sum, SOURCE);
    if (!isTerminal(ended.status)) return 0;
    const attempt = ended.status === 'succeeded' ? null : await this.attempts.findLatest(this.database, sum.id, 'confirm');
    const { profile } = this.merchants.profileOf(await this.merchants.getContext(sum.merchantId), sum.businessType);
    await this.database.transaction(async (transaction) => {
      const parts = await this.sums.lockPartsOf(transaction, sum.id);
      const retriesMade = Math.max(0, ...parts.map((part) => part.checkCount));
      const decline = { declineCode: attempt?.declineCode ?? attempt?.errorCode ?? null, adviceCode: attempt?.adviceCode ?? null };
      const next = afterDecline({ decline, declinedAt: ended.updatedAt, retriesMade, jitter: randomInt(JITTER_STEPS) }, profile.retry);
      for (const part of parts) await this.settlePart(transaction, part, ended.status === 'succeeded' ? 'paid' : next);
    });
    return 1;
  }

  private async settlePart(transaction: Queryable, part: Payment, outcome: AfterDecline | 'paid'): Promise<void> {
    if (outcome === 'paid') await this.transitions.move(transaction, part, { to: 'succeeded', by: 'gateway' }, {}, SOURCE);
    else if (outcome.kind === 'retry') {
      const change = { accumulatedInto: null, nextCheckAt: outcome.at, checkCount: part.checkCount + 1 };
      await this.transitions.move(transaction, part, { to: 'accumulating', by: 'completer' }, change, SOURCE);
    } else await this.transitions.move(transaction, part, { to: 'canceled', by: 'completer' }, {}, SOURCE);
  }
}
