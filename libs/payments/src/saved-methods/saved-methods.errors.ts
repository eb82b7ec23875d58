/** The refusals of saved payment methods; codes are documented in docs/api.md. */
import { DomainError } from '#kernel';
import { adviceFor } from '../domain/decline-policy.js';
import { type GatewayDecline } from '../payment-gateway.js';

/** There is no such saved method, or it is another merchant's, mode's or customer's. */
export class SavedMethodNotFoundError extends DomainError {
  constructor(param = 'id') {
    super('not_found', 'payment_method_not_found', 'There is no such saved payment method.', { param });
  }
}

/** The saved method's state does not allow it. */
export class SavedMethodStateError extends DomainError {
  constructor(participle: string, method: { readonly status: string } | null) {
    super('conflict', 'payment_method_unexpected_state', `A payment method that is ${method?.status ?? 'gone'} cannot be ${participle}.`, {
      param: 'paymentMethod',
      details: { paymentMethod: method },
      advice: 'fix',
    });
  }
}

/** The issuer does not let the method be saved. */
export class SavedMethodDeclinedError extends DomainError {
  constructor(decline: GatewayDecline, method: unknown) {
    const declineCode = decline.declineCode ?? decline.code;
    super('declined', 'payment_method_declined', decline.message, {
      advice: adviceFor({ declineCode, adviceCode: decline.advice }),
      details: { declineCode, paymentMethod: method },
    });
  }
}

/** The processor refuses the request itself, for instance a method that does not exist. */
export class SavedMethodRefusedError extends DomainError {
  constructor(gatewayCode: string, method: unknown) {
    super('invalid', 'payment_method_refused', 'The payment processor does not accept this payment method.', {
      param: 'paymentMethod',
      details: { gatewayCode, paymentMethod: method },
    });
  }
}

/** The customer agreed to payments in their presence only. */
export class OffSessionNotAgreedError extends DomainError {
  constructor() {
    super(
      'unprocessable',
      'off_session_not_agreed',
      'Without the customer only a saved payment method pays that they saved for this: with usage off_session.',
      { param: 'offSession' },
    );
  }
}

/** A device pays without a person only when its owner has authorised it. */
export class OffSessionForbiddenError extends DomainError {
  constructor() {
    super(
      'forbidden',
      'off_session_forbidden',
      "Only the merchant's key, or a device authorised for automated payments, pays off-session.",
      {
        param: 'offSession',
      },
    );
  }
}
