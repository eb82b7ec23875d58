/** `/_sandbox/…`: the routes that Stripe does not have, by which a test watches the sandbox and makes things happen. */
import { type Api } from './api.js';
import { type ControlAnswer, type ControlCall } from './control-call.js';
import {
  answerChallenge,
  authenticate,
  authenticateSetup,
  completeCheckout,
  decidePayout,
  showChallenge,
  showCheckout,
  submitCheckout,
} from './control-payments.js';
import { type DisorderSettings, NO_DISORDER } from './disorder.js';
import { invalidParameter, noSuch, StripeError } from './errors.js';
import { parseLatency } from './latency.js';
import { ledger } from './ledger.js';
import { type Sandbox } from './sandbox.js';

/** Copies of one event that one request may ask for. */
const MAX_COPIES = 1_000;

interface ControlRoute {
  readonly method: string;
  readonly path: RegExp;
  readonly handle: (call: ControlCall) => ControlAnswer;
}

/** Every control route. */
export const CONTROL_ROUTES: readonly ControlRoute[] = [
  { method: 'GET', path: /^\/_sandbox\/ledger$/, handle: ({ sandbox, api }) => ({ json: ledger(sandbox, api) }) },
  { method: 'GET', path: /^\/_sandbox\/clock$/, handle: ({ sandbox }) => ({ json: clockState(sandbox) }) },
  { method: 'POST', path: /^\/_sandbox\/clock$/, handle: moveClock },
  { method: 'GET', path: /^\/_sandbox\/webhooks$/, handle: ({ sandbox }) => ({ json: webhookState(sandbox) }) },
  { method: 'POST', path: /^\/_sandbox\/webhooks$/, handle: changeWebhooks },
  { method: 'GET', path: /^\/_sandbox\/faults$/, handle: ({ sandbox }) => ({ json: faultState(sandbox) }) },
  { method: 'POST', path: /^\/_sandbox\/faults$/, handle: armFault },
  { method: 'DELETE', path: /^\/_sandbox\/faults$/, handle: clearFaults },
  { method: 'GET', path: /^\/_sandbox\/latency$/, handle: showLatency },
  { method: 'POST', path: /^\/_sandbox\/latency$/, handle: changeLatency },
  { method: 'POST', path: /^\/_sandbox\/idempotency_keys\/prune$/, handle: pruneKeys },
  { method: 'POST', path: /^\/_sandbox\/payment_intents\/(\w+)\/authenticate$/, handle: authenticate },
  { method: 'POST', path: /^\/_sandbox\/setup_intents\/(\w+)\/authenticate$/, handle: authenticateSetup },
  { method: 'POST', path: /^\/_sandbox\/checkout\/sessions\/(\w+)\/complete$/, handle: completeCheckout },
  { method: 'GET', path: /^\/_sandbox\/checkout\/(\w+)$/, handle: showCheckout },
  { method: 'POST', path: /^\/_sandbox\/checkout\/(\w+)$/, handle: submitCheckout },
  { method: 'POST', path: /^\/_sandbox\/payouts\/(\w+)$/, handle: decidePayout },
  {
    method: 'GET',
    path: /^\/_sandbox\/authenticate\/(\w+)$/,
    handle: showChallenge,
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

/**
 * Any of `disorder` (fields of {@link DisorderSettings}), `rotate_secret` (an endpoint's id, with `keep_old_seconds`), `resend` (an event's
 * id, with `times`).
 */
function changeWebhooks({ sandbox, body }: ControlCall): ControlAnswer {
  const { disorder, rotate_secret: endpointId, resend } = body;
  if (typeof disorder === 'object' && disorder !== null) changeDisorder(sandbox, disorder as Record<string, unknown>);
  if (typeof resend === 'string') resendEvent(sandbox, resend, Number(body.times ?? 1));
  if (typeof endpointId === 'string') return { json: rotateSecret(sandbox, endpointId, body) };
  return { json: webhookState(sandbox) };
}

function changeDisorder(sandbox: Sandbox, changes: Readonly<Record<string, unknown>>): void {
  const settings: Record<string, number> = { ...NO_DISORDER };
  for (const [name, value] of Object.entries(changes)) {
    if (!(name in settings) || typeof value !== 'number' || !Number.isFinite(value)) {
      throw invalidParameter(`\`disorder\` takes numbers for ${Object.keys(NO_DISORDER).join(', ')}.`, `disorder.${name}`);
    }
    settings[name] = value;
  }
  sandbox.disorder.settings = settings as unknown as DisorderSettings;
}

function resendEvent(sandbox: Sandbox, eventId: string, times: number): void {
  for (const account of sandbox.allAccounts()) {
    const event = account.events.find(eventId);
    if (!event) continue;
    for (let copy = 0; copy < Math.min(times, MAX_COPIES); copy += 1) {
      for (const endpoint of account.webhookEndpoints.all()) sandbox.delivery.resend(event, account, endpoint);
    }
    return;
  }
  throw noSuch('event', eventId, 'resend', 400);
}

/** A new secret; the old one signs too until it expires, as after a roll in Stripe's dashboard. */
function rotateSecret(sandbox: Sandbox, endpointId: string, body: Readonly<Record<string, unknown>>): object {
  const { secret, keep_old_seconds: seconds = 86_400 } = body;
  const endpoint = sandbox.platform.webhookEndpoints.find(endpointId);
  if (!endpoint) throw noSuch('webhook endpoint', endpointId, 'rotate_secret', 400);
  const expiresAtMs = sandbox.clock.nowMs() + Number(seconds) * 1_000;
  const value = typeof secret === 'string' ? secret : sandbox.store.newId('whsec', 32);
  endpoint.secrets = [
    { value, expiresAtMs: null },
    ...endpoint.secrets.map((old) => ({ ...old, expiresAtMs: old.expiresAtMs ?? expiresAtMs })),
  ];
  sandbox.platform.webhookEndpoints.put(endpoint);
  return { id: endpoint.id, object: 'webhook_endpoint', secret: value };
}

function faultState({ faults }: Sandbox): object {
  return { object: 'faults', armed: faults.armed, struck: Object.fromEntries(faults.struck) };
}

/** `{ "fault": "hang", "route": "POST /v1/payment_intents/{id}/confirm", "skip": 0, "times": 1 }`. */
function armFault({ sandbox, body }: ControlCall): ControlAnswer {
  sandbox.faults.arm(body);
  return { json: faultState(sandbox) };
}

function clearFaults({ sandbox }: ControlCall): ControlAnswer {
  sandbox.faults.clear();
  return { json: faultState(sandbox) };
}

/** The profile, and the milliseconds that each of the newest requests was to take, by request id. */
function showLatency({ sandbox }: ControlCall): ControlAnswer {
  const { profile, remembered } = sandbox.latency;
  return { json: { object: 'latency', profile, requests: remembered } };
}

/** `{ "profile": "80:400" }`: median and 99th percentile in milliseconds, or `off`. */
function changeLatency({ sandbox, body }: ControlCall): ControlAnswer {
  const profile = typeof body.profile === 'string' ? parseLatency(body.profile) : undefined;
  if (profile === undefined) throw invalidParameter('`profile` is "off", "80" or "80:400" (milliseconds).', 'profile');
  sandbox.latency.profile = profile;
  return { json: { object: 'latency', profile } };
}

/** Forgets idempotency keys older than 24 hours, or `{ "older_than_seconds": 0 }`: all of them. */
function pruneKeys({ sandbox, body }: ControlCall): ControlAnswer {
  const { older_than_seconds: seconds = 86_400 } = body;
  return { json: { object: 'idempotency_keys', pruned: sandbox.idempotency.prune(sandbox.clock.nowMs(), Number(seconds) * 1_000) } };
}
