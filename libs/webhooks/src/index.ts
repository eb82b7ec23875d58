/** Webhooks: what Stripe tells us, stored before it is believed, and what we tell merchants. */
export { type ApplyOutcome, EventApplier, type SourcedEvent } from './event-applier.js';
export { type PayoutRow, PayoutsRepository } from './payouts.repository.js';
export { type WebhookLag } from './webhook-admin.repository.js';
export { WebhookAdminService } from './webhook-admin.service.js';
export { WebhookBackFill } from './webhook-back-fill.js';
export { type IncomingEvent } from './webhook-events.repository.js';
export { WebhookInbox } from './webhook-inbox.js';
export { registerWebhookIntake, WebhookIntake } from './webhook-intake.js';
export { WebhookPayloads } from './webhook-payloads.js';
export { WebhookProcessor } from './webhook-processor.js';
export { WebhooksCoreModule, WebhooksModule } from './webhooks.module.js';
export { WebhookDispatcher } from './outgoing/webhook-dispatcher.js';
