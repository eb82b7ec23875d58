/** Makes a good request bad in one or two places. */
import fc from 'fast-check';
import { EXTRA_MEMBERS, HOSTILE_HEADERS, HOSTILE_LITERALS, HOSTILE_PATHS, HOSTILE_QUERIES, hostileValue } from './hostile-values.js';
import type { OpenApiDocument, Operation } from './open-api.js';
import { type KnownValues, validValue } from './valid-values.js';

/** A request as it goes over the wire. */
export interface BadRequest {
  readonly method: Operation['method'];
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Buffer | null;
  /** What was done to it, for the report. */
  readonly mutation: string;
}

const MUTATIONS = [
  'value',
  'value',
  'value',
  'value',
  'literal',
  'literal',
  'removed',
  'extra',
  'extra',
  'duplicate',
  'truncated',
  'bad_utf8',
  'trailing',
  'no_body',
  'top_level',
  'byte_order_mark',
  'path',
  'path',
  'query',
  'header',
  'header',
  'none',
] as const;

/** Bad requests of one operation. */
export function badRequest(operation: Operation, document: OpenApiDocument, known: KnownValues): fc.Arbitrary<BadRequest> {
  const body = operation.body === null ? fc.constant(null) : validValue(operation.body, document, known);
  const choices = fc.record({
    mutation: fc.constantFrom(...MUTATIONS),
    body,
    value: hostileValue,
    literal: fc.constantFrom(...HOSTILE_LITERALS),
    member: fc.constantFrom(...EXTRA_MEMBERS),
    path: fc.constantFrom(...HOSTILE_PATHS),
    query: fc.constantFrom(...HOSTILE_QUERIES),
    header: fc.constantFrom(...HOSTILE_HEADERS),
    place: fc.nat(),
    key: fc.uuid(),
  });
  return choices.map((choice) => {
    const text = bodyText(choice);
    const method = operation.method;
    const payload = text === null || method === 'GET' ? null : text;
    return {
      method,
      url: urlOf(operation, known, choice),
      headers: {
        ...(payload === null ? {} : { 'content-type': 'application/json' }),
        'idempotency-key': choice.key,
        ...(choice.mutation === 'header' ? choice.header : {}),
      },
      payload,
      mutation: choice.mutation,
    };
  });
}

interface Choice {
  readonly mutation: (typeof MUTATIONS)[number];
  readonly body: unknown;
  readonly value: unknown;
  readonly literal: string;
  readonly member: string;
  readonly path: string;
  readonly query: string;
  readonly place: number;
}

function urlOf({ path, parameters }: Operation, known: KnownValues, { mutation, path: hostile, query, place }: Choice): string {
  const names = Array.from(path.matchAll(/\{(\w+)\}/g), (match) => match[1] ?? '');
  const url = path.replace(/\{(\w+)\}/g, (_whole, name: string) => {
    if (mutation === 'path') return hostile;
    const real = known[`${path.split('/')[2] ?? ''}.${name}`] ?? known[name] ?? [];
    return encodeURIComponent((real[place % Math.max(1, real.length)] as string | undefined) ?? 'pay_01jd8y3v5kq2e9c7x4m6n0r1st');
  });
  if (mutation === 'path' && names.length === 0) return `${url}/${hostile}`;
  const named = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
  const ownQuery = named[place % Math.max(1, named.length)];
  if (mutation === 'query') return `${url}?${place % 2 === 0 || ownQuery === undefined ? query : `${ownQuery}=${hostile}`}`;
  return url;
}

function bodyText(choice: Choice): Buffer | null {
  const { mutation, body, value, literal, member, place } = choice;
  if (mutation === 'top_level') return json(value);
  if (mutation === 'no_body' || body === null) return mutation === 'value' ? json(value) : null;
  const text = JSON.stringify(body);
  switch (mutation) {
    case 'value':
      return json(withMember(body, place, () => value));
    case 'removed':
      return json(withMember(body, place, () => undefined));
    case 'literal':
      return Buffer.from(JSON.stringify(withMember(body, place, () => MARK)).replace(`"${MARK}"`, () => literal));
    case 'extra':
      return json({ ...(body as object), [member]: value });
    case 'duplicate':
      return Buffer.from(`${text.slice(0, -1)}${text === '{}' ? '' : ','}${firstMember(body)}:${jsonText(value)}}`);
    case 'truncated':
      return Buffer.from(text.slice(0, place % Math.max(1, text.length)));
    case 'bad_utf8':
      return Buffer.concat([Buffer.from(text.slice(0, -1)), Buffer.from([0xc3, 0x28, 0xff]), Buffer.from('}')]);
    case 'trailing':
      return Buffer.from(`${text}${literal}`);
    case 'byte_order_mark':
      return Buffer.from(`\ufeff${text}`);
    default:
      return Buffer.from(text);
  }
}

const MARK = '@mutation@';

function json(value: unknown): Buffer {
  return Buffer.from(jsonText(value));
}

function jsonText(value: unknown): string {
  return value === undefined ? 'null' : JSON.stringify(value);
}

function firstMember(body: unknown): string {
  return JSON.stringify(Object.keys(body as object)[0] ?? 'a');
}

/** The value with one of its members, at any depth, changed; undefined removes it. */
function withMember(body: unknown, place: number, change: (member: unknown) => unknown): unknown {
  const copy = structuredClone(body);
  const slots: { holder: Record<string, unknown>; key: string }[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const key of Object.keys(value)) {
      slots.push({ holder: value as Record<string, unknown>, key });
      visit((value as Record<string, unknown>)[key]);
    }
  };
  visit(copy);
  const slot = slots[place % Math.max(1, slots.length)];
  if (slot === undefined) return change(copy);
  slot.holder[slot.key] = change(slot.holder[slot.key]);
  return copy;
}
