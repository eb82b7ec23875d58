/** Sends merchants their events: hand out, sign, send, write down what came of it. */
import { randomInt } from 'node:crypto';
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { Database } from '#platform';
import { AuditLog } from '#security';
import { deliveryWaitMs } from '../domain/delivery-schedule.js';
import { webhookEndpointsDisabledTotal } from '../metrics.js';
import { type ClaimedDelivery, WebhookDeliveriesRepository } from './webhook-deliveries.repository.js';
import { WebhookEndpointsRepository } from './webhook-endpoints.repository.js';
import { WebhookSender } from './webhook-sender.js';

const SENDING_LIMIT = 50;
const SENDING_PER_ENDPOINT = 5;

/** The worker's side of merchants' webhooks. */
@Injectable()
export class WebhookDispatcher implements BeforeApplicationShutdown {
  private readonly logger = new Logger(WebhookDispatcher.name);
  private readonly sending = new Set<Promise<void>>();

  constructor(
    private readonly database: Database,
    private readonly deliveries: WebhookDeliveriesRepository,
    private readonly endpoints: WebhookEndpointsRepository,
    private readonly sender: WebhookSender,
    private readonly audit: AuditLog,
  ) {}

  /**
   * One round: hands out new events and starts what is due, without waiting for slow receivers.
   *
   * @returns How many events and deliveries it moved.
   */
  async dispatchDue(): Promise<number> {
    const handedOut = await this.deliveries.fanOut();
    const free = SENDING_LIMIT - this.sending.size;
    const claimed = free > 0 ? await this.deliveries.claimDue(free, SENDING_PER_ENDPOINT) : [];
    for (const delivery of claimed) {
      const sending: Promise<void> = this.deliver(delivery)
        .catch((error: unknown) => {
          // The lease ends by itself, and the delivery is sent again.
          this.logger.error({ event: 'webhook_delivery_interrupted', deliveryId: delivery.id, error });
        })
        .finally(() => this.sending.delete(sending));
      this.sending.add(sending);
    }
    return handedOut + claimed.length;
  }

  /** Waits for everything that is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.sending);
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.settled();
  }

  private async deliver(delivery: ClaimedDelivery): Promise<void> {
    const { attempt, retryAfter } = await this.sender.send(delivery);
    const isSuccess = attempt.httpStatus !== null && attempt.httpStatus >= 200 && attempt.httpStatus < 300;
    if (isSuccess) await this.deliveries.settle(delivery, attempt, { status: 'succeeded' });
    else {
      const waitMs = deliveryWaitMs(delivery.turn, retryAfter, randomInt(1_000_000) / 1_000_000);
      await this.deliveries.settle(delivery, attempt, waitMs === null ? { status: 'failed' } : { status: 'pending', waitMs });
    }
    const hasFailedTooLong = await this.endpoints.noteResult(delivery.endpointId, isSuccess);
    if (attempt.httpStatus === 410) await this.disable(delivery.endpointId, 'gone');
    else if (hasFailedTooLong) await this.disable(delivery.endpointId, 'failing');
  }

  private async disable(endpointId: string, reason: 'gone' | 'failing'): Promise<void> {
    await this.database.transaction(async (transaction) => {
      await this.endpoints.setStatus(transaction, endpointId, 'disabled', reason);
      await this.audit.record(transaction, {
        merchantId: null,
        actor: 'system:webhook_dispatcher',
        action: 'webhook_endpoint_disabled',
        objectId: endpointId,
        reason,
      });
    });
    webhookEndpointsDisabledTotal.inc({ reason });
    this.logger.error({ event: 'webhook_endpoint_disabled', endpointId, reason });
  }
}
