/** A payment as clients see it. */
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { DeviceResponse } from '#devices';
import { money } from '#kernel';
import { type Payment } from '../payment.js';
import { type Seller } from '../payment-seller.js';
import { CustomerResponse } from './customer.response.js';
import { NextActionResponse, nextActionOf } from './next-action.response.js';
import { RefundListResponse } from './refund.response.js';
import { PRESENTATION_KINDS, type Presentation, presentationFor } from '../presentation/presentation.js';

/** How sure this product is that the payment may be let through. */
export class RiskResponse {
  /** 0–100; null before the assessment. */
  @ApiProperty({ type: Number, nullable: true, example: 12 })
  score: number | null;

  @ApiProperty({ type: String, nullable: true, enum: ['low', 'medium', 'high', 'critical'] })
  level: string | null;

  @ApiProperty({ type: String, nullable: true, enum: ['allow', 'review', 'block'] })
  decision: string | null;
}

/** A payment as clients see it. */
export class PaymentResponse {
  @ApiProperty({ example: 'pay_01jd8y3v5kq2e9c7x4m6n0r1st' })
  id: string;

  @ApiProperty({ enum: ['payment'] })
  object: 'payment';

  @ApiProperty({ example: 'succeeded' })
  status: string;

  /** Minor units, tip and tax included: 1099 is USD 10.99. */
  @ApiProperty({ example: 1099 })
  amount: number;

  /** Part of `amount`. */
  @ApiProperty({ example: 0 })
  tipAmount: number;

  /** Part of `amount`. */
  @ApiProperty({ example: 0 })
  taxAmount: number;

  @ApiProperty({ example: 'usd' })
  currency: string;

  @ApiProperty({ example: 0 })
  amountCapturable: number;

  @ApiProperty({ example: 1099 })
  amountReceived: number;

  @ApiProperty({ example: 0 })
  amountRefunded: number;

  @ApiProperty({ example: 'dev_01jd8y3v5kq2e9c7x4m6n0r1st' })
  deviceId: string;

  @ApiProperty({ type: String, nullable: true })
  customerId: string | null;

  @ApiProperty({ example: 'retail' })
  businessType: string;

  @ApiProperty({ example: 'card' })
  method: string;

  @ApiProperty({ type: RiskResponse })
  risk: RiskResponse;

  /** `unknown`: the processor did not answer in time; the payment settles by itself, poll it. */
  @ApiProperty({ enum: ['known', 'unknown'] })
  outcomeCertainty: string;

  /** What the payer must do next. */
  @ApiProperty({ type: NextActionResponse, nullable: true })
  nextAction: NextActionResponse | null;

  /** Of a held amount: when the authorization ends by itself. */
  @ApiProperty({ type: String, nullable: true, format: 'date-time' })
  captureBefore: string | null;

  /** Of an amount too small to be charged singly: the payment that charges it with others. `amountReceived` and refunds are that payment's. */
  @ApiProperty({ type: String, nullable: true, example: null })
  accumulatedInto: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'pi_3Qa1b2c3d4e5f6' })
  stripePaymentIntentId: string | null;

  @ApiProperty()
  livemode: boolean;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;

  @ApiProperty({ format: 'date-time' })
  updatedAt: string;

  @ApiProperty({ type: Object, additionalProperties: { type: 'string' } })
  metadata: Readonly<Record<string, string>>;

  /** How the device shows, says or prints what became of the payment, the main way first; only where one payment is answered. */
  @ApiPropertyOptional({
    type: 'array',
    items: {
      type: 'object',
      required: ['kind'],
      properties: { kind: { type: 'string', enum: [...PRESENTATION_KINDS] } },
      additionalProperties: true,
    },
  })
  presentation?: readonly Presentation[];

  /** With `expand[]=device`. */
  @ApiPropertyOptional({ type: DeviceResponse })
  device?: DeviceResponse;

  /** With `expand[]=customer`; null for a payment without one. */
  @ApiPropertyOptional({ type: CustomerResponse, nullable: true })
  customer?: CustomerResponse | null;

  /** With `expand[]=refunds`. */
  @ApiPropertyOptional({ type: RefundListResponse })
  refunds?: RefundListResponse;
}

/**
 * The client's view of a payment.
 *
 * @param seller - Adds what the device shows of it; without one there is no `presentation`, as in lists.
 */
export function paymentResponseOf(payment: Payment, seller?: Seller): PaymentResponse {
  return {
    id: payment.id,
    object: 'payment',
    status: payment.status,
    amount: payment.amountMinor,
    tipAmount: payment.tipMinor,
    taxAmount: payment.taxMinor,
    currency: payment.currency,
    amountCapturable: payment.amountCapturableMinor,
    amountReceived: payment.amountReceivedMinor,
    amountRefunded: payment.amountRefundedMinor,
    deviceId: payment.deviceId,
    customerId: payment.customerId,
    businessType: payment.businessType,
    method: payment.method,
    risk: { score: payment.riskScore, level: payment.riskLevel, decision: payment.riskDecision },
    outcomeCertainty: payment.outcomeCertainty,
    nextAction: nextActionOf(payment.nextAction),
    captureBefore: payment.captureBefore?.toISOString() ?? null,
    accumulatedInto: payment.accumulatedInto,
    stripePaymentIntentId: payment.stripePaymentIntentId,
    livemode: payment.livemode,
    createdAt: payment.createdAt.toISOString(),
    updatedAt: payment.updatedAt.toISOString(),
    metadata: payment.metadata,
    ...(seller ? { presentation: presentationOf(payment, seller) } : {}),
  };
}

function presentationOf(payment: Payment, seller: Seller): readonly Presentation[] {
  return presentationFor(payment.deviceType, {
    id: payment.id,
    status: payment.status,
    outcomeCertainty: payment.outcomeCertainty,
    amount: money(payment.amountMinor, payment.currency),
    tipMinor: payment.tipMinor,
    taxMinor: payment.taxMinor,
    isDeclined: payment.lastError !== null,
    actionUrl: nextActionOf(payment.nextAction)?.url ?? null,
    merchantName: seller.name,
    timeZone: seller.timeZone,
    createdAt: payment.createdAt,
  });
}
