/** A typed client of the API: one method, every route of the document, no dependency but `fetch`. */
import { type Operations, type Schemas } from './schema.js';

/** A route with its method: `POST /api/payments`. */
export type Route = keyof Operations;

/** The API refused: `problem.code` is for programs, `problem.advice` says what to do next. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    readonly problem: Schemas['Problem'],
  ) {
    super(problem.detail);
  }
}

/** How to reach the API. */
export interface ClientOptions {
  /** Such as `https://pay.example.com`. */
  readonly baseUrl: string;
  /** A merchant's key or a device's credential. */
  readonly credential: string;
  /** Milliseconds until a request is given up; a payment is then asked for again with the same key. */
  readonly timeoutMs?: number;
}

/** What a route takes; a POST that moves money needs an idempotency key. */
export type Input<R extends Route> = Part<'path', Operations[R]['path']> &
  Part<'query', Operations[R]['query']> &
  Part<'body', Operations[R]['body']> & { readonly idempotencyKey?: string };

// In brackets, so that it is asked once for a route and not for every combination of all of them.
type Part<Name extends string, T> = [T] extends [undefined]
  ? object
  : [Partial<T>] extends [T]
    ? { readonly [K in Name]?: T }
    : { readonly [K in Name]: T };

const TIMEOUT_MS = 30_000;

/** Calls the API. */
export class PaymentsClient {
  constructor(private readonly options: ClientOptions) {}

  /**
   * Calls a route.
   *
   * ```ts
   * await client.call('POST /api/payments', { idempotencyKey, body: { amount: 1099, currency: 'usd', deviceId, paymentMethod } });
   * ```
   *
   * @throws ApiError when the API refuses @throws TypeError or a TimeoutError when nobody answers: the outcome is unknown then
   */
  async call<R extends Route>(route: R, input: Input<R>): Promise<Operations[R]['answer']> {
    const { path = {}, query = {}, body, idempotencyKey } = input as unknown as AnyInput;
    const [method = '', template = ''] = route.split(' ');
    const url = new URL(
      template.replace(/\{(\w+)\}/g, (_match: string, name: string) => encodeURIComponent(String(path[name]))),
      this.options.baseUrl,
    );
    for (const [name, value] of Object.entries(query)) {
      const values = (Array.isArray(value) ? value : [value]) as readonly (string | number | boolean | undefined)[];
      for (const each of values) if (each !== undefined) url.searchParams.append(name, String(each));
    }
    const response = await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${this.options.credential}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(this.options.timeoutMs ?? TIMEOUT_MS),
    });
    const text = await response.text();
    const answer: unknown = text === '' ? undefined : JSON.parse(text);
    if (!response.ok) throw new ApiError(response.status, answer as Schemas['Problem']);
    return answer as Operations[R]['answer'];
  }
}

interface AnyInput {
  readonly path?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly idempotencyKey?: string;
}
