import { Injectable } from '@nestjs/common';
import type Stripe from 'stripe';
import { type GatewayAnswer, type GatewayMethod, type GatewaySetup, type GatewaySetupRequest, SavedMethodGateway } from '#payments';
import { AppConfig } from '#platform';
import { type StripeEndpoint } from './metrics.js';
import { StripeCalls } from './stripe-calls.js';
import { stripeClient } from './stripe-client.js';
import { gatewayMethodOf, gatewaySetupOf, METADATA_KEYS } from './stripe-objects.js';

/** The method comes along in full: it is what the customer is shown, and what pays later. */
const WITH_METHOD = { expand: ['payment_method'] };

/** {@link SavedMethodGateway} over Stripe's customers, SetupIntents and PaymentMethods. */
@Injectable()
export class StripeSavedMethods extends SavedMethodGateway {
  private readonly stripe: Stripe;

  constructor(
    config: AppConfig,
    private readonly calls: StripeCalls,
  ) {
    super();
    this.stripe = stripeClient(config);
  }

  override createCustomer(
    { id, merchantId }: { readonly id: string; readonly merchantId: string },
    idempotencyKey: string,
  ): Promise<GatewayAnswer<string>> {
    const params = { metadata: { [METADATA_KEYS.merchant]: merchantId, [METADATA_KEYS.customer]: id } };
    return this.calls.make({
      endpoint: 'customers.create',
      send: (options) => this.stripe.customers.create(params, { ...options, idempotencyKey }),
      translate: (customer) => customer.id,
    });
  }

  override createSetup(request: GatewaySetupRequest, idempotencyKey: string): Promise<GatewayAnswer<GatewaySetup>> {
    const params: Stripe.SetupIntentCreateParams = {
      customer: request.customerGatewayId,
      payment_method: request.method,
      usage: request.usage,
      automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
      metadata: { [METADATA_KEYS.merchant]: request.merchantId, [METADATA_KEYS.savedMethod]: request.savedMethodId },
    };
    return this.setup('setup_intents.create', (options) => this.stripe.setupIntents.create(params, { ...options, idempotencyKey }));
  }

  override confirmSetup(
    gatewayId: string,
    { returnUrl }: { readonly returnUrl: string | null },
    idempotencyKey: string,
  ): Promise<GatewayAnswer<GatewaySetup>> {
    const params = { ...WITH_METHOD, ...(returnUrl === null ? {} : { return_url: returnUrl }) };
    return this.setup('setup_intents.confirm', (options) =>
      this.stripe.setupIntents.confirm(gatewayId, params, { ...options, idempotencyKey }),
    );
  }

  override cancelSetup(gatewayId: string, idempotencyKey: string): Promise<GatewayAnswer<GatewaySetup>> {
    return this.setup('setup_intents.cancel', (options) => this.stripe.setupIntents.cancel(gatewayId, {}, { ...options, idempotencyKey }));
  }

  override retrieveSetup(gatewayId: string): Promise<GatewayAnswer<GatewaySetup>> {
    return this.setup('setup_intents.retrieve', (options) => this.stripe.setupIntents.retrieve(gatewayId, WITH_METHOD, options));
  }

  override retrieveMethod(gatewayId: string): Promise<GatewayAnswer<GatewayMethod>> {
    return this.calls.make({
      endpoint: 'payment_methods.retrieve',
      send: (options) => this.stripe.paymentMethods.retrieve(gatewayId, {}, options),
      translate: gatewayMethodOf,
    });
  }

  override detachMethod(gatewayId: string, idempotencyKey: string): Promise<GatewayAnswer<GatewayMethod>> {
    return this.calls.make({
      endpoint: 'payment_methods.detach',
      send: (options) => this.stripe.paymentMethods.detach(gatewayId, {}, { ...options, idempotencyKey }),
      translate: gatewayMethodOf,
    });
  }

  private setup(
    endpoint: StripeEndpoint,
    send: (options: { timeout: number }) => Promise<Stripe.Response<Stripe.SetupIntent>>,
  ): Promise<GatewayAnswer<GatewaySetup>> {
    return this.calls.make({ endpoint, send, translate: gatewaySetupOf, objectOf: (error) => error.setup_intent ?? null });
  }
}
