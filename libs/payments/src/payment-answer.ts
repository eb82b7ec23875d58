/** Status and body of every answer to a request that moves money. */
import { assertNever, type DomainError } from '#kernel';
import { problemOf } from '#platform';
import { paymentResponseOf } from './dto/payment.response.js';
import type { Payment, PaymentCaller } from './payment.js';
import { type Seller } from './payment-seller.js';
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

/** Who gets an answer. */
export interface Audience {
  readonly requestId: string;
  /** Whether the payer's own device asks: it is not told what only the merchant may know. */
  readonly isDevice: boolean;
  /** Whose name stands on what the device shows. */
  readonly seller: Seller;
}

/** A request on its way to its answer, which is stored by the very statement that brings the payment there. */
export class OpenRequest {
  /** Whether the answer has been stored. */
  isAnswered = false;
  private latest: { readonly payment: Payment; readonly answer: Answer } | null = null;

  constructor(
    readonly key: string,
    private readonly audience: Audience,
  ) {}

  /** The answer, should the payment stay as it is. */
  answerFor(payment: Payment): Answer {
    if (this.latest?.payment !== payment) this.latest = { payment, answer: answerOf(payment, this.audience) };
    return this.latest.answer;
  }
}

/** The audience of a caller's request. */
export function audienceOf(caller: PaymentCaller, seller: Seller): Audience {
  return { requestId: caller.requestId, isDevice: caller.deviceId !== null, seller };
}

/** The answer to the request that made a payment, from what has become of it. */
export function answerOf(payment: Payment, audience: Audience): Answer {
  const { requestId } = audience;
  const response = paymentResponseOf(payment, audience.seller);
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
      return refusal(new PaymentDeclinedError(payment.lastError ?? NO_REASON, audience.isDevice, response), requestId, true);
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
