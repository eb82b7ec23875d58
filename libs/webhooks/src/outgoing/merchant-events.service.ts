import { Injectable } from '@nestjs/common';
import type { AuditActor } from '#security';
import { EventNotFoundError } from '../webhooks.errors.js';
import {
  type DeliveryAttempt,
  type MerchantEvent,
  WebhookDeliveriesRepository,
  type WebhookDelivery,
} from './webhook-deliveries.repository.js';
import type { EndpointOwner } from './webhook-endpoints.repository.js';
import { WebhookEndpointsService } from './webhook-endpoints.service.js';

/** Events and deliveries of one merchant. */
@Injectable()
export class MerchantEventsService {
  constructor(
    private readonly deliveries: WebhookDeliveriesRepository,
    private readonly endpoints: WebhookEndpointsService,
  ) {}

  /** @throws EventNotFoundError when `after` names no event of this merchant: an empty page would look like the end. */
  async list(owner: EndpointOwner, after: string | null, limit: number): Promise<MerchantEvent[]> {
    if (after !== null) await this.get(owner, after);
    return this.deliveries.listEvents(owner, after, limit);
  }

  /** @throws EventNotFoundError */
  async get(owner: EndpointOwner, id: string): Promise<MerchantEvent> {
    const event = await this.deliveries.findEvent(owner, id);
    if (event === null) throw new EventNotFoundError();
    return event;
  }

  listDeliveries(
    owner: EndpointOwner,
    filter: { readonly endpointId: string | null; readonly status: string | null },
    page: { readonly limit: number; readonly before: number | null },
  ): Promise<WebhookDelivery[]> {
    return this.deliveries.list(owner, filter, page);
  }

  /** @throws DeliveryNotFoundError */
  async getDelivery(
    owner: EndpointOwner,
    id: number,
  ): Promise<{ delivery: WebhookDelivery; attempts: (DeliveryAttempt & { readonly attempt: number; readonly at: Date })[] }> {
    const delivery = await this.endpoints.getDelivery(owner, id);
    return { delivery, attempts: await this.deliveries.listAttempts(id) };
  }

  redeliver(owner: EndpointOwner, id: number, actor: AuditActor): Promise<WebhookDelivery> {
    return this.endpoints.redeliver(owner, id, actor);
  }
}
