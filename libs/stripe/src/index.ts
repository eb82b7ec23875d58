/** Stripe: the only library that knows the SDK. */
export { HANDLED_STRIPE_EVENTS, IGNORED_STRIPE_EVENTS } from './stripe-event-types.js';
export { type StripeEventTranslation, translateStripeEvent } from './stripe-events.js';
export {
  type StripeListedIntent,
  StripeLists,
  StripeListUnavailableError,
  type StripeMovement,
  type StripeWindow,
} from './stripe-lists.js';
export { type PayoutEvent, type StripePayout, StripePayouts } from './stripe-payouts.js';
export { METADATA_KEYS } from './stripe-objects.js';
export {
  parseStripeEvent,
  readStripeEnvelope,
  type StripeEventEnvelope,
  StripeWebhookVerifier,
  UNREADABLE_EVENT_TYPE,
  WebhookSignatureInvalidError,
} from './stripe-webhooks.js';
export { StripeProbe, type StripeProbeResult } from './stripe-probe.js';
export { StripeModule } from './stripe.module.js';
