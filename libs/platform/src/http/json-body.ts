/** Reads JSON bodies within bounds, before anything that could recurse over them. */
import { DomainError } from '#kernel';

/** Deeper nesting than any request of this API has; JSON.parse itself survives, but validators recurse. */
const MAX_DEPTH = 16;

/** The body is not JSON, nests too deep, or carries keys that would reach an object's prototype. */
export class MalformedBodyError extends DomainError {
  constructor(code: 'body_malformed' | 'body_too_deep' | 'body_forbidden_key' | 'body_not_an_object', message: string) {
    super('invalid', code, message);
  }
}

/**
 * Parses a JSON object.
 *
 * @param text - At most the body limit long, decoded as UTF-8 without replacement.
 * @throws MalformedBodyError `body_malformed`, `body_too_deep` (more than 16 levels), `body_forbidden_key` (`__proto__`, `constructor`) or
 * `body_not_an_object`.
 */
export function parseJsonBody(text: string): object {
  refuseDeepNesting(text);
  const value = parseSafely(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MalformedBodyError('body_not_an_object', 'The body must be a JSON object.');
  }
  return value;
}

function parseSafely(text: string): unknown {
  try {
    return JSON.parse(text, (key, value: unknown) => {
      if (key === '__proto__' || key === 'constructor')
        throw new MalformedBodyError('body_forbidden_key', `The key "${key}" is not allowed.`);
      return value;
    });
  } catch (error) {
    if (error instanceof MalformedBodyError) throw error;
    throw new MalformedBodyError('body_malformed', 'The body is not valid JSON.');
  }
}

/** Counts brackets outside strings, one pass without recursion. */
function refuseDeepNesting(text: string): void {
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (isInString) {
      if (code === BACKSLASH) index++;
      else if (code === QUOTE) isInString = false;
    } else if (code === QUOTE) isInString = true;
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (++depth > MAX_DEPTH) throw new MalformedBodyError('body_too_deep', `The body nests deeper than ${String(MAX_DEPTH)} levels.`);
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth--;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
