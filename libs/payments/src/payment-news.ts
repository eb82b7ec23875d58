/** What the processor says by itself of payments, decided in memory for a whole batch and written with one statement. */
import { Injectable } from '@nestjs/common';
import { assert } from '#kernel';
import { type Queryable } from '#platform';
import { awaitsOwner } from './domain/payment-status.js';
import { countViolation } from './invariants.js';
import { PaymentAttemptsRepository } from './payment-attempts.repository.js';
import { type PlannedChange } from './payment-batch-writes.js';
import { type GatewayPayment } from './payment-gateway.js';
import { type AppliedSnapshot, PaymentTransitions } from './payment-transitions.js';
import { type ChangeSource, type Payment } from './payment.js';
import { PaymentsRepository } from './payments.repository.js';

/** A payment's object with its weight, and with the source of the change that follows. */
export interface PieceOfNews {
  readonly object: GatewayPayment;
  readonly evidence: 'hint' | 'snapshot';
  readonly source: ChangeSource;
}

/** What a piece of news did; `not_found`: its payment is not there, perhaps not yet. */
export type NewsEffect = AppliedSnapshot['result'] | 'not_found';

/** Payments by what leads to them, as rows were read and as decisions have left them since. */
export class KnownPayments {
  private readonly byId = new Map<string, Payment>();
  private readonly idOfIntent = new Map<string, string>();

  constructor(payments: readonly Payment[]) {
    for (const payment of payments) this.put(payment);
  }

  /** The payment of an intent, by the intent's id or else by our own id in its metadata. */
  find({ gatewayId, paymentId }: { readonly gatewayId: string; readonly paymentId: string | null }): Payment | null {
    const tied = this.byId.get(this.idOfIntent.get(gatewayId) ?? '');
    if (tied?.stripePaymentIntentId === gatewayId) return tied;
    return (paymentId === null ? null : this.byId.get(paymentId)) ?? null;
  }

  /** Remembers a payment as it is now. */
  put(payment: Payment): void {
    this.byId.set(payment.id, payment);
    if (payment.stripePaymentIntentId !== null) this.idOfIntent.set(payment.stripePaymentIntentId, payment.id);
  }
}

/** A decided change: the first of its payment in a round, or a later one that builds on it. */
interface Step extends PlannedChange {
  readonly turn: number;
}

// Whoever loses against another writer has the row locked by then, and wins the second round; more means that something is wrong.
const ROUNDS = 3;

/** Decides what news makes of payments, each piece upon what the one before it has left, and writes the decisions together. */
@Injectable()
export class PaymentNews {
  constructor(
    private readonly attempts: PaymentAttemptsRepository,
    private readonly payments: PaymentsRepository,
    private readonly transitions: PaymentTransitions,
  ) {}

  /**
   * Applies news in its order.
   *
   * @param known - The payments as they were read; afterwards as they are.
   * @returns One effect for each piece; nothing was written for any but `applied`.
   */
  async applyAll(transaction: Queryable, news: readonly PieceOfNews[], known: KnownPayments): Promise<NewsEffect[]> {
    const effects = new Map<PieceOfNews, NewsEffect>();
    const subjects = new Map(news.map((piece) => [piece, known.find(piece.object)?.id ?? null]));
    let open = news;
    for (let round = 0; open.length > 0; round++) {
      assert(round < ROUNDS, 'a payment that is locked is not changed by others');
      const confirming = await this.findConfirming(transaction, open, subjects);
      const steps: Step[] = [];
      for (const piece of open) effects.set(piece, this.decide(piece, known, confirming, steps));
      const overtaken = await this.write(transaction, steps);
      for (const payment of await this.payments.getAll(transaction, overtaken)) known.put(payment);
      open = open.filter((piece) => overtaken.has(subjects.get(piece) ?? ''));
    }
    return news.map((piece) => effects.get(piece) ?? 'not_found');
  }

  /** What one piece does to its payment as decisions have left it; a change becomes a step. */
  private decide(piece: PieceOfNews, known: KnownPayments, confirming: ReadonlySet<string>, steps: Step[]): NewsEffect {
    const { object, evidence, source } = piece;
    const before = known.find(object);
    if (!before) return 'not_found';
    // Two intents of one payment would be two charges: only the one whose id is committed counts.
    if (before.stripePaymentIntentId !== null && before.stripePaymentIntentId !== object.gatewayId) {
      if (object.amountReceivedMinor > 0) countViolation('one_charge');
      return 'unchanged';
    }
    if (isEarlierRefusal(before, object, confirming)) return 'unchanged';
    const verdict = this.transitions.judge(before, object, evidence);
    if (typeof verdict === 'string') return verdict;
    const after = this.payments.changed(before, verdict);
    steps.push({ before, after, source, turn: steps.filter((step) => step.after.id === after.id).length });
    known.put(after);
    return 'applied';
  }

  /** Writes first changes, then second ones: a row is changed once in a statement. @returns Payments that somebody else had changed. */
  private async write(transaction: Queryable, steps: readonly Step[]): Promise<ReadonlySet<string>> {
    const overtaken = new Set<string>();
    const turns = Math.max(-1, ...steps.map(({ turn }) => turn));
    for (let turn = 0; turn <= turns; turn++) {
      const due = steps.filter((step) => step.turn === turn && !overtaken.has(step.after.id));
      const changed = await this.payments.changeAll(transaction, due);
      for (const { after } of due) if (!changed.has(after.id)) overtaken.add(after.id);
    }
    return overtaken;
  }

  private findConfirming(
    transaction: Queryable,
    news: readonly PieceOfNews[],
    subjects: ReadonlyMap<PieceOfNews, string | null>,
  ): Promise<ReadonlySet<string>> {
    const refused = news.filter(({ object }) => isRefused(object));
    return this.attempts.findConfirming(
      transaction,
      refused.flatMap((piece) => subjects.get(piece) ?? []),
    );
  }
}

/**
 * A refusal may be the one before a confirmation that is on its way, for Stripe's intent knows of that only once it arrives: who sent it, or
 * takes the payment on, tells what became of it.
 */
function isEarlierRefusal(payment: Payment, object: GatewayPayment, confirming: ReadonlySet<string>): boolean {
  const isAwaited = payment.status === 'processing' && payment.outcomeCertainty === 'known';
  return isRefused(object) && isAwaited && confirming.has(payment.id);
}

function isRefused(object: GatewayPayment): boolean {
  return object.status === 'requires_payment_method' || awaitsOwner(object);
}
