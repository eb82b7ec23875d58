/**
 * Idempotency keys as Stripe documents them: the first executed request's status and body are kept and given again, failures included;
 * other parameters are refused; a second request during the first is a conflict; keys older than 24 hours may be reused.
 * @see https://docs.stripe.com/api/idempotent_requests (checked 2026-11)
 */
import { HOUR_MS } from '#kernel';
import { StripeError } from './errors.js';
import { type Collection, type Store, type StripeObject } from './store.js';

const KEEP_MS = 24 * HOUR_MS;
const MAX_KEY_LENGTH = 255;

/** A key and what was answered under it. */
export interface KeptAnswer extends StripeObject {
  object: 'idempotency_key';
  url: string;
  /** The parameters as they came, byte for byte. */
  form: string;
  status: number;
  body: string;
  requestId: string;
  savedAtMs: number;
}

/** The keys in use and those kept. */
export class IdempotencyKeys {
  private readonly inFlight = new Set<string>();
  private readonly kept: Collection<KeptAnswer>;

  constructor(store: Store) {
    this.kept = store.collection('', 'idempotency_key');
  }

  /**
   * Begins a request under a key.
   *
   * @returns The kept answer to give again, or null: then the request runs and ends with {@link finish} or {@link release}.
   * @throws StripeError 400 for other parameters or another path, 409 while the first request runs.
   */
  begin(accountId: string, key: string, url: string, form: string, nowMs: number): KeptAnswer | null {
    const id = `${accountId}:${key}`;
    if (key.length > MAX_KEY_LENGTH) {
      throw new StripeError(400, {
        type: 'invalid_request_error',
        message: `Idempotency keys can have up to ${String(MAX_KEY_LENGTH)} characters.`,
      });
    }
    if (this.inFlight.has(id)) throw keyInUse(key);
    const kept = this.kept.find(id);
    if (kept && nowMs - kept.savedAtMs < KEEP_MS) {
      if (kept.url !== url) {
        throw mismatch(
          `Keys for idempotent requests can only be used for the same endpoint they were first used for ('${kept.url}' vs '${url}').`,
          key,
        );
      }
      if (!isSameForm(kept.form, form)) {
        throw mismatch('Keys for idempotent requests can only be used with the same parameters they were first used with.', key);
      }
      return kept;
    }
    this.inFlight.add(id);
    return null;
  }

  /** Keeps the answer of an executed request. */
  finish(accountId: string, key: string, answer: Omit<KeptAnswer, 'id' | 'object'>): void {
    this.kept.put({ id: `${accountId}:${key}`, object: 'idempotency_key', ...answer });
    // The oldest come first, so this ends at the first that is still young.
    for (const oldest of this.kept.all()) {
      if (answer.savedAtMs - oldest.savedAtMs < KEEP_MS) break;
      this.kept.remove(oldest.id);
    }
  }

  /** The request is over; nothing is in flight under its key any more. */
  release(accountId: string, key: string): void {
    this.inFlight.delete(`${accountId}:${key}`);
  }

  /** Forgets keys: those older than 24 hours, or all. Returns how many. */
  prune(nowMs: number, olderThanMs = KEEP_MS): number {
    const before = this.kept.size;
    for (const key of this.kept.all()) if (nowMs - key.savedAtMs >= olderThanMs) this.kept.remove(key.id);
    return before - this.kept.size;
  }
}

/** 409: the first request under the key has not ended. */
export function keyInUse(key: string): StripeError {
  return new StripeError(409, {
    type: 'invalid_request_error',
    code: 'idempotency_key_in_use',
    message:
      'There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other ' +
      `request is still going through): ${key}. Please try again later.`,
  });
}

/** 400: the key belongs to another request. */
export function mismatch(what: string, key: string): StripeError {
  return new StripeError(400, {
    type: 'idempotency_error',
    message: `${what} Try using a key other than '${key}' if you meant to execute a different request.`,
  });
}

/** The same parameters in another order are the same. */
function isSameForm(first: string, second: string): boolean {
  return first === second || first.split('&').sort().join('&') === second.split('&').sort().join('&');
}
