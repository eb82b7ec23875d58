/** What operators send and get about Stripe's events. */
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsBoolean, IsDefined, IsIn, IsISO8601, IsOptional, ValidateNested } from 'class-validator';
import { IsText, PageQuery } from '#platform';
import { parseStripeEvent } from '#stripe';
import { WEBHOOK_EVENT_STATUSES, type WebhookEventRow, type WebhookEventStatus } from '../webhook-admin.repository.js';
import type { ReplayPreview, WebhookEventDetail } from '../webhook-admin.service.js';

/** Conditions on events; all that are given must hold. */
export class WebhookEventFilterDto {
  @ApiPropertyOptional({ enum: WEBHOOK_EVENT_STATUSES })
  @IsOptional()
  @IsIn(WEBHOOK_EVENT_STATUSES)
  status?: WebhookEventStatus;

  /** Stripe's type: `payment_intent.succeeded`. */
  @ApiPropertyOptional()
  @IsOptional()
  @IsText(1, 255)
  type?: string;

  /** Stripe's id of the object or of its payment intent: `pi_…`. */
  @ApiPropertyOptional()
  @IsOptional()
  @IsText(1, 255)
  objectId?: string;

  /** Inclusive, RFC 3339. */
  @ApiPropertyOptional({ format: 'date-time' })
  @IsOptional()
  @IsISO8601({ strict: true })
  receivedAfter?: string;

  /** Exclusive, RFC 3339. */
  @ApiPropertyOptional({ format: 'date-time' })
  @IsOptional()
  @IsISO8601({ strict: true })
  receivedBefore?: string;
}

/** Query of `GET /api/admin/webhook-events`. */
export class WebhookEventPageQuery extends PageQuery implements WebhookEventFilterDto {
  @ApiPropertyOptional({ enum: WEBHOOK_EVENT_STATUSES })
  @IsOptional()
  @IsIn(WEBHOOK_EVENT_STATUSES)
  status?: WebhookEventStatus;

  /** Stripe's type: `payment_intent.succeeded`. */
  @ApiPropertyOptional()
  @IsOptional()
  @IsText(1, 255)
  type?: string;

  /** Stripe's id of the object or of its payment intent: `pi_…`. */
  @ApiPropertyOptional()
  @IsOptional()
  @IsText(1, 255)
  objectId?: string;

  /** Inclusive, RFC 3339. */
  @ApiPropertyOptional({ format: 'date-time' })
  @IsOptional()
  @IsISO8601({ strict: true })
  receivedAfter?: string;

  /** Exclusive, RFC 3339. */
  @ApiPropertyOptional({ format: 'date-time' })
  @IsOptional()
  @IsISO8601({ strict: true })
  receivedBefore?: string;
}

/** Body of `POST /api/admin/webhook-events/:id/replay`. */
export class ReplayWebhookEventDto {
  /** For the audit log. */
  @ApiProperty({ minLength: 3, maxLength: 500 })
  @IsText(3, 500)
  reason: string;
}

/** Body of `POST /api/admin/webhook-events/replay`. */
export class ReplayWebhookEventsDto extends ReplayWebhookEventDto {
  @ApiProperty({ type: WebhookEventFilterDto })
  @IsDefined()
  @ValidateNested()
  @Type(() => WebhookEventFilterDto)
  filter: WebhookEventFilterDto;

  /** true shows what would change and changes nothing. */
  @ApiProperty()
  @IsBoolean()
  dryRun: boolean;
}

/** An event as operators see it. */
export class WebhookEventResponse {
  @ApiProperty({ example: 'whe_1024' })
  id: string;

  @ApiProperty({ enum: ['webhook_event'] })
  object: 'webhook_event';

  @ApiProperty({ example: 'evt_3TfixtureCoffee' })
  stripeEventId: string;

  @ApiProperty({ example: 'payment_intent.succeeded' })
  type: string;

