/** The refusals of webhooks; codes are documented in docs/api.md. */
import { DomainError } from '#kernel';

/** There is no such event, or the caller may not see it. */
export class WebhookEventNotFoundError extends DomainError {
  override readonly name = 'WebhookEventNotFoundError';

  constructor() {
    super('not_found', 'webhook_event_not_found', 'There is no such webhook event.');
  }
}
