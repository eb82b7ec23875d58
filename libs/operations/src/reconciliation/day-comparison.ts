/** One day of Stripe's books against ours, movement by movement and both ways. */
import { Injectable } from '@nestjs/common';
import { DAY_MS, HOUR_MS } from '#kernel';
import { type StripeListedIntent, StripeLists, type StripeMovement } from '#stripe';
import { PayoutsRepository } from '#webhooks';
import { type Difference, differenceOf } from './domain/match.js';
import { type Finding, type OurObject, ReconciliationRepository } from './reconciliation.repository.js';

/** Movements by what they are called on Stripe's balance. @see https://docs.stripe.com/reports/balance-transaction-types (checked 2026-11) */
const CHARGES = new Set(['charge', 'payment']);
const REFUNDS = new Set(['refund', 'payment_refund']);
const DISPUTES = new Set(['adjustment']);
// Our clock and Stripe's may disagree about the day of a movement at midnight.
const MARGIN_MS = HOUR_MS;

/** What a day came to. */
export interface DayResult {
  readonly matchedIds: readonly string[];
  readonly findings: readonly Finding[];
}

/** Reads both sides and compares them. Changes nothing. */
@Injectable()
export class DayComparison {
  constructor(
    private readonly lists: StripeLists,
    private readonly ours: ReconciliationRepository,
    private readonly payouts: PayoutsRepository,
  ) {}

  /** @param day - Midnight UTC. */
  async compare(day: Date): Promise<DayResult> {
    const from = day.getTime();
    const until = from + DAY_MS;
    const movements: StripeMovement[] = [];
    const intents = new Map<string, StripeListedIntent>();
    const window = { from: new Date(from - MARGIN_MS), until: new Date(until + MARGIN_MS) };
    for await (const movement of this.lists.movements(window)) movements.push(movement);
    for await (const intent of this.lists.intents(window)) intents.set(intent.id, intent);
    const ofDay = movements.filter(({ createdAt }) => createdAt.getTime() >= from && createdAt.getTime() < until);

    const result = { matchedIds: [] as string[], findings: [] as Finding[] };
    await this.compareMovements(ofDay, intents, result);
    await this.comparePayouts(ofDay, result);
    await this.findIntentsWithoutRow(intents, result);
    await this.findRowsWithoutMovement(new Date(from), new Date(until), movements, result);
    return result;
  }

  private async compareMovements(
    movements: readonly StripeMovement[],
    intents: ReadonlyMap<string, StripeListedIntent>,
    result: MutableResult,
  ): Promise<void> {
    const charges = movements.filter(({ type }) => CHARGES.has(type));
    const refunds = movements.filter(({ type }) => REFUNDS.has(type));
    // A dispute books a withdrawal and perhaps its return; the first tells that there is one.
    const disputes = movements.filter(
      ({ type, sourceId, amountMinor }) => DISPUTES.has(type) && /^d[up]_/.test(sourceId ?? '') && (amountMinor ?? 0) < 0,
    );
    const objectOf = (movement: StripeMovement): string =>
      (CHARGES.has(movement.type) ? movement.paymentIntentId : movement.sourceId) ?? movement.id;
    const known = new Map<string, OurObject>();
    for (const each of await this.ours.payments(charges.map(objectOf))) known.set(each.objectId, each);
    for (const each of await this.ours.refunds(refunds.map(objectOf))) known.set(each.objectId, each);
    for (const each of await this.ours.disputes(disputes.map(objectOf))) known.set(each.objectId, each);
    const payments = new Map(
      (await this.ours.payments(movements.flatMap(({ paymentIntentId }) => paymentIntentId ?? []))).map((each) => [each.objectId, each]),
    );

    for (const movement of [...charges, ...refunds, ...disputes]) {
      const objectId = objectOf(movement);
      const here = known.get(objectId) ?? null;
      const payment = payments.get(movement.paymentIntentId ?? '');
      const isOurs = payment !== undefined || (intents.get(movement.paymentIntentId ?? '')?.paymentId ?? null) !== null;
      const difference = judge(movement, here, isOurs);
      if (difference === null) result.matchedIds.push(objectId);
      else {
        result.findings.push({
          ...difference,
          objectId,
          paymentId: here?.paymentId ?? payment?.paymentId ?? intents.get(movement.paymentIntentId ?? '')?.paymentId ?? null,
          merchantId: here?.merchantId ?? payment?.merchantId ?? intents.get(movement.paymentIntentId ?? '')?.merchantId ?? null,
          currency: movement.currency,
          thereMinor: movement.amountMinor === null ? null : Math.abs(movement.amountMinor),
          hereMinor: here?.amountMinor ?? null,
        });
      }
    }
  }

