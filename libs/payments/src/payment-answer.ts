/** What a client is told of a payment: the response object, and status and body of every answer to a request that moves money. */
import { ApiProperty } from '@nestjs/swagger';
import { assertNever, type DomainError } from '#kernel';
import { problemOf } from '#platform';
import type { Payment } from './payment.js';
import { GatewayRefusedError, GatewayUnavailableError, PaymentBlockedError, PaymentDeclinedError } from './payments.errors.js';

/** A stored answer: a repeat of the request gets these very bytes. */
export interface Answer {
  readonly status: number;
  /** JSON. */
  readonly body: string;
  /** Whether the same request would get the same answer for ever; others are not stored. */
  readonly isFinal: boolean;
}

/** An answer, and whether the request had been answered before. */
export interface Outcome {
  readonly answer: Answer;
  readonly isReplay: boolean;
}

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
  @ApiProperty({ type: Object, nullable: true })
  nextAction: Readonly<Record<string, unknown>> | null;

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
}

/** The client's view of a payment. */
export function paymentResponseOf(payment: Payment): PaymentResponse {
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
    nextAction: payment.nextAction,
    captureBefore: payment.captureBefore?.toISOString() ?? null,
    accumulatedInto: payment.accumulatedInto,
    stripePaymentIntentId: payment.stripePaymentIntentId,
    livemode: payment.livemode,
    createdAt: payment.createdAt.toISOString(),
    updatedAt: payment.updatedAt.toISOString(),
    metadata: payment.metadata,
  };
}

/** The answer to the request that made a payment, from what has become of it. */
export function answerOf(payment: Payment, requestId: string): Answer {
  const response = paymentResponseOf(payment);
  const body = JSON.stringify(response);
  switch (payment.status) {
    case 'succeeded':
    case 'requires_capture':
    case 'requires_action':
      return { status: 201, body, isFinal: true };
    case 'canceled':
      // Canceled by the processor's refusal of the request itself, or by somebody else meanwhile.
      return payment.lastError
        ? refusal(new GatewayRefusedError(payment.lastError.code, response), requestId, true)
        : { status: 201, body, isFinal: true };
    case 'in_review':
    case 'accumulating':
      return { status: 202, body, isFinal: true };
    case 'processing':
      return { status: 202, body, isFinal: false };
    case 'requires_confirmation':
      // Nothing has been sent to the processor, or it was refused before anything happened.
      return refusal(new GatewayUnavailableError(2, response), requestId, false);
    case 'requires_payment_method':
      return refusal(new PaymentDeclinedError(payment.lastError ?? NO_REASON, response), requestId, true);
    case 'blocked':
      return refusal(new PaymentBlockedError(response), requestId, true);
    default:
      return assertNever(payment.status, 'payment status');
  }
}

/** A refusal as a stored answer. */
export function refusal(error: DomainError, requestId: string, isFinal: boolean): Answer {
  const problem = problemOf(error, requestId);
  return { status: problem.status, body: JSON.stringify(problem), isFinal };
}

const NO_REASON = { code: 'card_declined', declineCode: null, advice: null, message: 'The payment was declined.' };
