/** Makes calls to Stripe and says in our words what came of it; what each of Stripe's answers means stands here and nowhere else. */
import Stripe from 'stripe';
import { type Clock, SECOND_MS } from '#kernel';
import type { GatewayAnswer, GatewayCall, GatewayDecline } from '#payments';
import { inSpan } from '#platform';
import { CircuitBreaker } from './domain/circuit-breaker.js';
import { type StripeEndpoint, stripeRequestDurationSeconds, stripeRequestsTotal } from './metrics.js';
import { LANES_BY_ENDPOINT, type LimiterSettings, StripeLimiter } from './stripe-limiter.js';

// A call is sent at most three times within the budget, always with the same idempotency key, and only when Stripe or the socket
// says that another try may help.
const TRIES = 3;
const RETRY_DELAYS_MS = [200, 600] as const;

/** Bounds of the calls of one process. */
export interface CallSettings extends LimiterSettings {
  /** Everything that is done for one answer, waiting and retries included, ends by then. */
  readonly timeoutMs: number;
}

/** How to make a call and read what it returns. */
export interface StripeCall<Raw, T> {
  /** Under which it is counted, and which decides its lane. */
  readonly endpoint: StripeEndpoint;
  /** Makes the call; must pass the same idempotency key every time. */
  readonly send: (options: { timeout: number }) => Promise<Stripe.Response<Raw>>;
  readonly translate: (object: Raw) => T;
  /** The object that an error carries, if any. */
  readonly objectOf?: (error: Stripe.errors.StripeError) => Raw | null;
}

/** An answer, and whether sending the same call again may give a better one. */
interface Sent<T> {
  readonly answer: GatewayAnswer<T>;
  readonly isRetryable: boolean;
}

/**
 * Sends calls to Stripe and classifies what comes of them.
 *
 * | Stripe answers | meaning here |
 * | --- | --- |
 * | 2xx | `succeeded` |
 * | 402 | `declined`, with the object when the error carries it |
 * | 400, 401, 403, 404 | `failed`: it did not happen and will not |
 * | 409 key in use, 429, lock timeout | sent again with the same key; then `not_sent` |
 * | 5xx | sent again only when `Stripe-Should-Retry: true`; then `unknown`: Stripe replays a stored 500 for ever |
 * | time-out, broken connection | `unknown` |
 * | no turn in time, breaker open | `not_sent`, without a call |
 *
 * @see https://docs.stripe.com/error-low-level
 */
export class StripeCalls {
  readonly breaker = new CircuitBreaker();
  private readonly limiter: StripeLimiter;

  constructor(
    private readonly settings: CallSettings,
    private readonly clock: Clock,
  ) {
    this.limiter = new StripeLimiter(settings, clock);
  }

  /** Makes a call, waits for its turn and repeats it where that may help. */
  async make<Raw, T>(call: StripeCall<Raw, T>): Promise<GatewayAnswer<T>> {
    const answer = await inSpan(`stripe ${call.endpoint}`, { 'upp.endpoint': call.endpoint }, () => this.sendUntilClear(call));
    stripeRequestsTotal.inc({ endpoint: call.endpoint, outcome: answer.outcome });
    stripeRequestDurationSeconds.observe({ endpoint: call.endpoint }, answer.call.durationMs / SECOND_MS);
    return answer;
  }

  private async sendUntilClear<Raw, T>(call: StripeCall<Raw, T>): Promise<GatewayAnswer<T>> {
    const startedMs = this.clock.monotonicMs();
    for (let attempt = 1; ; attempt++) {
      const { answer, isRetryable } = await this.sendInTurn(call, startedMs);
      const delayMs = RETRY_DELAYS_MS[attempt - 1] ?? 0;
      const isLast = attempt >= TRIES || this.clock.monotonicMs() - startedMs + delayMs >= this.settings.timeoutMs;
      if (!isRetryable || isLast) return answer;
      // Full jitter, so that many callers do not return at once.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * delayMs));
    }
  }

  private async sendInTurn<Raw, T>(call: StripeCall<Raw, T>, startedMs: number): Promise<Sent<T>> {
    if (!(await this.limiter.acquire(LANES_BY_ENDPOINT[call.endpoint], startedMs + this.settings.timeoutMs)))
      return this.notSent(startedMs, 1);
    try {
      // Asked last: what it allows while open is its one probe, which must be made.
      const nowMs = this.clock.monotonicMs();
      if (!this.breaker.mayCall(nowMs)) return this.notSent(startedMs, Math.ceil(this.breaker.retryAfterMs(nowMs) / SECOND_MS));
      const sent = await this.send(call, startedMs);
      this.breaker.record(sent.answer.outcome !== 'unknown', this.clock.monotonicMs());
      return sent;
    } finally {
      this.limiter.release();
    }
  }

  private async send<Raw, T>({ send, translate, objectOf }: StripeCall<Raw, T>, startedMs: number): Promise<Sent<T>> {
    try {
      const object = await send({ timeout: Math.max(1, Math.round(startedMs + this.settings.timeoutMs - this.clock.monotonicMs())) });
      const { statusCode, requestId } = object.lastResponse;
      return {
        answer: { outcome: 'succeeded', object: translate(object), call: this.trace(startedMs, statusCode, requestId) },
        isRetryable: false,
      };
    } catch (error) {
      if (!(error instanceof Stripe.errors.StripeError)) {
        // A bug of ours in reading an answer must not leave the breaker waiting for its probe.
        this.breaker.record(true, this.clock.monotonicMs());
        throw error;
      }
      const raw = objectOf?.(error) ?? null;
      return classify(
        error,
        raw === null ? null : translate(raw),
        this.trace(startedMs, error.statusCode ?? null, error.requestId ?? null),
      );
    }
  }

  private notSent<T>(startedMs: number, retryAfterSeconds: number): Sent<T> {
    return {
      answer: { outcome: 'not_sent', retryAfterSeconds: Math.max(1, retryAfterSeconds), call: this.trace(startedMs, null, null) },
      isRetryable: false,
    };
  }

  private trace(startedMs: number, httpStatus: number | null, requestId: string | null): GatewayCall {
    return { httpStatus, requestId, durationMs: Math.round(this.clock.monotonicMs() - startedMs) };
  }
}

function classify<T>(error: Stripe.errors.StripeError, object: T | null, call: GatewayCall): Sent<T> {
  const status = error.statusCode;
  const shouldRetry = error.headers?.['stripe-should-retry'];
  if (status === 402) return { answer: { outcome: 'declined', decline: declineOf(error), object, call }, isRetryable: false };
  if (status === 409 || status === 429) {
    return { answer: { outcome: 'not_sent', retryAfterSeconds: retryAfterOf(error), call }, isRetryable: shouldRetry !== 'false' };
  }
  if (status !== undefined && status >= 400 && status < 500) {
    const code = error.code ?? error.rawType ?? 'invalid_request';
    return { answer: { outcome: 'failed', code, message: error.message, object, call }, isRetryable: false };
  }
  return { answer: { outcome: 'unknown', call }, isRetryable: shouldRetry === 'true' || isRefusedConnection(error) };
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