  /** What left for the bank, by what its events have told. One that no event told of is found by the back-fill, and matched later. */
  private async comparePayouts(movements: readonly StripeMovement[], result: MutableResult): Promise<void> {
    const left = movements.filter(({ type }) => type === 'payout');
    const known = new Map((await this.payouts.findAll(left.flatMap(({ sourceId }) => sourceId ?? []))).map((each) => [each.id, each]));
    for (const { id, sourceId, amountMinor, currency } of left) {
      const objectId = sourceId ?? id;
      const here = known.get(objectId);
      const there = { amountMinor: Math.abs(amountMinor ?? 0), currency };
      const difference = differenceOf(there, here ? { ...here, hasMoved: true } : null, true);
      if (difference === null) result.matchedIds.push(objectId);
      else {
        const amounts = { thereMinor: there.amountMinor, hereMinor: here?.amountMinor ?? null };
        result.findings.push({ ...difference, ...amounts, objectId, paymentId: null, merchantId: null, currency });
      }
    }
  }

  /** Intents with our metadata whose row is gone or never was: a charge of theirs would be found above, an open one only here. */
  private async findIntentsWithoutRow(intents: ReadonlyMap<string, StripeListedIntent>, result: MutableResult): Promise<void> {
    const ours = [...intents.values()].filter(({ paymentId }) => paymentId !== null);
    const known = new Set((await this.ours.payments(ours.map(({ id }) => id))).map(({ objectId }) => objectId));
    const reported = new Set(result.findings.map(({ objectId }) => objectId));
    for (const { id, paymentId, merchantId, status } of ours) {
      if (known.has(id) || reported.has(id)) continue;
      const detail = `an intent with our ids and status ${status} has no row here`;
      result.findings.push({
        kind: 'missing_here',
        detail,
        objectId: id,
        paymentId,
        merchantId,
        currency: null,
        thereMinor: null,
        hereMinor: null,
      });
    }
  }

  private async findRowsWithoutMovement(
    from: Date,
    until: Date,
    movements: readonly StripeMovement[],
    result: MutableResult,
  ): Promise<void> {
    const there = new Set(movements.flatMap(({ sourceId, paymentIntentId }) => [sourceId, paymentIntentId]));
    for (const row of await this.ours.movedHere(from, until)) {
      if (there.has(row.objectId)) continue;
      result.findings.push({
        kind: 'missing_there',
        detail: `this ${row.what} is ${row.status} here, and Stripe's balance shows nothing of it`,
        objectId: row.objectId,
        paymentId: row.paymentId,
        merchantId: row.merchantId,
        currency: row.currency,
        thereMinor: null,
        hereMinor: row.amountMinor,
      });
    }
  }
}

interface MutableResult {
  readonly matchedIds: string[];
  readonly findings: Finding[];
}

function judge(movement: StripeMovement, here: OurObject | null, isOurs: boolean): Difference | null {
  if (movement.amountMinor === 0) return { kind: 'fee_only', detail: 'a fee without an amount' };
  if (movement.amountMinor === null) return { kind: 'currency_mismatch', detail: `${movement.currency} is not a currency of this system` };
  return differenceOf({ amountMinor: Math.abs(movement.amountMinor), currency: movement.currency }, here, isOurs);
}
