/** Stripe's published documents and recorded events, where they are at hand: they are not part of the project. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder that holds them. */
export const REFERENCE_DATA = process.env.UPP_REFERENCE_DATA ?? '../shared/data/stripe';

const SPECIFICATION = join(REFERENCE_DATA, 'spec3-2023-08-16.json');
const RECORDED = join(REFERENCE_DATA, 'events/permissive');

/** What a test file says in place of its cases when the data is not there. */
export const ABSENT = `reference data is absent at ${REFERENCE_DATA}`;

/** A JSON Schema inside the OpenAPI document. */
export type OpenApiSchema = { readonly [keyword: string]: unknown };

/** The request schema of each `POST /v1/…`, with ids in the path as `{id}`; empty when the document is absent. */
export function requestSchemas(): ReadonlyMap<string, OpenApiSchema> {
  if (!existsSync(SPECIFICATION)) return new Map();
  const { paths } = JSON.parse(readFileSync(SPECIFICATION, 'utf8')) as { paths: Record<string, { post?: OpenApiOperation }> };
  const schemas = new Map<string, OpenApiSchema>();
  for (const [path, { post }] of Object.entries(paths)) {
    const schema = post?.requestBody?.content['application/x-www-form-urlencoded']?.schema;
    if (schema) schemas.set(`POST ${path.replace(/\{\w+\}/g, '{id}')}`, schema);
  }
  return schemas;
}

interface OpenApiOperation {
  requestBody?: { content: Record<string, { schema: OpenApiSchema } | undefined> };
}

/** A recorded event. */
export interface RecordedEvent {
  readonly file: string;
  readonly type: string;
  readonly object: Readonly<Record<string, unknown>>;
}

/** The recorded events; empty when they are absent. */
export function recordedEvents(): readonly RecordedEvent[] {
  if (!existsSync(RECORDED)) return [];
  const files = readdirSync(RECORDED, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'));
  return files.flatMap((file) => {
    const event = JSON.parse(readFileSync(join(RECORDED, file), 'utf8')) as { type?: string; data?: { object?: Record<string, unknown> } };
    return typeof event.type === 'string' && event.data?.object ? [{ file, type: event.type, object: event.data.object }] : [];
  });
}
