import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { assert, Clock } from '#kernel';
import { ReviewQueue } from '#fraud';
import { type Queryable } from '#platform';
import { checkDelayMs } from './domain/check-schedule.js';
import { awaitsOwner, nextPaymentStatus, type PaymentMover, type PaymentStatus } from './domain/payment-status.js';
import { type GatewayPayment } from './payment-gateway.js';
import { type ChangeSource, type Payment, type PaymentChange } from './payment.js';
import { type ChangeCompanions } from './payment-writes.js';
import { PaymentsRepository } from './payments.repository.js';

/** What a snapshot did to a payment. */
export interface AppliedSnapshot {
  /**
   * - `applied`: the row changed. `unchanged`: nothing in it was news
   * - `conflict`: it may be late or a step was missed; fetch the object and apply that
   * - `contradiction`: the processor says what cannot be; a person must look
   */
  readonly result: 'applied' | 'unchanged' | 'conflict' | 'contradiction';
  readonly payment: Payment;
}

/** What is to be done about a snapshot: the change that it brings, or why it brings none. */
export type SnapshotVerdict = PaymentChange | Exclude<AppliedSnapshot['result'], 'applied'>;

// Each round that loses against another writer reads the newer row; more than a few in a row means that something is wrong.
const TRIES = 8;

/** The one place where a payment changes: the table decides, compare-and-set makes sure that it decided on the newest row. */
@Injectable()
export class PaymentTransitions {
  constructor(
    private readonly repository: PaymentsRepository,
    private readonly reviews: ReviewQueue,
    private readonly clock: Clock,
  ) {}

  /**
   * Brings a payment in line with the processor's object, as far as the table of moves allows.
   *
   * @param along - Written with the change: only when the result is `applied`.
   */
  async applySnapshot(
    queryable: Queryable,
    payment: Payment,
    snapshot: GatewayPayment,
    evidence: 'hint' | 'snapshot',
    source: ChangeSource,
    along: ChangeCompanions = {},
  ): Promise<AppliedSnapshot> {
    let current = payment;
    for (let round = 0; round < TRIES; round++) {
      const verdict = this.judge(current, snapshot, evidence);
      if (typeof verdict === 'string') return { result: verdict, payment: current };
      const changed = await this.repository.change(queryable, current, verdict, source, along);
      if (changed) return { result: 'applied', payment: changed };
      current = await this.repository.get(queryable, payment.id);
    }
    assert(false, 'a payment is not changed by others eight times within one update');
  }

  /** What a snapshot means for a payment as it stands: the one judgement for requests, webhooks and whatever else brings news. */
  judge(current: Payment, snapshot: GatewayPayment, evidence: 'hint' | 'snapshot'): SnapshotVerdict {
    const decision = nextPaymentStatus(current.status, { to: snapshot.status, by: 'gateway', evidence });
    if (decision.kind === 'fetch') return 'conflict';
    if (decision.kind === 'contradiction' || decision.kind === 'refuse') return 'contradiction';
    const change = this.changeOf(current, snapshot, decision.kind === 'move' ? decision.to : current.status);
    if (change === null) return 'unchanged';
    // A hint that moves nothing may be old, and so are its amounts: one that speaks of another state is, of the same state only a look can tell.
    if (decision.kind === 'stay' && evidence === 'hint') return snapshot.status === current.status ? 'conflict' : 'unchanged';
    return change;
  }

  /**
   * Moves a payment on somebody's wish. Giving up a payment that is held also ends its review, unless that was decided first.
   *
   * @returns The payment after the move, or null when its state, read again if need be, does not allow it.
   */
  async move(
    queryable: Queryable,
    payment: Payment,
    wish: { readonly to: PaymentStatus; readonly by: PaymentMover },
    change: PaymentChange,
    source: ChangeSource,
  ): Promise<Payment | null> {
    let current = payment;
    if (current.status === 'in_review' && wish.to === 'canceled' && wish.by !== 'admin') {
      const isOpen = await this.reviews.closeForPayment(queryable, payment.id, 'canceled', source.sourceId ?? source.source);
      if (!isOpen) return null;
    }
    for (let round = 0; round < TRIES; round++) {
      if (nextPaymentStatus(current.status, wish).kind !== 'move') return null;
      const next = {
        nextCheckAt: this.nextCheckAt({ ...current, outcomeCertainty: 'known', ...change, status: wish.to }, 0),
        checkCount: 0,
        ...change,
        status: wish.to,
      };
      const changed = await this.repository.change(queryable, current, next, source);
      if (changed) return changed;
      current = await this.repository.get(queryable, payment.id);
    }
    assert(false, 'a payment is not changed by others eight times within one update');
  }

  /** Sets fields that are no move, unless the payment has moved on meanwhile; then the newer row is returned as it is. */
  async amend(queryable: Queryable, payment: Payment, change: PaymentChange, source: ChangeSource): Promise<Payment> {
    return (await this.repository.change(queryable, payment, change, source)) ?? (await this.repository.get(queryable, payment.id));
  }

  /** The instant of the next look at a payment as it stands; null when it is at rest. */
  nextCheckAt(payment: Pick<Payment, 'status' | 'outcomeCertainty' | 'captureBefore' | 'nextAction'>, checkCount: number): Date | null {
    const now = this.clock.now();
    const delayMs = checkDelayMs(payment, checkCount, now);
    return delayMs === null ? null : new Date(now.getTime() + delayMs);
  }

  /** What the snapshot changes, or null when it changes nothing. */
  private changeOf(current: Payment, snapshot: GatewayPayment, status: PaymentStatus): PaymentChange | null {
    const isMove = status !== current.status;
    // An intent that waits for our confirmation says nothing but its id: what is unknown stays so, and due for its next look.
    if (snapshot.status === 'requires_confirmation')
      return current.stripePaymentIntentId === null ? { stripePaymentIntentId: snapshot.gatewayId } : null;
    const fields = {
      status,
      outcomeCertainty: 'known' as const,
      stripePaymentIntentId: snapshot.gatewayId,
      stripeChargeId: snapshot.chargeId ?? current.stripeChargeId,
      ...raisedAmountsOf(current, snapshot, status),
      amountCapturableMinor: snapshot.amountCapturableMinor,
      // What was received never becomes less; refunds are counted apart.
      amountReceivedMinor: Math.max(current.amountReceivedMinor, snapshot.amountReceivedMinor),
      captureBefore: snapshot.captureBefore ?? current.captureBefore,
      nextAction: status === snapshot.status ? snapshot.nextAction : current.nextAction,
      lastError: status === 'requires_payment_method' || awaitsOwner(snapshot) ? snapshot.lastError : null,
    };
    const isNews = (Object.keys(fields) as (keyof typeof fields)[]).some(
      // Not by their JSON: jsonb keeps members in an order of its own.
      (name) => !isDeepStrictEqual(fields[name], current[name]),
    );
    if (!isNews) return null;
    return {
      ...fields,
      ...(isMove || current.outcomeCertainty === 'unknown'
        ? { nextCheckAt: this.nextCheckAt({ ...current, ...fields }, 0), checkCount: 0 }
        : {}),
    };
  }
}

/** What is held was raised for a tip, perhaps by a call whose answer was lost. Nothing else raises it. */
function raisedAmountsOf(current: Payment, snapshot: GatewayPayment, status: PaymentStatus): Pick<Payment, 'amountMinor' | 'tipMinor'> {
  const raiseMinor = status === 'requires_capture' ? Math.max(0, snapshot.amountMinor - current.amountMinor) : 0;
  return { amountMinor: current.amountMinor + raiseMinor, tipMinor: current.tipMinor + raiseMinor };
}
