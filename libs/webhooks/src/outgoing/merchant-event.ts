/** What merchants get: in a delivery and from `GET /api/events` the same. */
import { ApiProperty } from '@nestjs/swagger';
import type { MerchantEvent } from './webhook-deliveries.repository.js';

/** The changed object and the former values of what changed. */
export class MerchantEventData {
  /** The object at the time of the event, not as it is now. */
  @ApiProperty({ type: Object })
  object: unknown;

  /** Former values of the fields that changed. */
  @ApiProperty({ type: Object })
  previous: unknown;
}

/** An event for a merchant. */
export class MerchantEventResponse {
  @ApiProperty({ example: 'evt_01jd8y3v5kq2e9c7x4m6n0r1st_3' })
  id: string;

  @ApiProperty({ enum: ['event'] })
  object: 'event';

  @ApiProperty({ example: 'payment.succeeded' })
  type: string;

  /** The object's version: drop an event whose number is not above the last one you have of the object. */
  @ApiProperty({ example: 3 })
  sequence: number;

  @ApiProperty()
  livemode: boolean;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;

  @ApiProperty({ type: MerchantEventData })
  data: MerchantEventData;
}

/** One page of events, oldest first. */
export class MerchantEventListResponse {
  @ApiProperty({ enum: ['list'] })
  object: 'list';

  @ApiProperty({ type: [MerchantEventResponse] })
  data: MerchantEventResponse[];

  @ApiProperty()
  hasMore: boolean;
}

/** The event as merchants see it. */
export function merchantEventOf(event: Omit<MerchantEvent, 'objectId'>): MerchantEventResponse {
  return {
    id: event.id,
    object: 'event',
    type: event.type,
    sequence: event.sequence,
    livemode: event.livemode,
    createdAt: event.createdAt.toISOString(),
    data: { object: event.data, previous: event.previous },
  };
}

/** The bytes of a delivery. */
export function eventBodyOf(event: Omit<MerchantEvent, 'objectId'>): string {
  return JSON.stringify(merchantEventOf(event));
}
