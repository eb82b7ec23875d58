/** What merchants send and get about their own endpoints. */
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsISO8601, IsOptional, Matches } from 'class-validator';
import { IsSafeInteger, IsText, PageQuery } from '#platform';
import type { DeliveryAttempt, WebhookDelivery } from '../outgoing/webhook-deliveries.repository.js';
import type { WebhookEndpoint } from '../outgoing/webhook-endpoints.repository.js';

const DELIVERY_STATUSES = ['pending', 'succeeded', 'failed', 'canceled'] as const;
const OVERLAP_HOURS_MAX = 168;

/** Body of `POST /api/webhook-endpoints`. */
export class CreateWebhookEndpointDto {
  /** https only, on the public internet. */
  @ApiProperty({ example: 'https://shop.example/hooks/payments' })
  @IsText(8, 2_048)
  url: string;

  /** Types such as `payment.succeeded`; all when absent. */
  @ApiPropertyOptional({ type: [String] })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(50)
  @Matches(/^(\*|[a-z_]+\.[a-z_]+)$/, { each: true })
  eventTypes?: string[];

  @ApiPropertyOptional()
  @IsOptional()
  @IsText(1, 500)
  description?: string;
}

/** Body of `POST /api/webhook-endpoints/:id/rotate-secret`. */
export class RotateWebhookSecretDto {
  /** Hours for which the old secret signs as well, 0–168; a day when absent. */
  @ApiPropertyOptional({ type: 'integer', minimum: 0, maximum: OVERLAP_HOURS_MAX, default: 24 })
  @IsOptional()
  @IsSafeInteger(0, OVERLAP_HOURS_MAX)
  overlapHours: number = 24;
}

/** Body of `POST /api/webhook-endpoints/:id/redeliver`. */
export class RedeliverSinceDto {
  /** Inclusive, RFC 3339. */
  @ApiProperty({ format: 'date-time' })
  @IsISO8601({ strict: true })
  since: string;
}

/** Query of `GET /api/webhook-deliveries`. */
export class DeliveryPageQuery extends PageQuery {
  @ApiPropertyOptional()
  @IsOptional()
  @IsText(1, 64)
  endpointId?: string;

  @ApiPropertyOptional({ enum: DELIVERY_STATUSES })
  @IsOptional()
  @IsIn(DELIVERY_STATUSES)
  status?: (typeof DELIVERY_STATUSES)[number];
}

/** Query of `GET /api/events`. */
export class MerchantEventQuery extends PageQuery {
  /** The last event you have; events follow in the order in which they happened. From the first when absent. */
  @ApiPropertyOptional()
  @IsOptional()
  @IsText(1, 64)
  after?: string;
}

/** An endpoint. */
export class WebhookEndpointResponse {
  @ApiProperty({ example: 'we_01jd8y3v5kq2e9c7x4m6n0r1st' })
  id: string;

  @ApiProperty({ enum: ['webhook_endpoint'] })
  object: 'webhook_endpoint';

  @ApiProperty()
  url: string;

  @ApiProperty({ type: [String] })
  eventTypes: readonly string[];

  @ApiProperty({ enum: ['enabled', 'disabled'] })
  status: string;

  /** `gone`: it answered 410. `failing`: five days of nothing but failures. */
  @ApiProperty({ enum: ['by_request', 'gone', 'failing'], nullable: true })
  disabledReason: string | null;

  @ApiProperty({ type: String, nullable: true })
  description: string | null;

  @ApiProperty()
  livemode: boolean;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;

  /** Only in the answer that made it. */
  @ApiPropertyOptional({ example: 'whsec_…' })
  secret?: string;
}

/** One page of endpoints. */
export class WebhookEndpointListResponse {
  @ApiProperty({ enum: ['list'] })
  object: 'list';

  @ApiProperty({ type: [WebhookEndpointResponse] })
  data: WebhookEndpointResponse[];

  @ApiProperty()
  hasMore: boolean;
}

/** A delivery. */
export class WebhookDeliveryResponse {
  @ApiProperty({ example: 'wd_17' })
  id: string;

  @ApiProperty({ enum: ['webhook_delivery'] })
  object: 'webhook_delivery';

  @ApiProperty()
  endpointId: string;

  @ApiProperty()
  eventId: string;

  @ApiProperty()
  type: string;

  @ApiProperty({ enum: DELIVERY_STATUSES })
  status: string;

  @ApiProperty()
  attempts: number;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  nextAttemptAt: string | null;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;

  /** Each attempt with status, duration in milliseconds and the first kilobyte of the answer; in the answer for one delivery only. */
  @ApiPropertyOptional({ type: [Object] })
  attemptLog?: (DeliveryAttempt & { attempt: number; at: string })[];
}

/** One page of deliveries. */
export class WebhookDeliveryListResponse {
  @ApiProperty({ enum: ['list'] })
  object: 'list';

  @ApiProperty({ type: [WebhookDeliveryResponse] })
  data: WebhookDeliveryResponse[];

  @ApiProperty()
  hasMore: boolean;
}

/** The merchant's view of an endpoint. */
export function webhookEndpointResponseOf(endpoint: WebhookEndpoint, secret?: string): WebhookEndpointResponse {
  return {
    id: endpoint.id,
    object: 'webhook_endpoint',
    url: endpoint.url,
    eventTypes: endpoint.eventTypes,
    status: endpoint.status,
    disabledReason: endpoint.disabledReason,
    description: endpoint.description,
    livemode: endpoint.livemode,
    createdAt: endpoint.createdAt.toISOString(),
    ...(secret === undefined ? {} : { secret }),
  };
}

/** The merchant's view of a delivery. */
export function webhookDeliveryResponseOf(delivery: WebhookDelivery): WebhookDeliveryResponse {
  return {
    id: `wd_${String(delivery.id)}`,
    object: 'webhook_delivery',
    endpointId: delivery.endpointId,
    eventId: delivery.eventId,
    type: delivery.type,
    status: delivery.status,
    attempts: delivery.attempts,
    nextAttemptAt: delivery.status === 'pending' ? delivery.nextAttemptAt.toISOString() : null,
    createdAt: delivery.createdAt.toISOString(),
  };
}
