import { Injectable } from '@nestjs/common';
import { GroupCommit } from './group-commit.js';
import { webhookDeliveriesTotal } from './metrics.js';
import { type IncomingEvent, WebhookEventsRepository } from './webhook-events.repository.js';
import { WebhookProcessor } from './webhook-processor.js';

/** The one way into `webhook_events`, for what Stripe posts and for what the back-fill finds. */
@Injectable()
export class WebhookInbox {
  private readonly group = new GroupCommit<IncomingEvent>(
    (events) => this.commit(events),
    (event) => event.payload.length,
  );

  constructor(
    private readonly events: WebhookEventsRepository,
    private readonly processor: WebhookProcessor,
  ) {}

  /** Events that wait for their commit to begin. */
  get depth(): number {
    return this.group.depth;
  }

  /**
   * Stores an event with its job; resolves after COMMIT. A repeat of a stored event resolves as well and changes nothing.
   *
   * @throws WebhookQueueFullError, or DatabaseUnavailableError when nobody can say that it is stored.
   */
  store(event: IncomingEvent): Promise<void> {
    return this.group.add(event);
  }

  private async commit(events: readonly IncomingEvent[]): Promise<void> {
    const stored = await this.events.insertNew(events);
    webhookDeliveriesTotal.inc({ outcome: 'stored' }, stored);
    webhookDeliveriesTotal.inc({ outcome: 'duplicate' }, events.length - stored);
    if (stored > 0) this.processor.kick();
  }
}
