/** `/_sandbox/…`: the routes that Stripe does not have, by which a test watches the sandbox and makes things happen. */
import { type Api } from './api.js';
import { challengePage } from './challenge-page.js';
import { invalidParameter, noSuch, StripeError } from './errors.js';
import { ledger } from './ledger.js';
import { PaymentFlow } from './resources/payment-flow.js';
import { type Sandbox } from './sandbox.js';

/** What a control route answers: JSON, a page, or a redirect. */
export type ControlAnswer = { readonly json: object } | { readonly html: string } | { readonly location: string };

interface ControlCall {
  readonly sandbox: Sandbox;
  readonly api: Api;
  readonly id: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly query: URLSearchParams;
}

interface ControlRoute {
  readonly method: string;
  readonly path: RegExp;
  readonly handle: (call: ControlCall) => ControlAnswer;
}

const CONTROL_ROUTES: readonly ControlRoute[] = [
  { method: 'GET', path: /^\/_sandbox\/ledger$/, handle: ({ sandbox, api }) => ({ json: ledger(sandbox, api) }) },
  { method: 'GET', path: /^\/_sandbox\/clock$/, handle: ({ sandbox }) => ({ json: clockState(sandbox) }) },
  { method: 'POST', path: /^\/_sandbox\/clock$/, handle: moveClock },
  { method: 'GET', path: /^\/_sandbox\/webhooks$/, handle: ({ sandbox }) => ({ json: webhookState(sandbox) }) },
  { method: 'POST', path: /^\/_sandbox\/payment_intents\/(\w+)\/authenticate$/, handle: authenticate },
  {
    method: 'GET',
    path: /^\/_sandbox\/authenticate\/(\w+)$/,
    handle: ({ sandbox, id }) => ({ html: challengePage(findIntent(sandbox, id).intent) }),
  },
  { method: 'POST', path: /^\/_sandbox\/authenticate\/(\w+)$/, handle: answerChallenge },
];

/** Runs a control route. @throws StripeError 404 for a path that is none. */
export function runControl(
  sandbox: Sandbox,
  api: Api,
  request: { method: string; path: string; query: string; body: string },
): ControlAnswer {
  for (const { method, path, handle } of CONTROL_ROUTES) {
    const match = method === request.method ? path.exec(request.path) : null;
    if (!match) continue;
    const answer = handle({ sandbox, api, id: match[1] ?? '', body: parseBody(request.body), query: new URLSearchParams(request.query) });
    sandbox.store.commit();
    return answer;
  }
  throw new StripeError(404, {
    type: 'invalid_request_error',
    message: `The sandbox has no control route ${request.method} ${request.path}.`,
  });
}

/** JSON, or the form a browser sends. */
function parseBody(body: string): Readonly<Record<string, unknown>> {
  if (body === '') return {};
  if (!body.startsWith('{')) return Object.fromEntries(new URLSearchParams(body));
  try {
    return JSON.parse(body) as Record<string, unknown>;
  } catch (error) {
    throw invalidParameter(`The body is not JSON: ${String(error)}`, '');
  }
}

function clockState(sandbox: Sandbox): object {
  const { count, nextDueAtMs } = sandbox.clock.pending();
  const next = nextDueAtMs === null ? null : new Date(nextDueAtMs).toISOString();
  return {
    object: 'clock',
    now: new Date(sandbox.clock.nowMs()).toISOString(),
    frozen: sandbox.clock.isFrozen,
    pending_jobs: count,
    next_job_at: next,
  };
}

/** `{ "advance_seconds": 86400 }`, `{ "to": "2027-01-01T00:00:00Z" }`, `{ "frozen": true }`. */
function moveClock({ sandbox, body }: ControlCall): ControlAnswer {
  const { advance_seconds: advance, to, frozen } = body;
  if (typeof frozen === 'boolean') sandbox.clock.setFrozen(frozen);
  if (typeof advance === 'number' && Number.isFinite(advance)) sandbox.clock.advance(advance * 1_000);
  if (typeof to === 'string') {
    const targetMs = Date.parse(to);
    if (Number.isNaN(targetMs)) throw invalidParameter('`to` is an ISO 8601 instant.', 'to');
    sandbox.clock.travelTo(targetMs);
  }
  return { json: clockState(sandbox) };
}

function webhookState(sandbox: Sandbox): object {
  return {
    object: 'webhooks',
    pending: sandbox.delivery.pending,
    disorder: sandbox.disorder.settings,
    attempts: sandbox.delivery.attempts,
  };
}

function findIntent(sandbox: Sandbox, id: string) {
  for (const account of sandbox.allAccounts()) {
    const intent = account.paymentIntents.find(id);
    if (intent) return { account, intent };
  }
  throw noSuch('payment_intent', id, 'intent');
}

/** Ends a 3-D Secure challenge: `{ "outcome": "succeed" }` or `{ "outcome": "fail" }`. */
function authenticate({ sandbox, id, body }: ControlCall): ControlAnswer {
  const { account, intent } = findIntent(sandbox, id);
  const { outcome = 'succeed' } = body;
  if (outcome !== 'succeed' && outcome !== 'fail') throw invalidParameter('`outcome` is "succeed" or "fail".', 'outcome');
  const method = account.paymentMethods.find(intent.payment_method ?? '');
  if (intent.status !== 'requires_action' || !method) {
    throw new StripeError(400, {
      type: 'invalid_request_error',
      message: `This PaymentIntent waits for no authentication: its status is ${intent.status}.`,
    });
  }
  const flow = new PaymentFlow(sandbox, account, intent, method);
  if (outcome === 'fail') {
    flow.failAuthentication();
    return { json: intent };
  }
  try {
    flow.completeAuthentication();
  } catch (error) {
    // A decline after the challenge is for the next look at the intent, not for the payer's page.
    if (!(error instanceof StripeError)) throw error;
  }
  return { json: intent };
}

/** The page's buttons: ends the challenge and sends the payer back. */
function answerChallenge(call: ControlCall): ControlAnswer {
  const { intent } = findIntent(call.sandbox, call.id);
  const action = intent.next_action as { redirect_to_url?: { return_url: string } } | null;
  authenticate(call);
  const target = action?.redirect_to_url?.return_url;
  if (target === undefined) return { html: challengePage(intent) };
  const url = new URL(target);
  url.searchParams.set('payment_intent', intent.id);
  url.searchParams.set('payment_intent_client_secret', intent.client_secret);
  url.searchParams.set('redirect_status', intent.status === 'requires_payment_method' ? 'failed' : 'succeeded');
  return { location: url.href };
}
