import { Injectable } from '@nestjs/common';
import type Stripe from 'stripe';
import { type Money, toStripeAmount } from '#kernel';
import {
  type ChargeFacts,
  type DisputeEvidence,
  type GatewayAnswer,
  type GatewayDispute,
  type GatewayFraudWarning,
  type GatewayPayment,
  type GatewayPaymentRequest,
  type GatewayRefund,
  type GatewayReview,
  PaymentGateway,
} from '#payments';
import { AppConfig } from '#platform';
import { type StripeEndpoint } from './metrics.js';
import { StripeCalls } from './stripe-calls.js';
import { stripeClient } from './stripe-client.js';
import { chargeFactsOf, stripeEvidenceOf } from './stripe-disputes.js';
import {
  gatewayDisputeOf,
  gatewayFraudWarningOf,
  gatewayPaymentOf,
  gatewayRefundOf,
  gatewayReviewOf,
  METADATA_KEYS,
} from './stripe-objects.js';

// Lists are read page by page; a payment lost between create and commit is at most minutes old, so few pages hold it.
const LIST_PAGE_SIZE = 100;
const LIST_PAGES = 20;
// How far Stripe's clock may be behind ours: what it made for us must not look older than our row.
const CLOCK_SKEW_SECONDS = 300;
/** The charge comes along in full: it alone says until when a held amount can be captured. */
const WITH_CHARGE = { expand: ['latest_charge'] };

/** {@link PaymentGateway} over Stripe's PaymentIntents API. */
@Injectable()
export class StripeGateway extends PaymentGateway {
  private readonly stripe: Stripe;

  constructor(
    config: AppConfig,
    private readonly calls: StripeCalls,
  ) {
    super();
    this.stripe = stripeClient(config);
  }

  override createPayment(request: GatewayPaymentRequest, idempotencyKey: string): Promise<GatewayAnswer<GatewayPayment>> {
    const params: Stripe.PaymentIntentCreateParams = {
      amount: toStripeAmount(request.amount),
      currency: request.amount.currency,
      payment_method: request.paymentMethod,
      ...(request.customerGatewayId === null ? {} : { customer: request.customerGatewayId }),
      // Cards in every form, tapped, scanned or in a wallet. A redirect to a bank's page has no place on most devices.
      automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
      capture_method: request.captureMethod,
      ...(request.isIncreasable ? { payment_method_options: { card: { request_incremental_authorization: 'if_available' } } } : {}),
      metadata: { ...request.metadata, [METADATA_KEYS.merchant]: request.merchantId, [METADATA_KEYS.payment]: request.paymentId },
      ...(request.description === null ? {} : { description: request.description }),
    };
    return this.payment('payment_intents.create', (options) => this.stripe.paymentIntents.create(params, { ...options, idempotencyKey }));
  }

  override preparePayment(
    gatewayId: string,
    { paymentMethod, customerGatewayId }: Pick<GatewayPaymentRequest, 'paymentMethod' | 'customerGatewayId'>,
  ): Promise<GatewayAnswer<GatewayPayment>> {
    const params = { payment_method: paymentMethod, ...(customerGatewayId === null ? {} : { customer: customerGatewayId }) };
    return this.payment('payment_intents.update', (options) => this.stripe.paymentIntents.update(gatewayId, params, options));
  }

  override confirmPayment(
    gatewayId: string,
    {
      paymentMethod,
      returnUrl,
      isOffSession,
    }: { readonly paymentMethod: string; readonly returnUrl: string | null; readonly isOffSession: boolean },
    idempotencyKey: string,
  ): Promise<GatewayAnswer<GatewayPayment>> {
    const params: Stripe.PaymentIntentConfirmParams = {
      ...WITH_CHARGE,
      payment_method: paymentMethod,
      ...(returnUrl === null ? {} : { return_url: returnUrl }),
      ...(isOffSession ? { off_session: true } : {}),
    };
    return this.payment('payment_intents.confirm', (request) =>
      this.stripe.paymentIntents.confirm(gatewayId, params, { ...request, idempotencyKey }),
    );
  }

