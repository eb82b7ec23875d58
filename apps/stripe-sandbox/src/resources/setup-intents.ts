/** Setup intents: a payment method made ready for payments without its owner. */
import { type Account } from '../account.js';
import { type Call, pathId, route } from '../call.js';
import { cardNumberError } from '../card-input.js';
import { cardError, invalidState, noSuch, type StripeError } from '../errors.js';
import { cardOf } from '../fingerprints.js';
import { listPage, type ListParameters } from '../lists.js';
import { mergeMetadata, type Metadata } from '../metadata.js';
import { type Sandbox } from '../sandbox.js';
import { type StripeObject } from '../store.js';
import { getCustomer } from './customer-object.js';
import { attach, createPaymentMethod, type PaymentMethod, type PaymentMethodInput, resolvePaymentMethod } from './payment-methods.js';
import { methodOfConfirmationToken } from './tokens.js';

/** A setup intent. */
export interface SetupIntent extends StripeObject {
  object: 'setup_intent';
  client_secret: string;
  created: number;
  customer: string | null;
  last_setup_error: object | null;
  metadata: Metadata;
  next_action: object | null;
  payment_method: string | null;
  payment_method_types: string[];
  status: 'requires_payment_method' | 'requires_confirmation' | 'requires_action' | 'succeeded' | 'canceled';
  usage: string;
  [name: string]: unknown;
}

interface SetupParameters {
  automatic_payment_methods?: { allow_redirects?: string; enabled: boolean };
  cancellation_reason?: string;
  confirm?: boolean;
  confirmation_token?: string;
  customer?: string;
  description?: string;
  metadata?: Metadata | '';
  payment_method?: string;
  payment_method_data?: PaymentMethodInput;
  payment_method_types?: string[];
  return_url?: string;
  usage?: string;
  use_stripe_sdk?: boolean;
}

function create(call: Call<SetupParameters>): object {
  const { sandbox, account, parameters: input } = call;
  if (input.customer !== undefined) getCustomer(account, input.customer, 'customer');
  const method = methodOf(sandbox, account, input);
  const id = `seti_1${sandbox.store.random.letters(23)}`;
  const intent = account.setupIntents.put({
    id,
    object: 'setup_intent',
    allowed_payment_method_types: null,
    application: null,
    automatic_payment_methods: input.payment_method_types
      ? null
      : (input.automatic_payment_methods ?? { allow_redirects: 'always', enabled: true }),
    cancellation_reason: null,
    client_secret: `${id}_secret_${sandbox.store.random.letters(25)}`,
    created: sandbox.clock.now(),
    customer: input.customer ?? null,
    customer_account: null,
    description: input.description ?? null,
    excluded_payment_method_types: null,
    flow_directions: null,
    last_setup_error: null,
    latest_attempt: null,
    livemode: false,
    managed_payments: null,
    mandate: null,
    metadata: mergeMetadata({}, input.metadata),
    next_action: null,
    on_behalf_of: null,
    payment_method: method?.id ?? null,
    payment_method_configuration_details: null,
    payment_method_options: { card: { mandate_options: null, network: null, request_three_d_secure: 'automatic' } },
    payment_method_types: input.payment_method_types ?? ['card', 'link'],
    single_use_mandate: null,
    status: method ? 'requires_confirmation' : 'requires_payment_method',
    usage: input.usage ?? 'off_session',
  });
  sandbox.events.record(account, 'setup_intent.created', intent);
  return input.confirm
    ? confirmSetup(sandbox, account, intent, { ...input, payment_method: undefined, payment_method_data: undefined })
    : intent;
}

function methodOf(sandbox: Sandbox, account: Account, input: SetupParameters): PaymentMethod | undefined {
  if (input.confirmation_token !== undefined) return methodOfConfirmationToken(sandbox, account, input.confirmation_token);
  if (input.payment_method_data) return createPaymentMethod(sandbox, account, input.payment_method_data, 'payment_method_data');
  return input.payment_method === undefined ? undefined : resolvePaymentMethod(sandbox, account, input.payment_method);
}

