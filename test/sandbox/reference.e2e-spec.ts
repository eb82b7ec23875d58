/** Stripe's published documents as referees: its OpenAPI for requests, its recorded events for shapes, its SDK's types for the tables. */
import { readFileSync } from 'node:fs';
import { type Route } from '../../apps/stripe-sandbox/src/call.js';
import { StripeError } from '../../apps/stripe-sandbox/src/errors.js';
import { type RawParameter } from '../../apps/stripe-sandbox/src/form.js';
import { checkParameters } from '../../apps/stripe-sandbox/src/parameters.js';
import { ROUTES } from '../../apps/stripe-sandbox/src/routes.js';
import { deriveParameters } from '../../scripts/stripe-schema.js';
import { fieldsOf } from './support/answer-schema.js';
import { liveThroughADay } from './support/journey.js';
import { ABSENT, type OpenApiSchema, recordedEvents, requestSchemas } from './support/reference-data.js';
import { control, startSandbox } from './support/sandbox.js';

describe('the table of parameters', () => {
  it('is the one of the installed SDK (npm run sandbox:parameters)', () => {
    const kept: unknown = JSON.parse(readFileSync('apps/stripe-sandbox/src/parameters.json', 'utf8'));

    expect(kept).toEqual(deriveParameters());
  });
});

/** Parameters of the document of 2023 that the pinned version has retired: it refuses what the document accepts. */
const RETIRED: ReadonlySet<string> = new Set([
  '/v1/customers coupon',
  '/v1/customers promotion_code',
  '/v1/customers/{id} coupon',
  '/v1/customers/{id} default_alipay_account',
  '/v1/customers/{id} default_bank_account',
  '/v1/customers/{id} default_card',
  '/v1/customers/{id} promotion_code',
  '/v1/invoiceitems price',
  '/v1/invoiceitems unit_amount',
  '/v1/invoices pending_invoice_items_behavior="include_and_require"',
  '/v1/products features',
  '/v1/subscriptions coupon',
  '/v1/subscriptions promotion_code',
  '/v1/subscriptions/{id} billing_cycle_anchor="now"',
  '/v1/subscriptions/{id} billing_cycle_anchor="unchanged"',
  '/v1/subscriptions/{id} coupon',
  '/v1/subscriptions/{id} promotion_code',
]);

/** Event types that exist no more. */
const RETIRED_EVENTS = /^(order|recipient|sku)\./;

interface Property {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly items?: Property;
}

/** Values that the document accepts and values that it refuses; none where that takes more than a word. */
function samples({ type, enum: words, items }: Property): { good: readonly RawParameter[]; bad: readonly RawParameter[] } {
  if (words) return { good: words.filter((word) => word !== ''), bad: ['no_such_word'] };
  if (type === 'integer') return { good: ['1'], bad: ['one', '1.5'] };
  if (type === 'boolean') return { good: ['true', 'false'], bad: ['maybe'] };
  if (type === 'string') return { good: ['x'], bad: [{ a: 'b' }] };
  if (type === 'array' && items?.enum)
    return { good: items.enum.filter((word) => !RETIRED_EVENTS.test(word)).map((word) => ({ 0: word })), bad: [{ 0: 'no_such_word' }] };
  return { good: [], bad: [] };
}

/** The parameter that the sandbox names when it refuses a request with this one parameter; null when it names another or none. */
function refusedParameter(route: Route, name: string, value: RawParameter): string | null {
  try {
    checkParameters(route.parameters, { [name]: value }, false);
    return null;
  } catch (error) {
    const param = error instanceof StripeError ? (error.fields.param ?? '') : '';
    return param === name || param.startsWith(`${name}[`) ? name : null;
  }
}

const schemas = requestSchemas();
const judged = ROUTES.flatMap((route): (readonly [string, Route, OpenApiSchema])[] => {
  const schema = schemas.get(`${route.method} ${route.path}`);
  return schema && route.parameters !== null ? [[route.path, route, schema]] : [];
});

/** Without the document there is one case, which says so. */
const documents = judged.map(([path]) => path);

describe.each(documents.length === 0 ? [ABSENT] : documents)('the OpenAPI document on POST %s', (path) => {
  const [, route, schema] = judged.find((each) => each[0] === path) ?? [];
  const properties = Object.entries((schema?.properties ?? {}) as Record<string, Property>);
  const refuses = (name: string, value: RawParameter) => route !== undefined && refusedParameter(route, name, value) !== null;

  it('refuses what the sandbox refuses: unknown names', () => {
    expect(schema?.additionalProperties ?? false).toBe(false);
    expect(refuses('no_such_parameter', 'x')).toBe(route !== undefined);
  });

  it('refuses nothing that the sandbox accepts', () => {
    const accepted = properties
      .flatMap(([name, property]) => samples(property).bad.map((value) => ({ name, value })))
      .filter(({ name, value }) => !refuses(name, value));

    expect(accepted).toEqual([]);
  });

  it('accepts nothing that the sandbox refuses, but what has been retired since', () => {
    const refused = properties
      .flatMap(([name, property]) => samples(property).good.map((value) => ({ name, value })))
      .filter(
        ({ name, value }) =>
          refuses(name, value) && !RETIRED.has(`${path} ${name}`) && !RETIRED.has(`${path} ${name}=${JSON.stringify(value)}`),
      );

    expect(refused).toEqual([]);
  });
});

/** Fields that recordings of old versions carry and that the API now adds only on request. */
const ON_REQUEST: ReadonlySet<string> = new Set(['refunds', 'sources', 'subscriptions', 'tax_ids']);

describe('the events of a day', () => {
  /** Newest event of each type, as the API lists it. */
  const own = new Map<string, Record<string, unknown>>();

  beforeAll(async () => {
    const running = await startSandbox();
    await control(running.url, 'clock', { frozen: true });
    await liveThroughADay(running.stripe, running.url);
    for await (const event of running.stripe.events.list({ limit: 100 })) {
      if (!own.has(event.type)) own.set(event.type, { ...event.data.object });
    }
    // Rejects when an answer or an event was not as the SDK's types say.
    await running.close();
  });

  it('are of many types, each as the types of the SDK say', () => {
    expect(own.size).toBeGreaterThan(50);
  });

  const recorded = recordedEvents();
  it.each([recorded.length === 0 ? ABSENT : 'have every field of those recorded at Stripe that still exists'])('%s', () => {
    const missing = recorded.flatMap(({ file, type, object }) => {
      const ours = own.get(type);
      const fields = ours && fieldsOf(String(object.object));
      if (!fields) return [];
      return Object.keys(object)
        .filter((name) => fields.has(name) && !(name in ours) && !ON_REQUEST.has(name))
        .map((name) => `${file}: ${name}`);
    });

    expect(missing).toEqual([]);
  });
});
