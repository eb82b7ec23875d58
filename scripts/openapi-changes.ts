/** What of an API's new document would break a client of the old one. */

/** As much of an OpenAPI document as is compared. */
export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, ApiOperation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, ApiSchema>> };
}

/** One route with one method. */
export interface ApiOperation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean; readonly schema?: ApiSchema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: ApiSchema }>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { readonly schema: ApiSchema }>> }>>;
}

/** A JSON schema in the words that Nest writes. */
export interface ApiSchema {
  readonly $ref?: string;
  readonly allOf?: readonly ApiSchema[];
  readonly anyOf?: readonly ApiSchema[];
  readonly oneOf?: readonly ApiSchema[];
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly nullable?: boolean;
  readonly properties?: Readonly<Record<string, ApiSchema>>;
  readonly required?: readonly string[];
  readonly items?: ApiSchema;
  readonly additionalProperties?: boolean | ApiSchema;
}

/** Schemas refer to each other; none of ours is deeper. */
const MAX_DEPTH = 8;

/**
 * The changes that break, in words; empty when every client of `before` works with `after`.
 *
 * A request may ask for less and an answer may say more; the other way round breaks.
 */
export function breakingChanges(before: ApiDocument, after: ApiDocument): string[] {
  return Object.entries(before.paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, old]) => {
      const name = `${method.toUpperCase()} ${path}`;
      const now = after.paths[path]?.[method];
      return now ? compareOperations(name, old, now, { before, after }) : [`${name} is gone`];
    }),
  );
}

interface Documents {
  readonly before: ApiDocument;
  readonly after: ApiDocument;
}

function compareOperations(name: string, old: ApiOperation, now: ApiOperation, documents: Documents): string[] {
  const changes: string[] = [];
  for (const parameter of now.parameters ?? []) {
    const known = old.parameters?.find((each) => each.name === parameter.name && each.in === parameter.in);
    if (parameter.required === true && known?.required !== true) changes.push(`${name} requires ${parameter.in} ${parameter.name}`);
  }
  for (const { name: parameter, in: place } of old.parameters ?? []) {
    const isKept = now.parameters?.some((each) => each.name === parameter && each.in === place) === true;
    if (!isKept) changes.push(`${name} no longer takes ${place} ${parameter}`);
  }
  const bodies = [old, now].map((each) => each.requestBody?.content['application/json']?.schema);
  changes.push(...compareSchemas(`${name} request`, bodies[0], bodies[1], { ...documents, direction: 'request' }, 0));
  for (const [status, response] of Object.entries(old.responses)) {
    const answer = now.responses[status];
    if (!answer) changes.push(`${name} no longer answers ${status}`);
    for (const [type, { schema }] of Object.entries(answer ? (response.content ?? {}) : {})) {
      const context = { ...documents, direction: 'response' } as const;
      changes.push(...compareSchemas(`${name} ${status}`, schema, answer?.content?.[type]?.schema, context, 0));
    }
  }
  return changes;
}

function compareSchemas(
  place: string,
  oldSchema: ApiSchema | undefined,
  newSchema: ApiSchema | undefined,
  context: Documents & { readonly direction: 'request' | 'response' },
  depth: number,
): string[] {
  if (!oldSchema || depth > MAX_DEPTH) return [];
  if (!newSchema) return [`${place} is gone`];
  const [old, now] = [resolve(oldSchema, context.before), resolve(newSchema, context.after)];
  const changes: string[] = [];
  const [oldTypes, newTypes] = [typesOf(old), typesOf(now)];
  const [given, taken] = context.direction === 'request' ? [oldTypes, newTypes] : [newTypes, oldTypes];
  if (taken.length > 0 && given.some((type) => !taken.includes(type)))
    changes.push(`${place} was ${oldTypes.join('|')}, is ${newTypes.join('|')}`);
  // New words in an answer are no break: its enumerations are documented as open.
  if (context.direction === 'request' && old.enum && now.enum) {
    for (const word of old.enum) if (!now.enum.includes(word)) changes.push(`${place} no longer takes ${String(word)}`);
  }
  const [oldRequired, newRequired] = [old.required ?? [], now.required ?? []];
  if (context.direction === 'request') {
    for (const field of newRequired) if (!oldRequired.includes(field)) changes.push(`${place} requires ${field}`);
  } else {
    for (const field of oldRequired) if (!newRequired.includes(field)) changes.push(`${place} may lack ${field}`);
  }
  for (const [field, schema] of Object.entries(old.properties ?? {}))
    changes.push(...compareSchemas(`${place} .${field}`, schema, now.properties?.[field], context, depth + 1));
  changes.push(...compareSchemas(`${place} []`, old.items, now.items, context, depth + 1));
  return changes;
}

function resolve(schema: ApiSchema, { components }: ApiDocument): ApiSchema {
  // Of "this or null", this.
  const [part] = schema.allOf ?? (schema.anyOf ?? schema.oneOf ?? []).filter(({ type }) => type !== 'null');
  const reference = schema.$ref ?? part?.$ref;
  const target = reference === undefined ? undefined : components?.schemas?.[reference.slice('#/components/schemas/'.length)];
  return target ? { ...target, ...(schema.nullable === undefined ? {} : { nullable: schema.nullable }) } : schema;
}

function typesOf(schema: ApiSchema): string[] {
  const types = schema.type === undefined ? [] : typeof schema.type === 'string' ? [schema.type] : [...schema.type];
  // Numbers in the API are integers, however they are declared.
  const plain = types.map((type) => (type === 'integer' ? 'number' : type));
  return schema.nullable === true && plain.length > 0 ? [...new Set([...plain, 'null'])] : plain;
}
