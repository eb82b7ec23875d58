import { Injectable } from '@nestjs/common';
import { Database, type Queryable } from '#platform';
import { FAILING_DAYS_LIMIT } from '../domain/delivery-schedule.js';

/** A merchant's endpoint. */
export interface WebhookEndpoint {
  readonly id: string;
  readonly merchantId: string;
  readonly livemode: boolean;
  readonly url: string;
  readonly description: string | null;
  /** `['*']` for all. */
  readonly eventTypes: readonly string[];
  readonly status: 'enabled' | 'disabled';
  readonly disabledReason: 'by_request' | 'gone' | 'failing' | null;
  readonly secretSealed: string;
  readonly formerSecretSealed: string | null;
  readonly formerSecretExpiresAt: Date | null;
  readonly failingSince: Date | null;
  readonly createdAt: Date;
}

/** Whose endpoints. */
export interface EndpointOwner {
  readonly merchantId: string;
  readonly livemode: boolean;
}

const COLUMNS = `id, merchant_id as "merchantId", livemode, url, description, event_types as "eventTypes", status, disabled_reason as "disabledReason",
  secret_sealed as "secretSealed", former_secret_sealed as "formerSecretSealed", former_secret_expires_at as "formerSecretExpiresAt",
  failing_since as "failingSince", created_at as "createdAt"`;

/** The SQL of `webhook_endpoints`. */
@Injectable()
export class WebhookEndpointsRepository {
  constructor(private readonly database: Database) {}

  list(owner: EndpointOwner, page: { readonly limit: number; readonly startingAfter: string | null }): Promise<WebhookEndpoint[]> {
    return this.database.query<WebhookEndpoint>(
      `select ${COLUMNS} from webhook_endpoints where merchant_id = $1 and livemode = $2 and ($3::text is null or id < $3) order by id desc limit $4`,
      [owner.merchantId, owner.livemode, page.startingAfter, page.limit],
    );
  }

  async find(owner: EndpointOwner, id: string): Promise<WebhookEndpoint | null> {
    const [row] = await this.database.query<WebhookEndpoint>(
      `select ${COLUMNS} from webhook_endpoints where id = $1 and merchant_id = $2 and livemode = $3`,
      [id, owner.merchantId, owner.livemode],
    );
    return row ?? null;
  }

  async insert(
    transaction: Queryable,
    endpoint: EndpointOwner & Pick<WebhookEndpoint, 'id' | 'url' | 'description' | 'eventTypes' | 'secretSealed'>,
  ): Promise<void> {
    await transaction.query(
      `insert into webhook_endpoints (id, merchant_id, livemode, url, description, event_types, secret_sealed) values ($1, $2, $3, $4, $5, $6, $7)`,
      [endpoint.id, endpoint.merchantId, endpoint.livemode, endpoint.url, endpoint.description, endpoint.eventTypes, endpoint.secretSealed],
    );
  }

  async setStatus(
    transaction: Queryable,
    id: string,
    status: WebhookEndpoint['status'],
    reason: WebhookEndpoint['disabledReason'],
  ): Promise<void> {
    await transaction.query(
      `update webhook_endpoints set status = $2, disabled_reason = $3, failing_since = null, updated_at = now() where id = $1`,
      [id, status, reason],
    );
    if (status === 'disabled') {
      await transaction.query(`update webhook_deliveries set status = 'canceled' where endpoint_id = $1 and status = 'pending'`, [id]);
    }
  }

  async rotate(transaction: Queryable, id: string, secretSealed: string, overlapHours: number): Promise<void> {
    await transaction.query(
      `update webhook_endpoints set former_secret_sealed = secret_sealed, former_secret_expires_at = now() + make_interval(hours => $3),
         secret_sealed = $2, updated_at = now() where id = $1`,
      [id, secretSealed, overlapHours],
    );
  }

  /** Remembers since when an endpoint has only failed; a success ends it. @returns Whether that has been too long. */
  async noteResult(id: string, isSuccess: boolean): Promise<boolean> {
    const [row] = await this.database.query<{ isTooLong: boolean | null }>(
      `update webhook_endpoints set failing_since = case when $2 then null else coalesce(failing_since, now()) end
       where id = $1 and (not $2 or failing_since is not null)
       returning failing_since < now() - make_interval(days => ${String(FAILING_DAYS_LIMIT)}) as "isTooLong"`,
      [id, isSuccess],
    );
    return row?.isTooLong ?? false;
  }
}
