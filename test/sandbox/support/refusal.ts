/** What the SDK throws. */
import Stripe from 'stripe';

/** The error with which Stripe refuses; anything else fails the test. */
export async function refusal(promise: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof Stripe.errors.StripeError) return error;
  throw new Error(`not a refusal by Stripe: ${String(error)}`);
}
