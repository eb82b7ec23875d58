import { Global, Module } from '@nestjs/common';
import { PaymentGateway } from '#payments';
import { StripeGateway } from './stripe-gateway.js';
import { StripeProbe } from './stripe-probe.js';

/** Stripe behind the port {@link PaymentGateway}, wherever one is asked for. */
@Global()
@Module({
  providers: [{ provide: PaymentGateway, useClass: StripeGateway }, StripeProbe],
  exports: [PaymentGateway, StripeProbe],
})
export class StripeModule {}
