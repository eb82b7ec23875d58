import { Global, Module } from '@nestjs/common';
import { Clock } from '#kernel';
import { PaymentGateway } from '#payments';
import { AppConfig } from '#platform';
import { StripeCalls } from './stripe-calls.js';
import { StripeGateway } from './stripe-gateway.js';
import { StripeLists } from './stripe-lists.js';
import { StripeProbe } from './stripe-probe.js';

/** Stripe behind the port {@link PaymentGateway}, wherever one is asked for. */
@Global()
@Module({
  providers: [
    // One for the process: every call passes the same limiter and the same breaker.
    {
      provide: StripeCalls,
      inject: [AppConfig, Clock],
      useFactory: (config: AppConfig, clock: Clock) => new StripeCalls(config.stripe, clock),
    },
    { provide: PaymentGateway, useClass: StripeGateway },
    StripeLists,
    StripeProbe,
  ],
  exports: [PaymentGateway, StripeLists, StripeProbe],
})
export class StripeModule {}
