import { type DynamicModule, Module } from '@nestjs/common';
import { MonitoringModule } from '#monitoring';
import { ReviewsCoreModule } from '#fraud';
import { ReconciliationCoreModule } from '#operations';
import { PaymentsCoreModule, ReviewedPaymentsModule } from '#payments';
import { type AppConfig, ClockModule, ConfigurationModule, DatabaseModule } from '#platform';
import { SecurityModule } from '#security';
import { StripeModule } from '#stripe';
import { WebhooksCoreModule } from '#webhooks';

/** Background work, without the routes of the api; its own listener has health and metrics only. */
@Module({})
export class WorkerModule {
  static forRoot(config: AppConfig): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        ConfigurationModule.forRoot(config),
        ClockModule,
        DatabaseModule,
        SecurityModule,
        StripeModule,
        PaymentsCoreModule,
        ReviewsCoreModule,
        ReviewedPaymentsModule,
        WebhooksCoreModule,
        ReconciliationCoreModule,
        MonitoringModule,
      ],
    };
  }
}
