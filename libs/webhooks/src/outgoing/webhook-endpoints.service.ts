import { Injectable } from '@nestjs/common';
import { newId } from '#kernel';
import { Database, type Queryable } from '#platform';
import { AuditLog, type AuditActor, OutboundHttp, PersonalDataCipher } from '#security';
import { DeliveryNotFoundError, WebhookEndpointDisabledError, WebhookEndpointNotFoundError } from '../webhooks.errors.js';
import { sealedPlaceOf } from './sealed-place.js';
import { newWebhookSecret } from './standard-webhook.js';
import { WebhookDeliveriesRepository, type WebhookDelivery } from './webhook-deliveries.repository.js';
import { type EndpointOwner, type WebhookEndpoint, WebhookEndpointsRepository } from './webhook-endpoints.repository.js';

/** Merchants' endpoints and what was sent to them. Every change is audited. */
@Injectable()
export class WebhookEndpointsService {
  constructor(
    private readonly database: Database,
    private readonly endpoints: WebhookEndpointsRepository,
    private readonly deliveries: WebhookDeliveriesRepository,
    private readonly http: OutboundHttp,
    private readonly cipher: PersonalDataCipher,
    private readonly audit: AuditLog,
  ) {}

  list(owner: EndpointOwner, page: { readonly limit: number; readonly startingAfter: string | null }): Promise<WebhookEndpoint[]> {
    return this.endpoints.list(owner, page);
  }

  /** @throws WebhookEndpointNotFoundError */
  async get(owner: EndpointOwner, id: string): Promise<WebhookEndpoint> {
    const endpoint = await this.endpoints.find(owner, id);
    if (endpoint === null) throw new WebhookEndpointNotFoundError();
    return endpoint;
  }

  /**
   * Makes an endpoint; its secret is in this answer and nowhere else.
   *
   * @throws OutboundAddressRefusedError for a URL that will never be called.
   */
  async create(
    owner: EndpointOwner,
    wish: Pick<WebhookEndpoint, 'url' | 'description' | 'eventTypes'>,
    actor: AuditActor,
  ): Promise<{ endpoint: WebhookEndpoint; secret: string }> {
    this.http.check(wish.url);
    const id = newId('webhookEndpoint');
    const secret = newWebhookSecret();
    const secretSealed = this.cipher.seal(secret, sealedPlaceOf(id));
    await this.change(owner, id, 'webhook_endpoint_created', actor, (transaction) =>
      this.endpoints.insert(transaction, { ...owner, ...wish, id, secretSealed }),
    );
    return { endpoint: await this.get(owner, id), secret };
  }

  /** Gives an endpoint a new secret; the old one signs beside it for `overlapHours`. */
  async rotateSecret(
    owner: EndpointOwner,
    id: string,
    overlapHours: number,
    actor: AuditActor,
  ): Promise<{ endpoint: WebhookEndpoint; secret: string }> {
    await this.get(owner, id);
    const secret = newWebhookSecret();
    const secretSealed = this.cipher.seal(secret, sealedPlaceOf(id));
    await this.change(owner, id, 'webhook_endpoint_secret_rotated', actor, (transaction) =>
      this.endpoints.rotate(transaction, id, secretSealed, overlapHours),
    );
    return { endpoint: await this.get(owner, id), secret };
  }

  /** Enables an endpoint, or disables it and cancels what waits for it. */
  async setEnabled(owner: EndpointOwner, id: string, isEnabled: boolean, actor: AuditActor): Promise<WebhookEndpoint> {
    await this.get(owner, id);
    const [status, reason, action] = isEnabled
      ? (['enabled', null, 'webhook_endpoint_enabled'] as const)
      : (['disabled', 'by_request', 'webhook_endpoint_disabled'] as const);
    await this.change(owner, id, action, actor, (transaction) => this.endpoints.setStatus(transaction, id, status, reason));
    return this.get(owner, id);
  }

  /** Sends an `endpoint.test` event to this endpoint alone. */
  async sendTest(owner: EndpointOwner, id: string, actor: AuditActor): Promise<void> {
    await this.getEnabled(owner, id);
    await this.change(owner, id, 'webhook_endpoint_tested', actor, (transaction) =>
      this.deliveries.insertTestEvent(transaction, owner, id, newId('event')),
    );
  }

  /** @throws DeliveryNotFoundError */
  async getDelivery(owner: EndpointOwner, id: number): Promise<WebhookDelivery> {
    const delivery = await this.deliveries.find(owner, id);
    if (delivery === null) throw new DeliveryNotFoundError();
    return delivery;
  }

  /** Sends a delivery again, whatever became of it. */
  async redeliver(owner: EndpointOwner, id: number, actor: AuditActor): Promise<WebhookDelivery> {
    const { endpointId } = await this.getDelivery(owner, id);
    await this.getEnabled(owner, endpointId);
    await this.change(owner, endpointId, 'webhook_redelivered', actor, (transaction) =>
      this.deliveries.redeliver(transaction, endpointId, { deliveryId: id }),
    );
    return this.getDelivery(owner, id);
  }

  /** Sends an endpoint everything since an instant again, also what came before the endpoint was made. */
  async redeliverSince(owner: EndpointOwner, id: string, since: Date, actor: AuditActor): Promise<number> {
    await this.getEnabled(owner, id);
    return this.change(owner, id, 'webhook_range_redelivered', actor, (transaction) =>
      this.deliveries.redeliver(transaction, id, { since }),
    );
  }

  private async getEnabled(owner: EndpointOwner, id: string): Promise<void> {
    if ((await this.get(owner, id)).status === 'disabled') throw new WebhookEndpointDisabledError();
  }

  private change<T>(
    owner: EndpointOwner,
    objectId: string,
    action: string,
    actor: AuditActor,
    work: (transaction: Queryable) => Promise<T>,
  ): Promise<T> {
    return this.database.transaction(async (transaction) => {
      const result = await work(transaction);
      await this.audit.record(transaction, { merchantId: owner.merchantId, ...actor, action, objectId });
      return result;
    });
  }
}
