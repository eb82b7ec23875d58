/** Makes one call to Stripe and says in our words what came of it; what each of Stripe's answers means stands here and nowhere else. */
import Stripe from 'stripe';
import { type Clock, SECOND_MS } from '#kernel';
import type { GatewayAnswer, GatewayCall, GatewayDecline } from '#payments';
import { type StripeEndpoint, stripeRequestDurationSeconds, stripeRequestsTotal } from './metrics.js';

/** A call's answer before its object is translated. */
type RawAnswer<T> = GatewayAnswer<T>;

// A call is sent at most three times within the budget, always with the same idempotency key, and only when Stripe or the socket
// says that another try may help.
const TRIES = 3;
const RETRY_DELAYS_MS = [200, 600] as const;
/** Everything Stripe is asked within one of our requests, retries included, ends by then. */
const BUDGET_MS = 9 * SECOND_MS;

/**
 * Sends a call and classifies the outcome.
 *
 * | Stripe answers | meaning here |
 * | --- | --- |
 * | 2xx | `succeeded` |
 * | 402 | `declined`, with the object when the error carries it |
 * | 400, 401, 403, 404 | `failed`: it did not happen and will not |
 * | 409 key in use, 429, lock timeout | sent again with the same key; then `not_sent` |
 * | 5xx | sent again only when `Stripe-Should-Retry: true`; then `unknown`: Stripe replays a stored 500 for ever |
 * | time-out, broken connection | `unknown` |
 *
 * @param endpoint - The name under which it is counted.
 * @param send - Makes the call; must pass the same idempotency key every time.
 * @param objectOf - Finds the object that an error carries, if any.
 * @see https://docs.stripe.com/error-low-level (checked 2026-11)
 */
export async function callStripe<Raw, T>(
  clock: Clock,
  endpoint: StripeEndpoint,
  send: (options: { timeout: number }) => Promise<Stripe.Response<Raw>>,
  translate: (object: Raw) => T,
  objectOf: (error: Stripe.errors.StripeError) => Raw | null = () => null,
): Promise<GatewayAnswer<T>> {
  const answer = await sendUntilClear(clock, send, translate, objectOf);
  stripeRequestsTotal.inc({ endpoint, outcome: answer.outcome });
  stripeRequestDurationSeconds.observe({ endpoint }, answer.call.durationMs / SECOND_MS);
  return answer;
}

async function sendUntilClear<Raw, T>(
  clock: Clock,
  send: (options: { timeout: number }) => Promise<Stripe.Response<Raw>>,
  translate: (object: Raw) => T,
  objectOf: (error: Stripe.errors.StripeError) => Raw | null,
): Promise<GatewayAnswer<T>> {
  const startedMs = clock.monotonicMs();
  for (let attempt = 1; ; attempt++) {
    const answer = await sendOnce(clock, startedMs, send, translate, objectOf);
    if (!('isRetryable' in answer)) return answer;
    const delayMs = RETRY_DELAYS_MS[attempt - 1] ?? 0;
    const isLast = attempt >= TRIES || clock.monotonicMs() - startedMs + delayMs >= BUDGET_MS;
    if (isLast) return answer.answer;
    // Full jitter, so that many callers do not return at once.
    await new Promise((resolve) => setTimeout(resolve, Math.random() * delayMs));
  }
}

async function sendOnce<Raw, T>(
  clock: Clock,
  startedMs: number,
  send: (options: { timeout: number }) => Promise<Stripe.Response<Raw>>,
  translate: (object: Raw) => T,
  objectOf: (error: Stripe.errors.StripeError) => Raw | null,
): Promise<RawAnswer<T> | { isRetryable: true; answer: RawAnswer<T> }> {
  const call = (httpStatus: number | null, requestId: string | null): GatewayCall => ({
    httpStatus,
    requestId,
    durationMs: Math.round(clock.monotonicMs() - startedMs),
  });
  try {
    const remainingMs = Math.max(1, Math.round(BUDGET_MS - (clock.monotonicMs() - startedMs)));
    const object = await send({ timeout: remainingMs });
    return { outcome: 'succeeded', object: translate(object), call: call(object.lastResponse.statusCode, object.lastResponse.requestId) };
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeError)) throw error;
    const trace = call(error.statusCode ?? null, error.requestId ?? null);
    const raw = objectOf(error);
    const object = raw === null ? null : translate(raw);
    const status = error.statusCode;
    const shouldRetry = error.headers?.['stripe-should-retry'];
    if (status === 402) return { outcome: 'declined', decline: declineOf(error), object, call: trace };
    if (status === 409 || status === 429) {
      const answer: RawAnswer<T> = { outcome: 'not_sent', retryAfterSeconds: retryAfterOf(error), call: trace };
      return shouldRetry === 'false' ? answer : { isRetryable: true, answer };
    }
    if (status !== undefined && status >= 400 && status < 500) {
      return { outcome: 'failed', code: error.code ?? error.rawType ?? 'invalid_request', message: error.message, object, call: trace };
    }
    const unknown: RawAnswer<T> = { outcome: 'unknown', call: trace };
    return shouldRetry === 'true' || isRefusedConnection(error) ? { isRetryable: true, answer: unknown } : unknown;
  }
}

/** The issuer's refusal in an error of type card_error, or in a payment intent's last_payment_error. */
export function declineOf(error: {
  code?: string | null;
  decline_code?: string | null;
  advice_code?: string | null;
  message?: string | null;
}): GatewayDecline {
  return {
    code: error.code ?? 'card_declined',
    declineCode: error.decline_code ?? null,
    advice: error.advice_code ?? null,
    message: error.message ?? 'The payment was declined.',
  };
}

function retryAfterOf(error: Stripe.errors.StripeError): number {
  const seconds = Number(error.headers?.['retry-after']);
  return Number.isInteger(seconds) && seconds > 0 ? seconds : 1;
}

/** Nobody listened, so nothing was received: sending it again is safe and sensible. */
function isRefusedConnection(error: Stripe.errors.StripeError): boolean {
  return (error.detail as NodeJS.ErrnoException | undefined)?.code === 'ECONNREFUSED';
}