function confirmSetup(sandbox: Sandbox, account: Account, intent: SetupIntent, input: SetupParameters): SetupIntent {
  if (intent.status === 'succeeded' || intent.status === 'canceled') throw unexpected(intent, 'confirm');
  const method = methodOf(sandbox, account, input) ?? account.paymentMethods.find(intent.payment_method ?? '');
  if (!method) {
    throw invalidState("You cannot confirm this SetupIntent because it's missing a payment method.", {
      code: 'setup_intent_unexpected_state',
      setup_intent: intent,
    });
  }
  intent.payment_method = method.id;
  intent.last_setup_error = null;
  const card = cardOf(method);
  if (card?.refusesAttach && card.decline) throw failSetup(sandbox, account, intent, cardNumberError(card.decline), method);
  if (card?.threeDSecure && card.threeDSecure !== 'on_request') {
    intent.status = 'requires_action';
    intent.next_action = sandbox.nextAction(intent.id, input.use_stripe_sdk ? null : (input.return_url ?? null));
    account.setupIntents.put(intent);
    sandbox.events.record(account, 'setup_intent.requires_action', intent);
    return intent;
  }
  return completeSetup(sandbox, account, intent, method);
}

/** The method is ready; it is attached to the intent's customer. */
export function completeSetup(sandbox: Sandbox, account: Account, intent: SetupIntent, method: PaymentMethod): SetupIntent {
  if (intent.customer !== null) attach(sandbox, account, method, intent.customer);
  sandbox.setUpMethods(account).put({ id: method.id, object: 'set_up_payment_method' });
  intent.status = 'succeeded';
  intent.next_action = null;
  account.setupIntents.put(intent);
  sandbox.events.record(account, 'setup_intent.succeeded', intent);
  return intent;
}

/** The issuer, or the payer, has refused. */
export function failSetup(
  sandbox: Sandbox,
  account: Account,
  intent: SetupIntent,
  fields: Parameters<typeof cardError>[0],
  method: PaymentMethod,
): StripeError {
  intent.status = 'requires_payment_method';
  intent.payment_method = null;
  intent.next_action = null;
  const documentation = `https://stripe.com/docs/error-codes/${(fields.code ?? '').replaceAll('_', '-')}`;
  intent.last_setup_error = { ...fields, doc_url: documentation, payment_method: method, type: 'card_error' };
  account.setupIntents.put(intent);
  sandbox.events.record(account, 'setup_intent.setup_failed', intent);
  return cardError({ ...fields, payment_method: method, setup_intent: intent });
}

function unexpected(intent: SetupIntent, verb: string): Error {
  const message = `You cannot ${verb} this SetupIntent because it has a status of ${intent.status}.`;
  return invalidState(message, { code: 'setup_intent_unexpected_state', setup_intent: intent });
}

function get(call: Call<unknown>): SetupIntent {
  const intent = call.account.setupIntents.find(pathId(call));
  if (!intent) throw noSuch('setupintent', pathId(call), 'intent');
  return intent;
}

function cancel(call: Call<SetupParameters>): object {
  const intent = get(call);
  if (intent.status === 'succeeded' || intent.status === 'canceled') throw unexpected(intent, 'cancel');
  intent.status = 'canceled';
  intent.cancellation_reason = call.parameters.cancellation_reason ?? null;
  intent.next_action = null;
  call.account.setupIntents.put(intent);
  call.sandbox.events.record(call.account, 'setup_intent.canceled', intent);
  return intent;
}

function update(call: Call<SetupParameters>): object {
  const { sandbox, account, parameters } = call;
  const intent = get(call);
  const method = methodOf(sandbox, account, parameters);
  if (parameters.customer !== undefined) intent.customer = getCustomer(account, parameters.customer, 'customer').id;
  intent.description = parameters.description ?? intent.description;
  intent.metadata = mergeMetadata(intent.metadata, parameters.metadata);
  if (method) {
    intent.payment_method = method.id;
    intent.status = 'requires_confirmation';
  }
  return account.setupIntents.put(intent);
}

function list(call: Call<ListParameters & { customer?: string; payment_method?: string }>): object {
  const { customer, payment_method: method } = call.parameters;
  const matches = (each: SetupIntent) =>
    (customer === undefined || each.customer === customer) && (method === undefined || each.payment_method === method);
  return listPage(call, call.account.setupIntents, matches);
}

/** Routes of setup intents. */
export const setupIntentRoutes = [
  route('POST /v1/setup_intents', 'SetupIntentCreateParams', create),
  route('GET /v1/setup_intents', 'SetupIntentListParams', list),
  route('GET /v1/setup_intents/{id}', 'SetupIntentRetrieveParams', (call: Call<{ client_secret?: string }>) => get(call)),
  route('POST /v1/setup_intents/{id}', 'SetupIntentUpdateParams', update),
  route('POST /v1/setup_intents/{id}/confirm', 'SetupIntentConfirmParams', (call: Call<SetupParameters>) =>
    confirmSetup(call.sandbox, call.account, get(call), call.parameters),
  ),
  route('POST /v1/setup_intents/{id}/cancel', 'SetupIntentCancelParams', cancel),
];
