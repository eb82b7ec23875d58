/** An API request from its key to its answer: authenticated, judged, executed once, committed, answered. */
import { API_VERSION } from './api-version.js';
import { type Call } from './call.js';
import { errorBody, invalidParameter, StripeError } from './errors.js';
import { expand } from './expand.js';
import { type Fault, refusalOf } from './faults.js';
import { parseForm } from './form.js';
import { INCLUDABLES } from './includables.js';
import { checkParameters, type Parameters } from './parameters.js';
import { findRoute } from './routes.js';
import { type Sandbox } from './sandbox.js';

/** A request as it was read from the socket. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  /** The query of a GET or DELETE, the body of a POST. */
  readonly form: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly requestId: string;
  /** What befalls it on purpose. */
  readonly fault: Fault | null;
}

/** An answer before it is written. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers: Record<string, string>;
  /** The idempotency key that stays in use until the answer is on its way: {@link Api.release}. */
  readonly heldKey?: string;
}

const KEY = /^(?:sk|rk)_test_\w{3,}$/;
const ACCOUNT = /^acct_\w+$/;
const VERSION = /^\d{4}-\d{2}-\d{2}(\.\w+)?$/;

/** Runs requests against a sandbox. */
export class Api {
  /** Requests by route, for the ledger. */
  readonly requestCounts = new Map<string, number>();

  constructor(private readonly sandbox: Sandbox) {}

  /** Runs a request to its end and commits what it changed. A kept answer is given again without running. */
  run(request: ApiRequest): ApiAnswer {
    const accountId = accountIdOf(request) ?? this.sandbox.platform.id;
    try {
      this.authenticate(request);
      const refusal = request.fault && refusalOf(request.fault.kind, idempotencyKey(request));
      // These answer instead of the endpoint and are kept nowhere.
      if (refusal && request.fault.kind !== 'error' && request.fault.kind !== 'error_before') throw refusal;
      return this.runOnce(request, accountId);
    } catch (error) {
      return this.refuse(error, request, accountId);
    }
  }

  /** Frees the idempotency key of a request that ran: its client can have the answer now. */
  release({ heldKey }: ApiAnswer, request: ApiRequest): void {
    if (heldKey !== undefined) this.sandbox.idempotency.release(accountIdOf(request) ?? this.sandbox.platform.id, heldKey);
  }

  /** The answer that refuses. Anything but a {@link StripeError} is a bug of the sandbox, and is said to be one. */
  refuse(error: unknown, request: ApiRequest, accountId: string): ApiAnswer {
    const refusal =
      error instanceof StripeError ? error : new StripeError(500, { type: 'api_error', message: `The sandbox failed: ${String(error)}` });
    const headers = baseHeaders(request);
    if (refusal.status === 429) headers['stripe-should-retry'] = String(request.fault?.kind !== 'rate_limited_no_retry');
    return { status: refusal.status, body: JSON.stringify(errorBody(refusal, accountId, request.requestId)), headers };
  }

  private runOnce(request: ApiRequest, accountId: string): ApiAnswer {
    const { idempotency, clock } = this.sandbox;
    const key = request.method === 'POST' ? idempotencyKey(request) : null;
    if (key === null) return this.execute(request, accountId, null).answer;
    const kept = idempotency.begin(accountId, key, request.path, request.form, clock.nowMs());
    if (kept) {
      const headers = {
        ...baseHeaders(request),
        'idempotency-key': key,
        'idempotent-replayed': 'true',
        'original-request': kept.requestId,
      };
      return { status: kept.status, body: kept.body, headers };
    }
    const { answer, isExecuted } = this.execute(request, accountId, key);
    answer.headers['idempotency-key'] = key;
    answer.headers['original-request'] = request.requestId;
    if (isExecuted) this.keep(request, accountId, key, answer);
    return { ...answer, heldKey: key };
  }

  /** Keeps an answer under its key, in the same journal entry as what it changed. */
  private keep(request: ApiRequest, accountId: string, key: string, { status, body }: ApiAnswer): void {
    const { path: url, form, requestId } = request;
    this.sandbox.idempotency.finish(accountId, key, { url, form, status, body, requestId, savedAtMs: this.sandbox.clock.nowMs() });
    this.sandbox.store.commit();
  }

