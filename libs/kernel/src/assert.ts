/** What the code relies on and only a bug can break: a failed assertion becomes a 500 and an alert, and nobody catches it. */

/** Thrown by {@link assert} and {@link assertNever}: the program is wrong, not the request. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/**
 * Stops the program's current work when `condition` is false.
 *
 * @param why - Why the condition must hold, as a sentence without values of secrets or card fields.
 * @throws AssertionError always when the condition is false.
 */
export function assert(condition: unknown, why: string): asserts condition {
  if (!condition) throw new AssertionError(why);
}

/**
 * Ends a `switch` over a union: the compiler names the forgotten case.
 *
 * @throws AssertionError when a value from outside the union arrives at run time.
 */
export function assertNever(value: never, what: string): never {
  throw new AssertionError(`unexpected ${what}: ${String(value)}`);
}