  @ApiProperty({ enum: WEBHOOK_EVENT_STATUSES })
  status: WebhookEventStatus;

  /** The connected account; null for the account's own events. */
  @ApiProperty({ type: String, nullable: true })
  account: string | null;

  @ApiProperty()
  livemode: boolean;

  @ApiProperty({ type: String, nullable: true, example: '2026-10-28.endive' })
  apiVersion: string | null;

  @ApiProperty({ type: String, nullable: true })
  objectId: string | null;

  @ApiProperty({ type: String, nullable: true })
  paymentId: string | null;

  /** `backfill` when Stripe's list of events brought it, not a delivery. */
  @ApiProperty({ enum: ['delivery', 'backfill'] })
  source: 'delivery' | 'backfill';

  @ApiProperty({ example: 1 })
  attempts: number;

  /** The last error, or the reason of an ignored event. */
  @ApiProperty({ type: String, nullable: true })
  detail: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  nextAttemptAt: string | null;

  @ApiProperty({ format: 'date-time' })
  stripeCreatedAt: string;

  @ApiProperty({ format: 'date-time' })
  receivedAt: string;
}

/** One page of events. */
export class WebhookEventListResponse {
  @ApiProperty({ enum: ['list'] })
  object: 'list';

  @ApiProperty({ type: [WebhookEventResponse] })
  data: WebhookEventResponse[];

  @ApiProperty()
  hasMore: boolean;
}

/** An event with its bytes, attempts and effects. */
export class WebhookEventDetailResponse extends WebhookEventResponse {
  /** The exact bytes, base64. */
  @ApiProperty()
  raw: string;

  /** The bytes as JSON; null when they are none. */
  @ApiProperty({ type: Object, nullable: true })
  payload: unknown;

  @ApiProperty({ type: [Object] })
  attemptLog: { attempt: number; outcome: string; detail: string | null; at: string }[];

  /** The changes of the payment that this event caused. */
  @ApiProperty({ type: [Object] })
  effects: WebhookEventDetail['effects'];
}

/** What a replay by filter did or, on a dry run, would do. */
export class WebhookReplayResponse {
  @ApiProperty({ enum: ['webhook_replay'] })
  object: 'webhook_replay';

  @ApiProperty()
  dryRun: boolean;

  /** Events made due; 0 on a dry run. */
  @ApiProperty()
  replayed: number;

  /** Whether more match than were taken. */
  @ApiProperty()
  hasMore: boolean;

  /** On a dry run: each event with its payment before and after. */
  @ApiProperty({ type: [Object] })
  changes: { event: WebhookEventResponse; outcome: string; before: ReplayPreview['before']; after: ReplayPreview['after'] }[];
}

/** The whole of an event. */
export function webhookEventDetailResponseOf({ event, payload, attempts, effects }: WebhookEventDetail): WebhookEventDetailResponse {
  return Object.assign(webhookEventResponseOf(event), {
    raw: payload.toString('base64'),
    payload: parseStripeEvent(payload),
    attemptLog: attempts.map((attempt) => ({ ...attempt, at: attempt.at.toISOString() })),
    effects,
  });
}

/** Operators' view of an event. */
export function webhookEventResponseOf(row: WebhookEventRow): WebhookEventResponse {
  return {
    id: `whe_${String(row.sequence)}`,
    object: 'webhook_event',
    stripeEventId: row.stripeEventId,
    type: row.type,
    status: row.status,
    account: row.account === '' ? null : row.account,
    livemode: row.livemode,
    apiVersion: row.apiVersion,
    objectId: row.objectId,
    paymentId: row.paymentId,
    source: row.source,
    attempts: row.attempts,
    detail: row.detail,
    nextAttemptAt: row.nextAttemptAt?.toISOString() ?? null,
    stripeCreatedAt: row.stripeCreatedAt.toISOString(),
    receivedAt: row.receivedAt.toISOString(),
  };
}