  private execute(request: ApiRequest, accountId: string, key: string | null): { answer: ApiAnswer; isExecuted: boolean } {
    const { sandbox } = this;
    sandbox.events.cause = { id: request.requestId, idempotencyKey: key };
    let isExecuted = true;
    let answer: ApiAnswer;
    try {
      const { fault } = request;
      const failure = fault && refusalOf(fault.kind, key);
      if (failure && fault.kind === 'error_before') throw failure;
      answer = { status: 200, body: JSON.stringify(this.handle(request, accountId)), headers: baseHeaders(request) };
      if (failure) throw failure;
    } catch (error) {
      if (error instanceof StripeError && error.isValidation) isExecuted = false;
      answer = this.refuse(error, request, accountId);
    }
    sandbox.events.cause = null;
    if (key === null || !isExecuted) sandbox.store.commit();
    return { answer, isExecuted };
  }

  private handle(request: ApiRequest, accountId: string): object {
    const { sandbox } = this;
    const match = findRoute(request.method, request.path);
    if (!match) throw unrecognized(request);
    const { route, ids } = match;
    const name = `${route.method} ${route.path}`;
    this.requestCounts.set(name, (this.requestCounts.get(name) ?? 0) + 1);
    const { expand: paths, ...parameters } = checkParameters(
      route.parameters,
      parseForm(request.form),
      header(request, 'stripe-version') === API_VERSION,
    );
    const call: Call = { sandbox, account: sandbox.account(accountId), url: request.path, ids, parameters };
    // The route's table entry has just shown that the parameters are of the type its handler names.
    const answer = route.handle(call as unknown as Call<never>);
    return paths === undefined ? answer : expand(answer, expandPaths(paths), call.account, INCLUDABLES);
  }

  private authenticate(request: ApiRequest): void {
    const authorization = header(request, 'authorization') ?? '';
    const key = authorization.startsWith('Basic ')
      ? Buffer.from(authorization.slice(6), 'base64').toString('utf8').replace(/:.*$/s, '')
      : authorization.replace(/^Bearer /, '');
    if (key === '') throw new StripeError(401, { type: 'invalid_request_error', message: NO_KEY }, true);
    if (!KEY.test(key)) {
      throw new StripeError(401, { type: 'invalid_request_error', message: `Invalid API Key provided: ${mask(key)}` }, true);
    }
    const accountId = accountIdOf(request);
    if (accountId !== undefined && !ACCOUNT.test(accountId)) {
      const message = `The provided key '${mask(key)}' does not have access to account '${accountId}' (or that account does not exist). Application access may have been revoked.`;
      throw new StripeError(403, { type: 'invalid_request_error', code: 'account_invalid', message }, true);
    }
    const version = header(request, 'stripe-version');
    if (version !== undefined && !VERSION.test(version)) {
      throw new StripeError(400, { type: 'invalid_request_error', message: `Invalid Stripe API version: ${version}` }, true);
    }
  }
}

const NO_KEY =
  "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: " +
  "Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or we can help at https://support.stripe.com/.";

function unrecognized({ method, path }: ApiRequest): StripeError {
  const message =
    `Unrecognized request URL (${method}: ${path}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/. ` +
    'The sandbox covers the routes that its documentation lists.';
  return new StripeError(404, { type: 'invalid_request_error', message }, true);
}

function expandPaths(paths: Parameters[string]): string[] {
  if (!Array.isArray(paths)) throw invalidParameter('Invalid array', 'expand');
  return paths.map(String);
}

/** The first letters and the last four, as Stripe repeats a wrong key. */
function mask(key: string): string {
  return key.length < 12 ? '*'.repeat(key.length) : `${key.slice(0, 8)}${'*'.repeat(key.length - 12)}${key.slice(-4)}`;
}

function header(request: ApiRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function accountIdOf(request: ApiRequest): string | undefined {
  return header(request, 'stripe-account');
}

function idempotencyKey(request: ApiRequest): string | null {
  return header(request, 'idempotency-key') ?? null;
}

function baseHeaders(request: ApiRequest): Record<string, string> {
  return {
    'content-type': 'application/json',
    'request-id': request.requestId,
    'stripe-version': header(request, 'stripe-version') ?? API_VERSION,
  };
}
