/** Values that the document allows, so that a request is wrong only where it was meant to be. */
import fc from 'fast-check';
import { type OpenApiDocument, resolve, type Schema } from './open-api.js';

/** Real values by the name of the member, from the running system: a wrong amount for a real device goes deeper than one for none. */
export type KnownValues = Readonly<Record<string, readonly unknown[]>>;

const MAX_DEPTH = 5;

/** An arbitrary of values of the schema. */
export function validValue(given: Schema, document: OpenApiDocument, known: KnownValues, name = '', depth = 0): fc.Arbitrary<unknown> {
  const schema = resolve(given, document);
  const real = known[name];
  if (real !== undefined && real.length > 0) return fc.constantFrom(...real);
  if (schema.enum !== undefined && schema.enum.length > 0) return fc.constantFrom(...schema.enum);
  const type = Array.isArray(schema.type) ? (schema.type as string[]).find((each) => each !== 'null') : schema.type;
  switch (type) {
    case 'integer':
      return fc.integer({ min: schema.minimum ?? 0, max: Math.min(schema.maximum ?? 100_000, 2 ** 31 - 1) });
    case 'number':
      return fc.double({ min: schema.minimum ?? -90, max: schema.maximum ?? 90, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'array':
      return depth >= MAX_DEPTH
        ? fc.constant([])
        : fc.array(validValue(schema.items ?? {}, document, known, name, depth + 1), { maxLength: 4 });
    case 'object':
      return depth >= MAX_DEPTH ? fc.constant({}) : objectOf(schema, document, known, depth);
    default:
      return schema.properties === undefined ? textOf(schema) : objectOf(schema, document, known, depth);
  }
}

function objectOf(schema: Schema, document: OpenApiDocument, known: KnownValues, depth: number): fc.Arbitrary<unknown> {
  const entries = Object.entries(schema.properties ?? {});
  if (entries.length === 0) return fc.dictionary(fc.string({ minLength: 1, maxLength: 10 }), fc.string({ maxLength: 20 }), { maxKeys: 3 });
  const model = Object.fromEntries(entries.map(([name, member]) => [name, validValue(member, document, known, name, depth + 1)]));
  const requiredKeys = (schema.required ?? []).filter((key) => key in model);
  return fc.record(model, { requiredKeys, noNullPrototype: true });
}

function textOf({ example, format, minLength = 0, maxLength = 40 }: Schema): fc.Arbitrary<string> {
  if (typeof example === 'string') return fc.constant(example);
  if (format === 'date-time') return fc.constant('2027-01-01T00:00:00Z');
  if (format === 'email') return fc.emailAddress();
  return fc.string({ minLength, maxLength: Math.max(minLength, Math.min(maxLength, 40)) });
}
