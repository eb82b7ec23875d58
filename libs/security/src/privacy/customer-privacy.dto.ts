/** What clients get from /api/admin/customers. */
import { ApiProperty } from '@nestjs/swagger';
import type { CustomerExport } from './customer-privacy.service.js';

/** A payment in an export. */
export class ExportedPaymentResponse {
  @ApiProperty({ example: 'pay_01jd8y3v5kq2e9c7x4m6n0r1st' })
  id: string;

  @ApiProperty()
  status: string;

  /** Minor units. */
  @ApiProperty({ type: 'integer' })
  amount: number;

  @ApiProperty({ example: 'usd' })
  currency: string;

  @ApiProperty({ type: String, nullable: true })
  description: string | null;

  @ApiProperty({ type: 'object', additionalProperties: true })
  metadata: Record<string, unknown>;

  @ApiProperty({ type: String, nullable: true })
  clientIp: string | null;

  @ApiProperty({ type: Number, nullable: true })
  latitude: number | null;

  @ApiProperty({ type: Number, nullable: true })
  longitude: number | null;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;
}

/** Everything about one customer. */
export class CustomerExportResponse {
  @ApiProperty({ enum: ['customer_export'] })
  object: 'customer_export';

  @ApiProperty({ example: 'cus_01jd8y3v5kq2e9c7x4m6n0r1st' })
  id: string;

  @ApiProperty({ type: String, nullable: true })
  email: string | null;

  @ApiProperty({ type: String, nullable: true })
  stripeCustomerId: string | null;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  erasedAt: string | null;

  @ApiProperty({ type: [ExportedPaymentResponse] })
  payments: ExportedPaymentResponse[];
}

/** An erasure. */
export class CustomerErasureResponse {
  @ApiProperty({ enum: ['customer_erasure'] })
  object: 'customer_erasure';

  @ApiProperty({ example: 'cus_01jd8y3v5kq2e9c7x4m6n0r1st' })
  id: string;

  /** Redact this one in Stripe's dashboard as well. */
  @ApiProperty({ type: String, nullable: true })
  stripeCustomerId: string | null;
}

/** The admin's view of an export. */
export function customerExportResponseOf({ customer, email, payments }: CustomerExport): CustomerExportResponse {
  const { id, stripeCustomerId, createdAt, erasedAt } = customer;
  return {
    object: 'customer_export',
    id,
    email,
    stripeCustomerId,
    createdAt: createdAt.toISOString(),
    erasedAt: erasedAt?.toISOString() ?? null,
    payments: payments.map((payment) => ({ ...payment, createdAt: payment.createdAt.toISOString() })),
  };
}
