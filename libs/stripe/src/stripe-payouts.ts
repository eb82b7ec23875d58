import { Injectable } from '@nestjs/common';
import type Stripe from 'stripe';
import { currencyCode, fromStripeAmount, SECOND_MS } from '#kernel';
import type { GatewayAnswer } from '#payments';
import { AppConfig } from '#platform';
import { StripeCalls } from './stripe-calls.js';
import { stripeClient } from './stripe-client.js';

/** Money on its way from Stripe's balance to the bank. */
export interface StripePayout {
  readonly gatewayId: string;
  readonly livemode: boolean;
  readonly amountMinor: number;
  readonly currency: string;
  readonly status: string;
  readonly isAutomatic: boolean;
  readonly arrivesOn: Date;
  readonly failureCode: string | null;
  readonly reconciliationStatus: string;
  readonly createdAt: Date;
}

/** What became of a payout; always fetched. */
export interface PayoutEvent {
  readonly kind: 'payout';
  readonly object: StripePayout;
}

/** Payouts as Stripe has them now. */
@Injectable()
export class StripePayouts {
  private readonly stripe: Stripe;

  constructor(
    config: AppConfig,
    private readonly calls: StripeCalls,
  ) {
    this.stripe = stripeClient(config);
  }

  retrieve(gatewayId: string): Promise<GatewayAnswer<StripePayout>> {
    return this.calls.make({
      endpoint: 'payouts.retrieve',
      send: (options) => this.stripe.payouts.retrieve(gatewayId, {}, options),
      translate: payoutOf,
    });
  }
}

function payoutOf(payout: Stripe.Payout): StripePayout {
  const currency = currencyCode(payout.currency);
  return {
    gatewayId: payout.id,
    livemode: payout.livemode,
    amountMinor: fromStripeAmount(payout.amount, currency).amountMinor,
    currency,
    status: payout.status,
    isAutomatic: payout.automatic,
    arrivesOn: new Date(payout.arrival_date * SECOND_MS),
    failureCode: payout.failure_code,
    reconciliationStatus: payout.reconciliation_status,
    createdAt: new Date(payout.created * SECOND_MS),
  };
}
