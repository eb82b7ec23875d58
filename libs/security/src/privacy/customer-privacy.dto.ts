/** What clients get from /api/admin/customers. */
import { ApiProperty } from '@nestjs/swagger';
import type { CustomerExport } from './customer-privacy.service.js';

/** What one of Stripe's events tells of the person. */
export class ExportedEventResponse {
  /** Stripe's word for what happened. */
  @ApiProperty({ example: 'payment_intent.succeeded' })
  type: string;

  @ApiProperty({ format: 'date-time' })
  receivedAt: string;

  /** What names or describes the person, by its place in the event: `{ "data.object.billing_details.name": "Ada" }`. */
  @ApiProperty({ type: 'object', additionalProperties: true })
  personalData: Record<string, unknown>;
}

/** Everything about one customer. */
export class CustomerExportResponse {
  @ApiProperty({ enum: ['customer_export'] })
  object: 'customer_export';

  @ApiProperty({ example: 'cus_01jd8y3v5kq2e9c7x4m6n0r1st' })
  id: string;

  /** Null when none was given or the customer was erased. */
  @ApiProperty({ type: String, nullable: true })
  email: string | null;

  @ApiProperty({ type: String, nullable: true })
  stripeCustomerId: string | null;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  erasedAt: string | null;

  /** The rows about the customer by table: `payments`, `refunds`, `disputes`, `devices` … Amounts are minor units. */
  @ApiProperty({ type: 'object', additionalProperties: { type: 'array', items: { type: 'object', additionalProperties: true } } })
  records: Record<string, Record<string, unknown>[]>;

  /** Tables of which there are more rows than one export holds (10 000 each). */
  @ApiProperty({ type: [String] })
  cutTables: string[];

  /** Of Stripe's events that changed the customer's payments, the newest 1 000. */
  @ApiProperty({ type: [ExportedEventResponse] })
  events: ExportedEventResponse[];
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
export function customerExportResponseOf({ customer, email, records, events }: CustomerExport): CustomerExportResponse {
  const { id, stripeCustomerId, createdAt, erasedAt } = customer;
  return {
    object: 'customer_export',
    id,
    email,
    stripeCustomerId,
    createdAt: createdAt.toISOString(),
    erasedAt: erasedAt?.toISOString() ?? null,
    records: Object.fromEntries(records.map(({ table, rows }) => [camelCase(table), rows.map(inApiSpelling)])),
    cutTables: records.filter(({ isCut }) => isCut).map(({ table }) => camelCase(table)),
    events: events.map((event) => ({ ...event, receivedAt: event.receivedAt.toISOString() })),
  };
}

/** Columns as the API spells fields: `amount_minor` is `amount`. */
function inApiSpelling(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [camelCase(column.replace(/_minor$/, '')), value]));
}

function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
