import { Injectable } from '@nestjs/common';
import { assert, isId, money, type Money } from '#kernel';
import { Database } from '#platform';
import { type GatewayAnswer, type GatewayPayment, PaymentGateway } from './payment-gateway.js';
import { type Payment } from './payment.js';
import { SavedMethodsRepository } from './saved-methods/saved-methods.repository.js';

/** What is asked of the processor about a payment, in the words of its row. A repeat with the same key says the very same. */
@Injectable()
export class PaymentCalls {
  constructor(
    private readonly database: Database,
    private readonly gateway: PaymentGateway,
    private readonly savedMethods: SavedMethodsRepository,
  ) {}

  /** Makes the payment's intent without moving money. */
  async create(payment: Payment, idempotencyKey: string): Promise<GatewayAnswer<GatewayPayment>> {
    return this.gateway.createPayment(
      {
        paymentId: payment.id,
        merchantId: payment.merchantId,
        amount: money(payment.amountMinor, payment.currency),
        captureMethod: payment.captureMethod,
        isIncreasable: payment.isIncreasable,
        ...(await this.instrumentOf(payment)),
        description: payment.description,
        metadata: payment.metadata,
      },
      idempotencyKey,
    );
  }

  /** Gives an intent that was declined another method, without moving money. Needs no key: doing it again is the same. */
  async prepare(payment: Payment, paymentMethod: string): Promise<GatewayAnswer<GatewayPayment>> {
    assert(payment.stripePaymentIntentId !== null, 'only an intent can have been declined');
    return this.gateway.preparePayment(payment.stripePaymentIntentId, await this.instrumentOf({ paymentMethod }));
  }

  /** Moves or reserves the money of an intent whose id is already committed, with the method that the row names and no other. */
  async confirm(payment: Payment, gatewayId: string, idempotencyKey: string): Promise<GatewayAnswer<GatewayPayment>> {
    const { returnUrl, isOffSession } = payment;
    const { paymentMethod } = await this.instrumentOf(payment);
    return this.gateway.confirmPayment(gatewayId, { paymentMethod, returnUrl, isOffSession }, idempotencyKey);
  }

  increase(gatewayId: string, amount: Money, idempotencyKey: string): Promise<GatewayAnswer<GatewayPayment>> {
    return this.gateway.increasePayment(gatewayId, amount, idempotencyKey);
  }

  capture(gatewayId: string, amount: Money | null, idempotencyKey: string): Promise<GatewayAnswer<GatewayPayment>> {
    return this.gateway.capturePayment(gatewayId, amount, idempotencyKey);
  }

  cancel(gatewayId: string, idempotencyKey: string): Promise<GatewayAnswer<GatewayPayment>> {
    return this.gateway.cancelPayment(gatewayId, idempotencyKey);
  }

  retrieve(gatewayId: string): Promise<GatewayAnswer<GatewayPayment>> {
    return this.gateway.retrievePayment(gatewayId);
  }

  /** The intent of a payment whose id we never got to commit. */
  find(payment: Payment): Promise<GatewayAnswer<GatewayPayment | null>> {
    return this.gateway.findPayment(payment.id, payment.createdAt);
  }

  /** The processor's names of what pays: a saved method belongs to a customer there and pays only for it. */
  private async instrumentOf({
    paymentMethod,
  }: Pick<Payment, 'paymentMethod'>): Promise<{ paymentMethod: string; customerGatewayId: string | null }> {
    if (!isId('savedMethod', paymentMethod)) return { paymentMethod, customerGatewayId: null };
    const method = await this.savedMethods.get(this.database, paymentMethod);
    assert(method.stripePaymentMethodId !== null, 'only a method that was active once is named by a payment');
    return { paymentMethod: method.stripePaymentMethodId, customerGatewayId: method.stripeCustomerId };
  }
}
