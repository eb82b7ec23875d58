/** Stripe: the only library that knows the SDK. */
export { StripeModule } from './stripe.module.js';
