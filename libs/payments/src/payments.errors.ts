/** The refusals of payments; codes are documented in docs/api.md. */
import { DomainError } from '#kernel';
import { adviceFor, codeForPayer } from './domain/decline-policy.js';
import type { PolicyViolation } from './domain/payment-policy.js';
import type { SpendingLimitName } from './domain/spending-limit.js';
import type { InputRefusal } from './input/native-input.js';
import type { GatewayDecline } from './payment-gateway.js';

/** There is no such payment, or it is another merchant's, mode's or device's: the caller cannot tell which. */
export class PaymentNotFoundError extends DomainError {
  constructor() {
    super('not_found', 'payment_not_found', 'There is no such payment.');
  }
}

/** New payments are paused for this device by the flag `accept_payments`. */
export class PaymentsPausedError extends DomainError {
  constructor() {
    super('unavailable', 'payments_paused', 'New payments are paused. Payments that were made before go on.', { retryAfterSeconds: 60 });
  }
}

/** A spending limit without room for the payment. */
export interface LimitViolation {
  readonly code: 'spending_limit_exceeded';
  /** The request field at fault, in the API's spelling. */
  readonly param: string;
  readonly name: SpendingLimitName;
  /** Minor units, or a number of payments. */
  readonly limit: number;
  /** What is left of it now. */
  readonly remaining: number;
  /** RFC 3339: when the window ends, or of a rolling one when its oldest payment leaves it. */
  readonly windowEndsAt: string;
}

/** The business type's rules or limits forbid this payment; `violations` lists every broken one. */
export class PolicyViolationError extends DomainError {
  constructor(violations: readonly (PolicyViolation | LimitViolation)[]) {
    super(
      'unprocessable',
      'policy_violation',
      `The payment breaks ${violations.length === 1 ? 'a rule' : `${String(violations.length)} rules`} of its business type.`,
      {
        ...(violations[0] ? { param: violations[0].param } : {}),
        details: { violations },
      },
    );
  }
}

/** The payment's state does not allow the operation; `payment` is its current state. */
export class PaymentStateError extends DomainError {
  constructor(operation: string, payment: { readonly status: string }) {
    super('conflict', 'payment_unexpected_state', `A payment that is ${payment.status} cannot be ${operation}.`, {
      details: { payment },
      advice: 'fix',
    });
  }
}

/** Somebody else is paying it at this moment, or what became of the last call for it is not known yet. */
export class PaymentBusyError extends DomainError {
  constructor(payment: object) {
    super('conflict', 'payment_busy', 'Another request for this payment is on its way.', {
      details: { payment },
      advice: 'retry',
      retryAfterSeconds: 2,
    });
  }
}

/** More is to be captured than is held, or refunded than was received. */
export class AmountTooLargeError extends DomainError {
  constructor(remainingMinor: number) {
    super('unprocessable', 'amount_too_large', `At most ${String(remainingMinor)} minor units remain.`, {
      param: 'amount',
      details: { remaining: remainingMinor },
    });
  }
}

/** A POST that moves money came without an `Idempotency-Key`, so that a retry could not be told from a second payment. */
export class IdempotencyKeyMissingError extends DomainError {
  constructor() {
    super('invalid', 'idempotency_key_missing', 'Send an Idempotency-Key header of 1 to 255 printable characters.', {
      param: 'Idempotency-Key',
    });
  }
}

/** The key was used for another request before. */
export class IdempotencyKeyReusedError extends DomainError {
  constructor() {
    super('unprocessable', 'idempotency_key_reused', 'This Idempotency-Key belongs to another request.', { param: 'Idempotency-Key' });
  }
}

/** The first request with this key is still running. */
export class IdempotencyInProgressError extends DomainError {
  constructor() {
    super('conflict', 'idempotency_in_progress', 'The first request with this Idempotency-Key is still running.', {
      param: 'Idempotency-Key',
      retryAfterSeconds: 1,
    });
  }
}

/** The processor cannot be asked now, and nothing was charged; the same request may be sent again. */
export class GatewayUnavailableError extends DomainError {
  constructor(retryAfterSeconds: number, payment: unknown) {
    super(
      'unavailable',
      'gateway_unavailable',
      'The payment processor does not take requests now. Nothing was charged; retry with the same idempotency key.',
      {
        retryAfterSeconds,
        advice: 'retry',
        details: { payment },
      },
    );
  }
}

