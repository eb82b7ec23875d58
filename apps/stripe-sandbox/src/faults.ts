/**
 * Faults on demand: what a network and a busy Stripe do to a request.
 *
 * | kind | the request is executed | the client gets |
 * |---|---|---|
 * | slow | yes | the answer after `ms` |
 * | hang_before, hang | no, yes | nothing, until it gives up |
 * | reset_before, reset | no, yes | a reset connection |
 * | cut | yes | half of the answer, then a reset connection |
 * | malformed | yes | 200 with a body that is no JSON |
 * | error_before, error | no, yes | 500, kept under the idempotency key and given again |
 * | error_unsaved | no | 500, kept nowhere: the next try runs |
 * | rate_limited, rate_limited_no_retry | no | 429, with `Stripe-Should-Retry` true or false |
 * | lock_timeout | no | 429 `lock_timeout` |
 * | key_in_use | no | 409 `idempotency_key_in_use` |
 * | key_mismatch | no | 400 `idempotency_error` |
 */
import { invalidParameter, StripeError } from './errors.js';
import { keyInUse, mismatch } from './idempotency.js';
import { SeededRandom } from './ids.js';

/** The names of the faults, as the header and the control route take them. */
export const FAULT_KINDS = [
  'slow',
  'hang_before',
  'hang',
  'reset_before',
  'reset',
  'cut',
  'malformed',
  'error_before',
  'error',
  'error_unsaved',
  'rate_limited',
  'rate_limited_no_retry',
  'lock_timeout',
  'key_in_use',
  'key_mismatch',
] as const;

/** The name of a fault. */
export type FaultKind = (typeof FAULT_KINDS)[number];

/** A fault that strikes one request. */
export interface Fault {
  readonly kind: FaultKind;
  /** For `slow`: milliseconds of real time. */
  readonly ms: number;
}

/** A fault that waits for requests. */
export interface ArmedFault extends Fault {
  /** Such as `POST /v1/payment_intents/{id}/confirm`; null strikes every route. */
  readonly route: string | null;
  /** Requests of the route to let pass first. */
  skip: number;
  /** Requests still to strike. */
  times: number;
  /** Share of the requests that it strikes, 0–1. */
  readonly probability: number;
}

const DEFAULT_SLOW_MS = 1_000;
const MAX_ARMED = 1_000;

/** The faults that wait. */
export class Faults {
  readonly armed: ArmedFault[] = [];
  /** How often each kind has struck. */
  readonly struck = new Map<FaultKind, number>();
  private readonly random: SeededRandom;

  constructor(seed: number) {
    this.random = new SeededRandom(seed ^ 0xfa17);
  }

  /** Lets a fault wait. @throws StripeError 400 for fields that make no sense. */
  arm(fields: Readonly<Record<string, unknown>>): ArmedFault {
    const { fault, ms = DEFAULT_SLOW_MS, route = null, skip = 0, times = 1, probability = 1 } = fields;
    if (!isFaultKind(fault)) throw invalidParameter(`\`fault\` is one of ${FAULT_KINDS.join(', ')}.`, 'fault');
    if (!isCount(ms) || !isCount(skip) || !isCount(times)) throw invalidParameter('`ms`, `skip` and `times` are whole numbers.', 'times');
    if (typeof probability !== 'number' || probability < 0 || probability > 1)
      throw invalidParameter('`probability` is from 0 to 1.', 'probability');
    if (route !== null && typeof route !== 'string') throw invalidParameter('`route` is such as "POST /v1/refunds".', 'route');
    if (this.armed.length >= MAX_ARMED) throw invalidParameter('Too many faults are waiting.', 'fault');
    const armed: ArmedFault = { kind: fault, ms, route, skip, times, probability };
    this.armed.push(armed);
    return armed;
  }

  /** Lets none wait any more. */
  clear(): void {
    this.armed.length = 0;
  }

  /** The fault that strikes a request: its own header's, or the first that waits for its route. */
  strike(route: string, header: string | undefined): Fault | null {
    const fault = header === undefined ? this.next(route) : parseHeader(header);
    if (fault) this.struck.set(fault.kind, (this.struck.get(fault.kind) ?? 0) + 1);
    return fault;
  }

  private next(route: string): Fault | null {
    for (const [index, fault] of this.armed.entries()) {
      if (fault.route !== null && fault.route !== route) continue;
      if (fault.skip > 0) {
        fault.skip -= 1;
        continue;
      }
      if (fault.probability < 1 && this.random.fraction() >= fault.probability) continue;
      fault.times -= 1;
      if (fault.times <= 0) this.armed.splice(index, 1);
      return fault;
    }
    return null;
  }
}

/** `Sandbox-Fault: hang` or `Sandbox-Fault: slow; ms=2500`. */
function parseHeader(header: string): Fault {
  const match = /^(\w+)(?:\s*;\s*ms=(\d{1,7}))?$/.exec(header.trim());
  const kind = match?.[1];
  if (!isFaultKind(kind)) throw invalidParameter(`Sandbox-Fault is one of ${FAULT_KINDS.join(', ')}.`, 'Sandbox-Fault');
  return { kind, ms: Number(match?.[2] ?? DEFAULT_SLOW_MS) };
}

/** The refusal of a fault that answers instead of the endpoint; null for the others. */
export function refusalOf(kind: FaultKind, key: string | null): StripeError | null {
  switch (kind) {
    case 'error_before':
    case 'error':
      return new StripeError(500, {
        type: 'api_error',
        message: 'An unexpected error occurred on our side. (This is the sandbox, by your order.)',
      });
    case 'error_unsaved':
      return new StripeError(
        500,
        { type: 'api_error', message: 'An unexpected error occurred on our side. (This is the sandbox, by your order.)' },
        true,
      );
    case 'rate_limited':
    case 'rate_limited_no_retry':
      return new StripeError(
        429,
        {
          type: 'invalid_request_error',
          code: 'rate_limit',
          message: 'Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.',
        },
        true,
      );
    case 'lock_timeout':
      return new StripeError(
        429,
        {
          type: 'invalid_request_error',
          code: 'lock_timeout',
          message:
            'This object cannot be accessed right now because another API request or Stripe process is currently accessing it. If you see this ' +
            'error intermittently, retry the request. If you see this error frequently and are making multiple concurrent requests to a single ' +
            'object, make your requests serially or at a lower rate. For more details, see https://stripe.com/docs/rate-limits#object-lock-timeouts.',
        },
        true,
      );
    case 'key_in_use':
      return keyInUse(key ?? '');
    case 'key_mismatch':
      return mismatch('Keys for idempotent requests can only be used with the same parameters they were first used with.', key ?? '');
    default:
      return null;
  }
}

function isFaultKind(value: unknown): value is FaultKind {
  return FAULT_KINDS.includes(value as FaultKind);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 10_000_000;
}
