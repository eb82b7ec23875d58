import { Global, Module } from '@nestjs/common';
import { Clock } from '#kernel';
import { PaymentGateway, SavedMethodGateway } from '#payments';
import { AppConfig } from '#platform';
import { StripeCalls } from './stripe-calls.js';
import { StripeGateway } from './stripe-gateway.js';
import { StripeLists } from './stripe-lists.js';
import { StripePayouts } from './stripe-payouts.js';
import { StripeProbe } from './stripe-probe.js';
import { StripeSavedMethods } from './stripe-saved-methods.js';

/** Stripe behind the ports {@link PaymentGateway} and {@link SavedMethodGateway}, wherever one is asked for. */
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
    { provide: SavedMethodGateway, useClass: StripeSavedMethods },
    StripeLists,
    StripePayouts,
    StripeProbe,
  ],
  exports: [PaymentGateway, SavedMethodGateway, StripeLists, StripePayouts, StripeProbe],
})
export class StripeModule {}
