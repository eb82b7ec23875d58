/** Refusals: errors that end a request because of what was asked, with words a client can rely on. */

/**
 * The class of a refusal. It carries no HTTP status; `problem-details.filter.ts` owns the table kind → status.
 *
 * - `invalid`: the request is not well formed or a field is out of range (400)
 * - `unprocessable`: well formed, but a rule of the business forbids it (422)
 * - `declined`: the issuer or the fraud rules refused to move the money (402)
 * - `unavailable`: cannot be answered now; the client may retry (503)
 */
export type DomainErrorKind =
  'invalid' | 'unauthenticated' | 'forbidden' | 'not_found' | 'conflict' | 'unprocessable' | 'declined' | 'rate_limited' | 'unavailable';

/** What the caller should do next, for programs. */
export type Advice = 'retry' | 'fix' | 'contact_issuer' | 'do_not_retry';

/** Public parts of a refusal besides its code and message. */
export interface DomainErrorOptions {
  /** The request field at fault, in the API's spelling: `amount`, `location.latitude`. */
  readonly param?: string;
  /** Further public members of the problem document; never secrets, never personal data of others. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** What the client should do; a default follows from the kind. */
  readonly advice?: Advice;
  /** Whole seconds after which a retry makes sense; becomes the `Retry-After` header. */
  readonly retryAfterSeconds?: number;
  /** The error that led here, for the log only. */
  readonly cause?: unknown;
}

/** A refusal with a stable `code`. Libraries subclass it once per refusal in their `<lib>.errors.ts`. */
export class DomainError extends Error {
  /** The class, for logs. */
  override readonly name: string;
  readonly param: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  readonly advice: Advice | undefined;
  readonly retryAfterSeconds: number | undefined;

  /**
   * @param code - Lower snake case, unique in the product, documented in `docs/api.md`, never changed after release.
   * @param message - For people. No secret, card field or personal datum may stand in it.
   */
  constructor(
    readonly kind: DomainErrorKind,
    readonly code: string,
    message: string,
    options: DomainErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.param = options.param;
    this.details = options.details ?? {};
    this.advice = options.advice;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
