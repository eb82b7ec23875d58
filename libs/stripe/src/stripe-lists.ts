/** Stripe's books, page by page: events, movements of money and payment intents. For back-fill and reconciliation, never for a decision in a request. */
import { Injectable } from '@nestjs/common';
import type Stripe from 'stripe';
import { DomainError, fromStripeAmount, currencyCode, isCurrencyCode, SECOND_MS } from '#kernel';
import type { GatewayAnswer } from '#payments';
import { AppConfig } from '#platform';
import type { StripeEndpoint } from './metrics.js';
import { StripeCalls } from './stripe-calls.js';
import { stripeClient } from './stripe-client.js';
import { HANDLED_STRIPE_EVENTS } from './stripe-event-types.js';
import { METADATA_KEYS } from './stripe-objects.js';

const PAGE_SIZE = 100;
/** Pages of one list at most: 100 000 objects of a window. A busier account reads shorter windows. */
const PAGE_LIMIT = 1_000;
// Stripe takes at most 20 types in one list.
const TYPES_PER_LIST = 20;

/** Stripe did not answer a list; the same list is read again later. */
export class StripeListUnavailableError extends DomainError {
  constructor(outcome: string) {
    super('unavailable', 'stripe_list_unavailable', `Stripe did not answer a list: ${outcome}.`, { retryAfterSeconds: 60 });
  }
}

/** From inclusive, until exclusive, on Stripe's clock. */
export interface StripeWindow {
  readonly from: Date;
  readonly until: Date;
}

/** A movement on Stripe's balance, in our words. */
export interface StripeMovement {
  readonly id: string;
  readonly type: string;
  /** ISO minor units; negative when money leaves. null for a currency that this product does not know. */
  readonly amountMinor: number | null;
  readonly feeMinor: number;
  readonly currency: string;
  /** The charge, refund or dispute. */
  readonly sourceId: string | null;
  readonly paymentIntentId: string | null;
  readonly createdAt: Date;
}

/** A payment intent of the list, with whose it is. */
export interface StripeListedIntent {
  readonly id: string;
  readonly merchantId: string | null;
  readonly paymentId: string | null;
  readonly status: string;
}

/** Reads lists to their end. */
@Injectable()
export class StripeLists {
  private readonly stripe: Stripe;

  constructor(
    config: AppConfig,
    private readonly calls: StripeCalls,
  ) {
    this.stripe = stripeClient(config);
  }

  /** Events of the handled types, newest first within each group of types. With `undeliveredOnly`, those that an endpoint still lacks. */
  async *events(window: StripeWindow, undeliveredOnly: boolean): AsyncGenerator<Stripe.Event & Record<string, unknown>> {
    const types = Object.keys(HANDLED_STRIPE_EVENTS);
    for (let start = 0; start < types.length; start += TYPES_PER_LIST) {
      const params: Stripe.EventListParams = {
        ...createdIn(window),
        types: types.slice(start, start + TYPES_PER_LIST),
        ...(undeliveredOnly ? { delivery_success: false } : {}),
      };
      yield* this.pages('events.list', (after, options) => this.stripe.events.list({ ...params, ...after }, options)) as AsyncGenerator<
        Stripe.Event & Record<string, unknown>
      >;
    }
  }

  /** Every movement on the balance. */
  async *movements(window: StripeWindow): AsyncGenerator<StripeMovement> {
    const params: Stripe.BalanceTransactionListParams = { ...createdIn(window), expand: ['data.source'] };
    const pages = this.pages('balance_transactions.list', (after, options) =>
      this.stripe.balanceTransactions.list({ ...params, ...after }, options),
    );
    for await (const transaction of pages) yield movementOf(transaction);
  }

  /** Every payment intent, whoever made it. */
  async *intents(window: StripeWindow): AsyncGenerator<StripeListedIntent> {
    const params: Stripe.PaymentIntentListParams = createdIn(window);
    const pages = this.pages('payment_intents.list', (after, options) => this.stripe.paymentIntents.list({ ...params, ...after }, options));
    for await (const { id, status, metadata } of pages) {
      yield { id, status, merchantId: metadata[METADATA_KEYS.merchant] ?? null, paymentId: metadata[METADATA_KEYS.payment] ?? null };
    }
  }

  private async *pages<T extends { id: string }>(
    endpoint: StripeEndpoint,
    list: (after: { limit: number; starting_after?: string }, options: { timeout: number }) => Promise<Stripe.Response<Stripe.ApiList<T>>>,
  ): AsyncGenerator<T> {
    let lastId: string | undefined;
    for (let page = 0; page < PAGE_LIMIT; page++) {
      const after = lastId === undefined ? { limit: PAGE_SIZE } : { limit: PAGE_SIZE, starting_after: lastId };
      const { data, has_more: hasMore } = answered(
        await this.calls.make({ endpoint, send: (options) => list(after, options), translate: (raw: Stripe.ApiList<T>) => raw }),
      );
      yield* data;
      lastId = data.at(-1)?.id;
      if (!hasMore || lastId === undefined) return;
    }
    throw new StripeListUnavailableError('the window holds more than can be read at once');
  }
}

function createdIn({ from, until }: StripeWindow): { created: { gte: number; lt: number } } {
  return { created: { gte: Math.floor(from.getTime() / SECOND_MS), lt: Math.floor(until.getTime() / SECOND_MS) } };
}

function answered<T>(answer: GatewayAnswer<T>): T {
  if (answer.outcome !== 'succeeded') throw new StripeListUnavailableError(answer.outcome);
  return answer.object;
}

function movementOf(transaction: Stripe.BalanceTransaction): StripeMovement {
  const source = transaction.source;
  const intent = typeof source === 'object' && source !== null && 'payment_intent' in source ? source.payment_intent : null;
  const { currency } = transaction;
  const absolute = isCurrencyCode(currency) ? fromStripeAmount(Math.abs(transaction.amount), currencyCode(currency)).amountMinor : null;
  return {
    id: transaction.id,
    type: transaction.type,
    amountMinor: absolute === null ? null : transaction.amount < 0 ? -absolute : absolute,
    feeMinor: transaction.fee,
    currency,
    sourceId: typeof source === 'string' ? source : (source?.id ?? null),
    paymentIntentId: typeof intent === 'string' ? intent : (intent?.id ?? null),
    createdAt: new Date(transaction.created * SECOND_MS),
  };
}
