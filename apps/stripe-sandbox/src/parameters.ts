/**
 * Judges the parameters of a request by the table that `scripts/stripe-schema.ts` derives from the SDK's types: what Stripe does not
 * know it refuses, and what it knows arrives at the handler as the type it has there.
 */
import table from './parameters.json' with { type: 'json' };
import { invalidParameter } from './errors.js';
import { type RawParameter, type RawParameters } from './form.js';

/**
 * The type of a parameter, small enough to be kept as JSON: `s` text, `i` integer, `d` decimal, `b` boolean, `x` anything; `['e', …]` one
 * of these words, `['a', T]` list, `['m', T]` hash of any names, `['u', …]` the first that fits, `['?', T]` may also be empty, which
 * unsets it. An object lists its fields, `!` marking those it cannot do without; a number points into the shared list.
 */
export type ParameterNode = string | number | readonly [string, ...ParameterNode[]] | { readonly [name: string]: ParameterNode };

/** The derived table: one entry per parameter type of the SDK that a route names. */
export interface ParameterTable {
  /** The version of the `stripe` package it was derived from. */
  readonly stripe: string;
  readonly shared: readonly ParameterNode[];
  readonly routes: Readonly<Record<string, ParameterNode>>;
}

/** A parameter as a handler sees it: `''` where the client unset it. */
export type Parameter = string | number | boolean | Parameter[] | Parameters;
/** Checked parameters by name. */
export interface Parameters {
  [name: string]: Parameter | undefined;
}

type Check = (value: RawParameter, path: string) => Parameter;

/**
 * Parameters that the pinned version has dropped and earlier ones know: taken when a request does not name the pinned version, as
 * those of the Stripe CLI and of browsers do not.
 */
const EARLIER: Readonly<Record<string, Readonly<Record<string, ParameterNode>>>> = {
  PaymentIntentCreateParams: { payment_method_types: ['a', 's'] },
  PaymentIntentUpdateParams: { payment_method_types: ['a', 's'] },
  PaymentIntentConfirmParams: { payment_method_types: ['a', 's'], client_secret: 's' },
  SetupIntentConfirmParams: { client_secret: 's' },
  SetupIntentCreateParams: { payment_method_types: ['a', 's'] },
  SetupIntentUpdateParams: { payment_method_types: ['a', 's'] },
};

const TABLE = table as unknown as ParameterTable;
const compiledShared = new Map<number, Check>();
const compiledRoutes = new Map<string, Check>();

/**
 * The parameters of a request to a route, checked and typed.
 *
 * @param type - Name of the SDK's parameter type; null for routes outside the SDK, whose parameters pass as text.
 * @param isPinnedVersion - The request names the SDK's own API version.
 * @throws StripeError 400 as Stripe: `parameter_unknown`, `parameter_missing`, `parameter_invalid_integer`, `parameter_invalid_empty` …
 */
export function checkParameters(type: string | null, raw: RawParameters, isPinnedVersion = true): Parameters {
  if (type === null) return anything(raw, '') as Parameters;
  const name = isPinnedVersion ? type : `${type} earlier`;
  let check = compiledRoutes.get(name);
  if (!check) {
    const node = TABLE.routes[type] ?? {};
    const fields = typeof node === 'number' ? TABLE.shared[node] : node;
    check = compile(isPinnedVersion ? node : { ...earlierNames(fields as Record<string, ParameterNode>), ...EARLIER[type] });
    compiledRoutes.set(name, check);
  }
  return check(raw, '') as Parameters;
}

/** `allowed_payment_method_types` was `payment_method_types`. */
function earlierNames(fields: Readonly<Record<string, ParameterNode>>): Record<string, ParameterNode> {
  const { allowed_payment_method_types: types } = fields;
  return types === undefined ? { ...fields } : { ...fields, payment_method_types: types };
}

function compile(node: ParameterNode): Check {
  if (typeof node === 'number') return compileShared(node);
  if (typeof node === 'string') return SCALARS[node] ?? anything;
  return Array.isArray(node) ? compileTagged(node as [string, ...ParameterNode[]]) : compileObject(node as Record<string, ParameterNode>);
}

function compileShared(index: number): Check {
  const known = compiledShared.get(index);
  if (known) return known;
  // Types that hold themselves are reached again while they are being compiled.
  let check: Check = anything;
  compiledShared.set(index, (value, path) => check(value, path));
  check = compile(TABLE.shared[index] ?? 'x');
  compiledShared.set(index, check);
  return check;
}

function compileTagged([tag, ...rest]: [string, ...ParameterNode[]]): Check {
  const inner = rest[0] ?? 'x';
  switch (tag) {
    case 'e':
      return oneOf(rest as string[]);
    case 'a':
      return listOf(compile(inner));
    case 'm':
      return hashOf(compile(inner));
    case '?': {
      const check = compile(inner);
      return (value, path) => (value === '' ? '' : check(value, path));
    }
    default:
      return firstOf(rest.map(compile));
  }
}

