/** A saved payment method as clients see it. */
import { ApiProperty } from '@nestjs/swagger';
import { SAVED_METHOD_STATUSES } from '../domain/saved-method-status.js';
import { type SavedMethod } from '../saved-methods/saved-method.js';
import { NextActionResponse, nextActionOf } from './next-action.response.js';

/** What may be shown of a card. */
export class SavedCardResponse {
  @ApiProperty({ example: 'visa' })
  brand: string;

  @ApiProperty({ example: '4242' })
  last4: string;

  /** 1–12. */
  @ApiProperty({ type: 'integer', example: 8 })
  expMonth: number;

  @ApiProperty({ type: 'integer', example: 2030 })
  expYear: number;

  @ApiProperty({ example: 'credit' })
  funding: string;

  /** Upper-case ISO 3166, of the issuer. */
  @ApiProperty({ type: String, nullable: true, example: 'US' })
  country: string | null;
}

/** A saved payment method. */
export class SavedMethodResponse {
  @ApiProperty({ example: 'spm_01jd8y3v5kq2e9c7x4m6n0r1st' })
  id: string;

  @ApiProperty({ enum: ['payment_method'] })
  object: 'payment_method';

  /** Only `active` ones pay. */
  @ApiProperty({ enum: [...SAVED_METHOD_STATUSES] })
  status: string;

  @ApiProperty({ example: 'cus_01jd8y3v5kq2e9c7x4m6n0r1st' })
  customerId: string;

  /** `off_session`: the customer agreed to payments without them. */
  @ApiProperty({ enum: ['on_session', 'off_session'] })
  usage: string;

  /** Stripe's word; null until it is known. */
  @ApiProperty({ type: String, nullable: true, example: 'card' })
  type: string | null;

  /** Null until it is known, and for what is no card. */
  @ApiProperty({ type: SavedCardResponse, nullable: true })
  card: SavedCardResponse | null;

  /** Whether it is what the customer pays with when nobody names a method. */
  @ApiProperty()
  isDefault: boolean;

  /** What the customer must do before it is saved. */
  @ApiProperty({ type: NextActionResponse, nullable: true })
  nextAction: NextActionResponse | null;

  @ApiProperty()
  livemode: boolean;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;

  @ApiProperty({ format: 'date-time' })
  updatedAt: string;
}

/** The saved payment methods of a customer, newest first. */
export class SavedMethodListResponse {
  @ApiProperty({ enum: ['list'] })
  object: 'list';

  @ApiProperty({ type: [SavedMethodResponse] })
  data: SavedMethodResponse[];

  @ApiProperty()
  hasMore: boolean;
}

/** The client's view of a saved method. */
export function savedMethodResponseOf(method: SavedMethod): SavedMethodResponse {
  return {
    id: method.id,
    object: 'payment_method',
    status: method.status,
    customerId: method.customerId,
    usage: method.usage,
    type: method.type,
    card: cardOf(method),
    isDefault: method.isDefault,
    nextAction: nextActionOf(method.nextAction),
    livemode: method.livemode,
    createdAt: method.createdAt.toISOString(),
    updatedAt: method.updatedAt.toISOString(),
  };
}

function cardOf({ brand, last4, expMonth, expYear, funding, country }: SavedMethod): SavedCardResponse | null {
  if (brand === null || last4 === null || expMonth === null || expYear === null || funding === null) return null;
  return { brand, last4, expMonth, expYear, funding, country };
}