  override increasePayment(gatewayId: string, amount: Money, idempotencyKey: string): Promise<GatewayAnswer<GatewayPayment>> {
    const params = { ...WITH_CHARGE, amount: toStripeAmount(amount) };
    return this.payment('payment_intents.increment', (options) =>
      this.stripe.paymentIntents.incrementAuthorization(gatewayId, params, { ...options, idempotencyKey }),
    );
  }

  override capturePayment(gatewayId: string, amount: Money | null, idempotencyKey: string): Promise<GatewayAnswer<GatewayPayment>> {
    const params = amount === null ? {} : { amount_to_capture: toStripeAmount(amount) };
    return this.payment('payment_intents.capture', (options) =>
      this.stripe.paymentIntents.capture(gatewayId, params, { ...options, idempotencyKey }),
    );
  }

  override cancelPayment(gatewayId: string, idempotencyKey: string): Promise<GatewayAnswer<GatewayPayment>> {
    return this.payment('payment_intents.cancel', (options) =>
      this.stripe.paymentIntents.cancel(gatewayId, {}, { ...options, idempotencyKey }),
    );
  }

  override refundPayment(
    request: { readonly gatewayId: string; readonly refundId: string; readonly amount: Money; readonly reason: string | null },
    idempotencyKey: string,
  ): Promise<GatewayAnswer<GatewayRefund>> {
    const params: Stripe.RefundCreateParams = {
      payment_intent: request.gatewayId,
      amount: toStripeAmount(request.amount),
      metadata: { [METADATA_KEYS.refund]: request.refundId },
      ...(request.reason === null ? {} : { reason: request.reason }),
    };
    return this.calls.make({
      endpoint: 'refunds.create',
      send: (options) => this.stripe.refunds.create(params, { ...options, idempotencyKey }),
      translate: gatewayRefundOf,
    });
  }

  override approveReview(gatewayReviewId: string): Promise<GatewayAnswer<null>> {
    return this.calls.make({
      endpoint: 'reviews.approve',
      send: (options) => this.stripe.reviews.approve(gatewayReviewId, {}, options),
      translate: () => null,
    });
  }

  override retrievePayment(gatewayId: string): Promise<GatewayAnswer<GatewayPayment>> {
    return this.payment('payment_intents.retrieve', (options) => this.stripe.paymentIntents.retrieve(gatewayId, WITH_CHARGE, options));
  }

  override retrieveRefund(gatewayId: string): Promise<GatewayAnswer<GatewayRefund>> {
    return this.calls.make({
      endpoint: 'refunds.retrieve',
      send: (options) => this.stripe.refunds.retrieve(gatewayId, {}, options),
      translate: gatewayRefundOf,
    });
  }

  override async findRefund(paymentGatewayId: string, refundId: string): Promise<GatewayAnswer<GatewayRefund | null>> {
    const answer = await this.calls.make({
      endpoint: 'refunds.list',
      send: (options) => this.stripe.refunds.list({ payment_intent: paymentGatewayId, limit: LIST_PAGE_SIZE }, options),
      translate: (list) => ({
        found: list.data.find(({ metadata }) => metadata?.[METADATA_KEYS.refund] === refundId),
        isCut: list.has_more,
      }),
    });
    if (answer.outcome !== 'succeeded')
      return answer.outcome === 'failed' || answer.outcome === 'declined' ? { ...answer, object: null } : answer;
    const { found, isCut } = answer.object;
    if (!found && isCut) return { outcome: 'unknown', call: answer.call };
    return { ...answer, object: found ? gatewayRefundOf(found) : null };
  }

  override retrieveDispute(gatewayId: string): Promise<GatewayAnswer<GatewayDispute>> {
    return this.calls.make({
      endpoint: 'disputes.retrieve',
      send: (options) => this.stripe.disputes.retrieve(gatewayId, {}, options),
      translate: gatewayDisputeOf,
    });
  }

