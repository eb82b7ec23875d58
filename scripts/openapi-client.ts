/** Turns the API's document into the types of `clients/typescript`. */
import { type ApiDocument, type ApiOperation, type ApiSchema } from './openapi-changes.js';

const HEADER = `// Made from docs/openapi.json by npm run openapi:update; do not edit.\n`;
const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** The text of `clients/typescript/src/schema.d.ts`. */
export function clientTypes(document: ApiDocument): string {
  const schemas = Object.entries(document.components?.schemas ?? {})
    .sort(([first], [second]) => (first < second ? -1 : 1))
    .map(([name, schema]) => `  ${name}: ${typeOf(schema, '  ')};`);
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    METHODS.flatMap((method) => {
      const operation = methods[method];
      return operation ? [`  '${method.toUpperCase()} ${path}': ${operationType(operation)};`] : [];
    }),
  );
  return [
    HEADER,
    '/** The shapes of requests and answers, by the names of the document. */',
    'export interface Schemas {',
    ...schemas,
    '}',
    '',
    '/** Every route: what it takes and what it answers when it succeeds. */',
    'export interface Operations {',
    ...operations.sort(),
    '}',
    '',
  ].join('\n');
}

function operationType(operation: ApiOperation): string {
  const pick = (place: string): string => {
    const fields = (operation.parameters ?? []).filter((each) => each.in === place);
    if (fields.length === 0) return 'undefined';
    return `{ ${fields.map(({ name, required, schema }) => `'${name}'${required === true ? '' : '?'}: ${schema ? typeOf(schema, '') : 'string'}`).join('; ')} }`;
  };
  const body = operation.requestBody?.content['application/json']?.schema;
  const answers = Object.entries(operation.responses)
    .filter(([status]) => status.startsWith('2'))
    .map(([, response]) => response.content?.['application/json']?.schema)
    .map((schema) => (schema ? typeOf(schema, '') : 'undefined'));
  const answer = [...new Set(answers)].join(' | ') || 'undefined';
  return `{ path: ${pick('path')}; query: ${pick('query')}; body: ${body ? typeOf(body, '') : 'undefined'}; answer: ${answer} }`;
}

function typeOf(schema: ApiSchema, indent: string): string {
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return [...new Set(choices.map((choice) => typeOf(choice, indent)))].join(' | ');
  if (schema.type === 'null') return 'null';
  const isNullable = schema.nullable === true || (Array.isArray(schema.type) && schema.type.includes('null'));
  const text = plainTypeOf(schema, indent);
  return isNullable && text !== 'unknown' && text !== 'null' ? `${text} | null` : text;
}

function plainTypeOf(schema: ApiSchema, indent: string): string {
  const reference = schema.$ref ?? schema.allOf?.[0]?.$ref;
  if (reference !== undefined) return `Schemas['${reference.slice('#/components/schemas/'.length)}']`;
  if (schema.enum)
    return schema.enum
      .filter((word) => word !== null)
      .map((word) => JSON.stringify(word))
      .join(' | ');
  const type = typeof schema.type === 'string' ? schema.type : schema.type?.find((each) => each !== 'null');
  switch (type) {
    case 'string':
    case 'boolean':
      return type;
    case 'number':
    case 'integer':
      return 'number';
    case 'array':
      return schema.items ? `readonly (${typeOf(schema.items, indent)})[]` : 'readonly unknown[]';
    case 'object':
      return objectType(schema, indent);
    default:
      return 'unknown';
  }
}

function objectType({ properties, required = [], additionalProperties }: ApiSchema, indent: string): string {
  if (!properties)
    return `Readonly<Record<string, ${typeof additionalProperties === 'object' ? typeOf(additionalProperties, indent) : 'unknown'}>>`;
  const inner = `${indent}  `;
  const fields = Object.entries(properties).map(
    ([name, schema]) =>
      `${inner}readonly ${/^\w+$/.test(name) ? name : `'${name}'`}${required.includes(name) ? '' : '?'}: ${typeOf(schema, inner)};`,
  );
  const rest = additionalProperties === true ? [`${inner}readonly [member: string]: unknown;`] : [];
  return `{\n${[...fields, ...rest].join('\n')}\n${indent}}`;
}
