import { Module, type OnApplicationBootstrap } from '@nestjs/common';
import { PaymentsCoreModule } from '#payments';
import { AppConfig } from '#platform';
import { SecurityCoreModule } from '#security';
import { EventApplier } from './event-applier.js';
import { PaymentEventApplier } from './payment-event-applier.js';
import { WebhookAdminController } from './webhook-admin.controller.js';
import { WebhookAdminRepository } from './webhook-admin.repository.js';
import { WebhookAdminService } from './webhook-admin.service.js';
import { WebhookEventsRepository } from './webhook-events.repository.js';
import { WebhookInbox } from './webhook-inbox.js';
import { WebhookIntake } from './webhook-intake.js';
import { WebhookJobsRepository } from './webhook-jobs.repository.js';
import { WebhookProcessor } from './webhook-processor.js';

/** The inbox and what works it off, without routes: for the worker. */
@Module({
  imports: [PaymentsCoreModule, SecurityCoreModule],
  providers: [
    { provide: EventApplier, useClass: PaymentEventApplier },
    WebhookAdminRepository,
    WebhookAdminService,
    WebhookEventsRepository,
    WebhookJobsRepository,
    WebhookInbox,
    WebhookProcessor,
  ],
  exports: [WebhookAdminService, WebhookInbox, WebhookProcessor],
})
export class WebhooksCoreModule {}

/** The core with the routes: for the api. */
@Module({
  imports: [SecurityCoreModule, WebhooksCoreModule],
  controllers: [WebhookAdminController],
  providers: [WebhookIntake],
  exports: [WebhooksCoreModule, WebhookIntake],
})
export class WebhooksModule implements OnApplicationBootstrap {
  constructor(
    private readonly config: AppConfig,
    private readonly processor: WebhookProcessor,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.webhooks.processInApi) this.processor.start();
  }
}