/** The processor refuses the request itself, for instance a payment method that does not exist. */
export class GatewayRefusedError extends DomainError {
  constructor(gatewayCode: string, payment: unknown) {
    super('invalid', 'payment_method_refused', 'The payment processor does not accept this payment method.', {
      param: 'paymentMethod',
      details: { gatewayCode, payment },
    });
  }
}

/** The issuer declined. */
export class PaymentDeclinedError extends DomainError {
  /** @param isPayer - Whether the answer goes to the payer's device, which is not told that a card is known to be stolen. */
  constructor(decline: GatewayDecline, isPayer: boolean, payment: unknown) {
    const known = { declineCode: decline.declineCode ?? decline.code, adviceCode: decline.advice };
    const shown = isPayer ? codeForPayer(known) : known.declineCode;
    super('declined', 'payment_declined', shown === known.declineCode ? decline.message : 'The payment was declined.', {
      advice: adviceFor(known),
      details: { declineCode: shown, payment },
    });
  }
}

/** The fraud rules or a list refused; the payer is told no reason. */
export class PaymentBlockedError extends DomainError {
  constructor(payment: unknown) {
    super('declined', 'payment_blocked', 'The payment was refused.', { advice: 'do_not_retry', details: { payment } });
  }
}

/** A device's own credential pays for that device only. */
export class DeviceMismatchError extends DomainError {
  constructor() {
    super('forbidden', 'device_mismatch', "A device's credential pays for that device only.", { param: 'deviceId' });
  }
}

/** There is no such customer, or it is another merchant's or mode's. */
export class CustomerNotFoundError extends DomainError {
  constructor(param = 'customerId') {
    super('not_found', 'customer_not_found', 'There is no such customer.', { param });
  }
}

/** The code has the form of a currency's and names none. */
export class UnknownCurrencyError extends DomainError {
  constructor() {
    super('invalid', 'currency_unknown', 'There is no such currency.', { param: 'currency' });
  }
}

/** The tip makes the sum larger than what is held, and the authorization cannot be raised. */
export class TipExceedsAuthorizationError extends DomainError {
  constructor(capturableMinor: number) {
    super(
      'unprocessable',
      'tip_exceeds_authorization',
      `Only ${String(capturableMinor)} minor units are held and the card takes no increase.`,
      {
        param: 'tipAmount',
        details: { remaining: capturableMinor },
      },
    );
  }
}

/** The issuer refused to raise the held amount; what was held before still is. */
export class TipDeclinedError extends DomainError {
  constructor(decline: GatewayDecline, payment: unknown) {
    super('declined', 'tip_declined', 'The issuer does not raise the authorization; the amount without the tip can still be captured.', {
      param: 'tipAmount',
      advice: 'fix',
      details: { declineCode: decline.declineCode ?? decline.code, payment },
    });
  }
}

/** Only the merchant's own key may say how old a customer is. */
export class AgeAssertionForbiddenError extends DomainError {
  constructor() {
    super('forbidden', 'age_assertion_forbidden', "Only the merchant's key may assert a verified age.", { param: 'verifiedAge' });
  }
}

/** The device's native input is no payment; `code` says why, and `prompt` what to ask the person at the device. */
export class InputRefusedError extends DomainError {
  constructor({ code, param, prompt }: InputRefusal) {
    super('invalid', code, prompt ?? `The input was refused: ${code.replaceAll('_', ' ')}.`, { param, details: { prompt } });
  }
}

/** A field says what the input says already. */
export class InputConflictError extends DomainError {
  constructor(param: string) {
    super('invalid', 'input_conflict', `With an input, ${param} comes from it and must be absent.`, { param });
  }
}

/** A suspended merchant's keys still read, capture and refund; they make no new payments. */
export class MerchantSuspendedError extends DomainError {
  constructor() {
    super('forbidden', 'merchant_suspended', 'The merchant is suspended and makes no new payments.', { advice: 'do_not_retry' });
  }
}
