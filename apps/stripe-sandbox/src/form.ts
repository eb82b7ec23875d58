/** Stripe's request encoding: `application/x-www-form-urlencoded` with `a[b]=c`, `a[0]=b` and `a[]=b`. */
import { invalidParameter } from './errors.js';

/** A parameter as it came: text, or a hash of parameters. Lists are hashes with the keys 0, 1, 2 … until their type is known. */
export type RawParameter = string | RawParameters;
/** Parameters by name; has no prototype, so any name is only a name. */
export interface RawParameters {
  [name: string]: RawParameter;
}

/** Stripe's own objects are at most this deep; deeper input is a mistake or an attack. */
const MAX_DEPTH = 12;
/** More pairs than any of Stripe's requests can hold. */
const MAX_PAIRS = 2_000;

/**
 * The parameters of a body or a query.
 *
 * @throws StripeError 400 for a name nested too deep, a value that is both text and a hash, or bytes that are not UTF-8.
 */
export function parseForm(text: string): RawParameters {
  const root = Object.create(null) as RawParameters;
  if (text === '') return root;
  const pairs = text.split('&', MAX_PAIRS + 1);
  if (pairs.length > MAX_PAIRS) throw invalidParameter('The request has too many parameters.', '');
  for (const pair of pairs) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    put(root, name, equals < 0 ? '' : decode(pair.slice(equals + 1)));
  }
  return root;
}

function decode(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw invalidParameter('Invalid request: the parameters are not URL-encoded UTF-8.', '');
  }
}

function put(root: RawParameters, name: string, value: string): void {
  let open = name.indexOf('[');
  if (open <= 0) {
    root[name] = value;
    return;
  }
  let hash = root;
  let key = name.slice(0, open);
  for (let depth = 0; open >= 0; depth += 1) {
    const close = name.indexOf(']', open);
    if (close < 0) throw invalidParameter(`Invalid parameter name: ${name}`, name);
    if (depth >= MAX_DEPTH) throw invalidParameter(`Invalid parameter: ${name} is nested too deep.`, name);
    const below = (hash[key] ??= Object.create(null) as RawParameters);
    if (typeof below === 'string') throw invalidParameter('Invalid hash', name);
    hash = below;
    key = name.slice(open + 1, close);
    if (key === '') key = nextIndex(hash);
    open = name.charAt(close + 1) === '[' ? close + 1 : -1;
  }
  hash[key] = value;
}

/** `a[]=…` appends; `a[][b]=…&a[][c]=…` would start a new element for each pair, so a client that needs hashes in lists numbers them. */
function nextIndex(hash: RawParameters): string {
  return String(Object.keys(hash).length);
}