  override describeDisputedCharge(gatewayDisputeId: string): Promise<GatewayAnswer<ChargeFacts>> {
    return this.calls.make({
      endpoint: 'disputes.retrieve',
      send: (options) => this.stripe.disputes.retrieve(gatewayDisputeId, { expand: ['charge'] }, options),
      translate: chargeFactsOf,
    });
  }

  override stageEvidence(gatewayDisputeId: string, evidence: DisputeEvidence): Promise<GatewayAnswer<GatewayDispute>> {
    const params: Stripe.DisputeUpdateParams = { evidence: stripeEvidenceOf(evidence), submit: false };
    return this.calls.make({
      endpoint: 'disputes.stage',
      send: (options) => this.stripe.disputes.update(gatewayDisputeId, params, options),
      translate: gatewayDisputeOf,
    });
  }

  override submitEvidence(
    gatewayDisputeId: string,
    evidence: DisputeEvidence,
    idempotencyKey: string,
  ): Promise<GatewayAnswer<GatewayDispute>> {
    const params: Stripe.DisputeUpdateParams = { evidence: stripeEvidenceOf(evidence), submit: true };
    return this.calls.make({
      endpoint: 'disputes.submit',
      send: (options) => this.stripe.disputes.update(gatewayDisputeId, params, { ...options, idempotencyKey }),
      translate: gatewayDisputeOf,
    });
  }

  override closeDispute(gatewayDisputeId: string, idempotencyKey: string): Promise<GatewayAnswer<GatewayDispute>> {
    return this.calls.make({
      endpoint: 'disputes.close',
      send: (options) => this.stripe.disputes.close(gatewayDisputeId, {}, { ...options, idempotencyKey }),
      translate: gatewayDisputeOf,
    });
  }

  override retrieveReview(gatewayId: string): Promise<GatewayAnswer<GatewayReview | null>> {
    return this.calls.make({
      endpoint: 'reviews.retrieve',
      send: (options) => this.stripe.reviews.retrieve(gatewayId, {}, options),
      translate: gatewayReviewOf,
    });
  }

  override retrieveFraudWarning(gatewayId: string): Promise<GatewayAnswer<GatewayFraudWarning | null>> {
    return this.calls.make({
      endpoint: 'early_fraud_warnings.retrieve',
      send: (options) => this.stripe.radar.earlyFraudWarnings.retrieve(gatewayId, {}, options),
      translate: gatewayFraudWarningOf,
    });
  }

  override async findPayment(paymentId: string, createdAfter: Date): Promise<GatewayAnswer<GatewayPayment | null>> {
    const params: Stripe.PaymentIntentListParams = {
      limit: LIST_PAGE_SIZE,
      created: { gte: Math.floor(createdAfter.getTime() / 1_000) - CLOCK_SKEW_SECONDS },
    };
    for (let page = 0; page < LIST_PAGES; page++) {
      const answer = await this.calls.make({
        endpoint: 'payment_intents.list',
        send: (options) => this.stripe.paymentIntents.list(params, options),
        translate: (list) => ({
          found: list.data.find((intent) => intent.metadata[METADATA_KEYS.payment] === paymentId),
          lastId: list.has_more ? list.data.at(-1)?.id : undefined,
        }),
      });
      if (answer.outcome !== 'succeeded')
        return answer.outcome === 'failed' || answer.outcome === 'declined' ? { ...answer, object: null } : answer;
      const { found, lastId } = answer.object;
      if (found) return { ...answer, object: gatewayPaymentOf(found) };
      if (lastId === undefined) return { ...answer, object: null };
      params.starting_after = lastId;
    }
    // More intents than a lost payment can hide behind: the webhook or the next look will tell.
    return { outcome: 'unknown', call: { httpStatus: null, requestId: null, durationMs: 0 } };
  }

  private payment(
    endpoint: StripeEndpoint,
    send: (options: { timeout: number }) => Promise<Stripe.Response<Stripe.PaymentIntent>>,
  ): Promise<GatewayAnswer<GatewayPayment>> {
    return this.calls.make({ endpoint, send, translate: gatewayPaymentOf, objectOf: (error) => error.payment_intent ?? null });
  }
}
