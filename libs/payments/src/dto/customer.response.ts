/** A customer as clients see it. */
import { ApiProperty } from '@nestjs/swagger';
import { type Customer } from '../customers/customers.repository.js';

/** A customer as clients see it; the address stays where it was given. */
export class CustomerResponse {
  @ApiProperty({ example: 'cus_01jd8y3v5kq2e9c7x4m6n0r1st' })
  id: string;

  @ApiProperty({ enum: ['customer'] })
  object: 'customer';

  /** The saved method that pays when nobody names one. */
  @ApiProperty({ type: String, nullable: true, example: 'spm_01jd8y3v5kq2e9c7x4m6n0r1st' })
  defaultPaymentMethod: string | null;

  @ApiProperty()
  livemode: boolean;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;
}

/** One page of customers, newest first. */
export class CustomerListResponse {
  @ApiProperty({ enum: ['list'] })
  object: 'list';

  @ApiProperty({ type: [CustomerResponse] })
  data: CustomerResponse[];

  @ApiProperty()
  hasMore: boolean;
}

/** The client's view of a customer. */
export function customerResponseOf({ id, livemode, defaultPaymentMethodId, createdAt }: Customer): CustomerResponse {
  return { id, object: 'customer', defaultPaymentMethod: defaultPaymentMethodId, livemode, createdAt: createdAt.toISOString() };
}
