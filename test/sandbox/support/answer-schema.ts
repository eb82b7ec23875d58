/** The judge of the sandbox's answers: a JSON Schema of the installed SDK's types. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { type AnswerSchema, deriveAnswerSchema, stripeVersion } from '../../../scripts/stripe-schema.js';

/** The SDK's type of each kind of object. */
const TYPES: Readonly<Record<string, string>> = {
  balance: 'Balance',
  balance_transaction: 'BalanceTransaction',
  charge: 'Charge',
  'checkout.session': 'Checkout.Session',
  confirmation_token: 'ConfirmationToken',
  customer: 'Customer',
  dispute: 'Dispute',
  invoice: 'Invoice',
  invoiceitem: 'InvoiceItem',
  payment_intent: 'PaymentIntent',
  payment_method: 'PaymentMethod',
  payout: 'Payout',
  price: 'Price',
  product: 'Product',
  'radar.early_fraud_warning': 'Radar.EarlyFraudWarning',
  refund: 'Refund',
  review: 'Review',
  setup_intent: 'SetupIntent',
  subscription: 'Subscription',
  'terminal.connection_token': 'Terminal.ConnectionToken',
  'terminal.location': 'Terminal.Location',
  'terminal.reader': 'Terminal.Reader',
  'test_helpers.test_clock': 'TestHelpers.TestClock',
  token: 'Token',
  webhook_endpoint: 'WebhookEndpoint',
};

/** Deriving takes seconds, so the schema is kept beside the other caches, one per version of the SDK and of the list above. */
const CACHE = `node_modules/.cache/stripe-answers-${stripeVersion()}-${String(Object.keys(TYPES).length)}.json`;

const ajv = new Ajv({ strict: false, allErrors: false });
const validators = new Map<string, ValidateFunction>();
let isLoaded = false;

let loaded: AnswerSchema | undefined;

function schema(): AnswerSchema {
  loaded ??= readOrDerive();
  return loaded;
}

function readOrDerive(): AnswerSchema {
  try {
    return JSON.parse(readFileSync(CACHE, 'utf8')) as AnswerSchema;
  } catch {
    const derived = deriveAnswerSchema(Object.values(TYPES));
    mkdirSync(dirname(CACHE), { recursive: true });
    writeFileSync(CACHE, JSON.stringify(derived));
    return derived;
  }
}

function validatorOf(name: string): ValidateFunction {
  if (!isLoaded) ajv.addSchema(schema(), 'stripe');
  isLoaded = true;
  const known = validators.get(name);
  if (known) return known;
  const validate = ajv.compile({ $ref: `stripe#/$defs/${name}` });
  validators.set(name, validate);
  return validate;
}

/** The fields that the SDK's type of a kind of object has; null for kinds that are not judged. */
export function fieldsOf(kind: string): ReadonlySet<string> | null {
  const type = TYPES[kind];
  if (type === undefined) return null;
  const { $defs: definitions } = schema() as { $defs: Record<string, { $ref?: string; properties?: object }> };
  const { $ref: reference } = definitions[type] ?? {};
  return new Set(Object.keys(definitions[reference?.replace('#/$defs/', '') ?? type]?.properties ?? {}));
}

interface Answer {
  object?: string;
  type?: string;
  deleted?: boolean;
  data?: unknown;
  error?: unknown;
}

/** How an answer of the API is not what the SDK's types say. Lists are judged element by element. */
export function violationsOf(answer: unknown): string[] {
  const { object, deleted, data, error } = answer as Answer;
  if (error !== undefined || deleted) return [];
  if ((object === 'list' || object === 'search_result') && Array.isArray(data)) return data.flatMap(violationsOf);
  if (object === 'event') return violationsOfEvent(answer as { type: string });
  const type = TYPES[object ?? ''];
  return type === undefined ? [`${String(object)} is a kind that cannot be judged`] : judge(type, answer);
}

/** How an event is not what the SDK's types say of its type. */
export function violationsOfEvent(event: { type: string }): string[] {
  return judge(`event:${event.type}`, event);
}

function judge(name: string, value: unknown): string[] {
  const validate = validatorOf(name);
  if (validate(value)) return [];
  return (validate.errors ?? [])
    .slice(0, 5)
    .map((each) => `${name}${each.instancePath.replace(/\d+/g, 'N')} ${each.message ?? ''} ${JSON.stringify(each.params)}`);
}
