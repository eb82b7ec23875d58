import { type DynamicModule, Module } from '@nestjs/common';
import { DevicesModule } from '#devices';
import { FraudModule } from '#fraud';
import { MerchantsAdminModule } from '#merchants';
import { MonitoringAdminModule } from '#monitoring';
import { ReconciliationModule } from '#operations';
import { PaymentsModule, ReviewedPaymentsModule } from '#payments';
import { type AppConfig, ClockModule, ConfigurationModule, DatabaseModule } from '#platform';
import { SecurityModule } from '#security';
import { SslModule } from '#ssl';
import { StripeModule } from '#stripe';
import { WebhooksModule } from '#webhooks';

/** The whole HTTP surface. Requests pass SecurityModule's guards first; what is not listed here is not reachable. */
@Module({})
export class ApiModule {
  static forRoot(config: AppConfig): DynamicModule {
    return {
      module: ApiModule,
      imports: [
        ConfigurationModule.forRoot(config),
        ClockModule,
        DatabaseModule,
        SslModule,
        SecurityModule,
        MerchantsAdminModule,
        DevicesModule,
        FraudModule,
        PaymentsModule,
        ReviewedPaymentsModule,
        StripeModule,
        WebhooksModule,
        ReconciliationModule,
        MonitoringAdminModule,
      ],
    };
  }
}
