/** The refusals of webhooks; codes are documented in docs/api.md. */
import { DomainError } from '#kernel';

/** There is no such event, or the caller may not see it. */
export class WebhookEventNotFoundError extends DomainError {
  override readonly name = 'WebhookEventNotFoundError';

  constructor() {
    super('not_found', 'webhook_event_not_found', 'There is no such webhook event.');
  }
}

/** There is no such endpoint, or it is another merchant's. */
export class WebhookEndpointNotFoundError extends DomainError {
  override readonly name = 'WebhookEndpointNotFoundError';

  constructor() {
    super('not_found', 'webhook_endpoint_not_found', 'There is no such webhook endpoint.');
  }
}

/** Nothing is sent to a disabled endpoint. */
export class WebhookEndpointDisabledError extends DomainError {
  override readonly name = 'WebhookEndpointDisabledError';

  constructor() {
    super('conflict', 'webhook_endpoint_disabled', 'The endpoint is disabled; enable it first.', { advice: 'fix' });
  }
}

/** There is no such delivery, or it is another merchant's. */
export class DeliveryNotFoundError extends DomainError {
  override readonly name = 'DeliveryNotFoundError';

  constructor() {
    super('not_found', 'webhook_delivery_not_found', 'There is no such webhook delivery.');
  }
}

/** There is no such event, or it is another merchant's. */
export class EventNotFoundError extends DomainError {
  override readonly name = 'EventNotFoundError';

  constructor() {
    super('not_found', 'event_not_found', 'There is no such event.');
  }
}