function compileObject(node: Readonly<Record<string, ParameterNode>>): Check {
  const fields = new Map<string, Check>();
  const required: string[] = [];
  for (const [key, type] of Object.entries(node)) {
    const name = key.replace('!', '');
    if (name !== key) required.push(name);
    fields.set(name, compile(type));
  }
  return (value, path) => {
    if (typeof value === 'string') throw value === '' ? emptyValue(path) : invalidParameter('Invalid object', path);
    const checked: Parameters = {};
    let unknown: string[] | undefined;
    for (const name in value) {
      const check = fields.get(name);
      if (check) checked[name] = check(value[name] ?? '', join(path, name));
      else (unknown ??= []).push(join(path, name));
    }
    if (unknown) throw unknownParameters(unknown);
    for (const name of required) {
      if (checked[name] === undefined) {
        const missing = join(path, name);
        throw invalidParameter(`Missing required param: ${missing}.`, missing, 'parameter_missing');
      }
    }
    return checked;
  };
}

function unknownParameters(names: readonly string[]): Error {
  const plural = names.length > 1 ? 's' : '';
  return invalidParameter(`Received unknown parameter${plural}: ${names.join(', ')}`, names[0] ?? '', 'parameter_unknown');
}

function emptyValue(path: string): Error {
  return invalidParameter(
    `You passed an empty string for '${path}'. We assume empty values are an attempt to unset a parameter; however '${path}' cannot be unset. ` +
      `You should remove '${path}' from your request or supply a non-empty value.`,
    path,
    'parameter_invalid_empty',
  );
}

/** Text of more characters than this is refused, as Stripe does for every free text. */
const MAX_TEXT = 5_000;

const text: Check = (value, path) => {
  if (typeof value !== 'string') throw invalidParameter('Invalid string: you passed a hash or a list.', path);
  if (value === '') throw emptyValue(path);
  if (value.length > MAX_TEXT) throw invalidParameter(`Invalid string: must be at most ${String(MAX_TEXT)} characters`, path);
  return value;
};

const integer: Check = (value, path) => {
  if (value === '') throw emptyValue(path);
  const number = typeof value === 'string' && /^[+-]?\d{1,16}$/.test(value) ? Number(value) : NaN;
  if (Number.isSafeInteger(number)) return number;
  throw invalidParameter(`Invalid integer: ${typeof value === 'string' ? value : 'a hash'}`, path, 'parameter_invalid_integer');
};

const decimal: Check = (value, path) => {
  if (value === '') throw emptyValue(path);
  if (typeof value === 'string' && /^[+-]?\d+(\.\d+)?$/.test(value)) return Number(value);
  throw invalidParameter(`Invalid decimal: ${typeof value === 'string' ? value : 'a hash'}`, path);
};

const boolean: Check = (value, path) => {
  if (value === 'true' || value === '1') return true;
  if (value === 'false' || value === '0') return false;
  throw value === '' ? emptyValue(path) : invalidParameter(`Invalid boolean: ${typeof value === 'string' ? value : 'a hash'}`, path);
};

const anything: Check = (value) => (typeof value === 'string' ? value : fromHash(value, anything, ''));

const SCALARS: Readonly<Record<string, Check>> = { s: text, i: integer, d: decimal, b: boolean, x: anything };

function oneOf(words: readonly string[]): Check {
  const set = new Set(words);
  const list = words.length < 3 ? words.join(' or ') : `${words.slice(0, -1).join(', ')}, or ${words.at(-1) ?? ''}`;
  return (value, path) => {
    if (typeof value === 'string' && set.has(value)) return value;
    if (value === '') throw emptyValue(path);
    throw invalidParameter(`Invalid ${path}: must be one of ${list}`, path);
  };
}

function listOf(check: Check): Check {
  return (value, path) => {
    if (typeof value === 'string') {
      if (value === '') return [];
      throw invalidParameter('Invalid array', path);
    }
    // `a[0]`, `a[2]` without `a[1]`: the order of the numbers is what counts.
    const keys = Object.keys(value);
    if (!keys.every((key) => /^\d{1,6}$/.test(key))) throw invalidParameter('Invalid array', path);
    return keys.sort((a, b) => Number(a) - Number(b)).map((key, index) => check(value[key] ?? '', `${path}[${String(index)}]`));
  };
}

function hashOf(check: Check): Check {
  return (value, path) => {
    if (typeof value === 'string') throw invalidParameter('Invalid object', path);
    return fromHash(value, check, path);
  };
}

function fromHash(value: RawParameters, check: Check, path: string): Parameters {
  const checked: Parameters = {};
  for (const name in value) checked[name] = check(value[name] ?? '', join(path, name));
  return checked;
}

function firstOf(checks: readonly Check[]): Check {
  return (value, path) => {
    let refusal: unknown;
    for (const check of checks) {
      try {
        return check(value, path);
      } catch (error) {
        // The last alternative explains best: lists put the structured one there.
        refusal = error;
      }
    }
    throw refusal;
  };
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}[${name}]`;
}
