/** A request on its way to its handler, and the table entry that leads there. */
import { type Account } from './account.js';
import { type Parameters } from './parameters.js';
import { type Sandbox } from './sandbox.js';

/** One API request: who asks, for what, with which checked parameters. */
export interface Call<P = Parameters> {
  readonly sandbox: Sandbox;
  readonly account: Account;
  /** The path without its query, which lists repeat as their `url`. */
  readonly url: string;
  /** The ids in the path, in order. */
  readonly ids: readonly string[];
  /** Checked by the route's table: their type is what the SDK says it is. */
  readonly parameters: P;
}

/** A route of the API. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Such as `/v1/payment_intents/{id}/confirm`. */
  readonly path: string;
  /** The SDK's type of the parameters, without `Stripe.`; null when the SDK has no such route. */
  readonly parameters: string | null;
  /** Runs to its end without waiting: two requests never see each other's halves. */
  readonly handle: (call: Call<never>) => object;
}

/** A table entry: `route('POST /v1/refunds', 'RefundCreateParams', createRefund)`. */
export function route(line: string, parameters: string | null, handle: Route['handle']): Route {
  const [method, path] = line.split(' ');
  if (!isMethod(method) || path === undefined) throw new Error(`not a route: ${line}`);
  return { method, path, parameters, handle };
}

function isMethod(text: string | undefined): text is Route['method'] {
  return text === 'GET' || text === 'POST' || text === 'DELETE';
}

/** The id in the path; routes that use it have one. */
export function pathId(call: Call<unknown>, index = 0): string {
  return call.ids[index] ?? '';
}
