/** The refusals of subscriptions; codes are documented in docs/api.md. */
import { DomainError } from '#kernel';
import { adviceFor } from '../domain/decline-policy.js';
import { type GatewayDecline } from '../payment-gateway.js';

/** There is no such subscription, or it is another merchant's or mode's. */
export class SubscriptionNotFoundError extends DomainError {
  constructor() {
    super('not_found', 'subscription_not_found', 'There is no such subscription.');
  }
}

/** The customer has a subscription to the plan that has not ended. */
export class SubscriptionExistsError extends DomainError {
  constructor(subscriptionId: string) {
    super('conflict', 'subscription_exists', 'The customer has a subscription to this plan already.', {
      param: 'plan',
      details: { subscriptionId },
      advice: 'fix',
    });
  }
}

/** The subscription's state does not allow it. */
export class SubscriptionStateError extends DomainError {
  constructor(participle: string, subscription: { readonly status: string }) {
    super('conflict', 'subscription_unexpected_state', `A subscription that is ${subscription.status} cannot be ${participle}.`, {
      details: { subscription },
      advice: 'fix',
    });
  }
}

/** The first payment was refused, and the subscription did not begin. */
export class SubscriptionDeclinedError extends DomainError {
  constructor(decline: GatewayDecline | null, subscription: unknown) {
    const declineCode = decline === null ? null : (decline.declineCode ?? decline.code);
    super('declined', 'subscription_declined', decline?.message ?? 'The first payment was refused.', {
      advice: decline === null ? 'do_not_retry' : adviceFor({ declineCode, adviceCode: decline.advice }),
      details: { declineCode, subscription },
    });
  }
}

/** The customer has no saved payment method, and the request names none. */
export class PaymentMethodMissingError extends DomainError {
  constructor() {
    super('unprocessable', 'payment_method_missing', 'The customer has no default payment method; name or save one.', {
      param: 'paymentMethod',
    });
  }
}
