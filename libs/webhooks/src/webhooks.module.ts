import { Module, type OnApplicationBootstrap } from '@nestjs/common';
import { PaymentsCoreModule } from '#payments';
import { AppConfig } from '#platform';
import { SecurityCoreModule } from '#security';
import { EventApplier } from './event-applier.js';
import { FetchedObjects } from './fetched-objects.js';
import { MerchantEventsController } from './outgoing/merchant-events.controller.js';
import { MerchantEventsService } from './outgoing/merchant-events.service.js';
import { WebhookDeliveriesRepository } from './outgoing/webhook-deliveries.repository.js';
import { WebhookDispatcher } from './outgoing/webhook-dispatcher.js';
import { WebhookEndpointsController } from './outgoing/webhook-endpoints.controller.js';
import { WebhookEndpointsRepository } from './outgoing/webhook-endpoints.repository.js';
import { WebhookEndpointsService } from './outgoing/webhook-endpoints.service.js';
import { WebhookSender } from './outgoing/webhook-sender.js';
import { PaymentEventApplier } from './payment-event-applier.js';
import { PayoutsRepository } from './payouts.repository.js';
import { WebhookAdminController } from './webhook-admin.controller.js';
import { WebhookAdminRepository } from './webhook-admin.repository.js';
import { WebhookAdminService } from './webhook-admin.service.js';
import { WebhookBackFill } from './webhook-back-fill.js';
import { WebhookEventsRepository } from './webhook-events.repository.js';
import { WebhookInbox } from './webhook-inbox.js';
import { WebhookIntake } from './webhook-intake.js';
import { WebhookJobsRepository } from './webhook-jobs.repository.js';
import { WebhookPayloads } from './webhook-payloads.js';
import { WebhookProcessor } from './webhook-processor.js';

/** The inbox and what works it off, without routes: for the worker. */
@Module({
  imports: [PaymentsCoreModule, SecurityCoreModule],
  providers: [
    { provide: EventApplier, useClass: PaymentEventApplier },
    FetchedObjects,
    PayoutsRepository,
    WebhookAdminRepository,
    WebhookAdminService,
    WebhookBackFill,
    WebhookEventsRepository,
    WebhookJobsRepository,
    WebhookInbox,
    WebhookPayloads,
    WebhookProcessor,
    MerchantEventsService,
    WebhookDeliveriesRepository,
    WebhookDispatcher,
    WebhookEndpointsRepository,
    WebhookEndpointsService,
    WebhookSender,
  ],
  exports: [
    MerchantEventsService,
    PayoutsRepository,
    WebhookAdminService,
    WebhookBackFill,
    WebhookDispatcher,
    WebhookEndpointsService,
    WebhookInbox,
    WebhookPayloads,
    WebhookProcessor,
  ],
})
export class WebhooksCoreModule {}

/** The core with the routes: for the api. */
@Module({
  imports: [SecurityCoreModule, WebhooksCoreModule],
  controllers: [MerchantEventsController, WebhookAdminController, WebhookEndpointsController],
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
