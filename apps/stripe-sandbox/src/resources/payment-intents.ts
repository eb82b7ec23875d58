/** Payment intents: one for each thing a customer pays for. */
import { type Account } from '../account.js';
import { type Shipping, wholeShipping } from '../addresses.js';
import { checkAmount, checkCurrency } from '../amounts.js';
import { invalidState, noSuch } from '../errors.js';
import { mergeMetadata, type Metadata } from '../metadata.js';
import { type Sandbox } from '../sandbox.js';
import { type StripeObject } from '../store.js';
import { getCustomer } from './customer-object.js';
import { PaymentFlow } from './payment-flow.js';
import { createPaymentMethod, type PaymentMethod, type PaymentMethodInput, resolvePaymentMethod } from './payment-methods.js';
import { methodOfConfirmationToken } from './tokens.js';

/** Where a payment intent stands. */
export type PaymentIntentStatus =
  'requires_payment_method' | 'requires_confirmation' | 'requires_action' | 'processing' | 'requires_capture' | 'canceled' | 'succeeded';

interface CardOptions {
  request_three_d_secure?: string;
  request_incremental_authorization?: string;
  [name: string]: unknown;
}

/** A payment intent. */
export interface PaymentIntent extends StripeObject {
  object: 'payment_intent';
  amount: number;
  amount_capturable: number;
  amount_received: number;
  application_fee_amount: number | null;
  automatic_payment_methods: { allow_redirects?: string; enabled: boolean } | null;
  canceled_at: number | null;
  cancellation_reason: string | null;
  capture_method: string;
  client_secret: string;
  confirmation_method: string;
  created: number;
  currency: string;
  customer: string | null;
  description: string | null;
  last_payment_error: object | null;
  latest_charge: string | null;
  metadata: Metadata;
  next_action: object | null;
  on_behalf_of: string | null;
  payment_method: string | null;
  payment_method_options: { card?: CardOptions; [type: string]: unknown } | null;
  payment_method_types: string[];
  receipt_email: string | null;
  review: string | null;
  setup_future_usage: string | null;
  shipping: Shipping | null;
  statement_descriptor: string | null;
  statement_descriptor_suffix: string | null;
  status: PaymentIntentStatus;
  transfer_group: string | null;
  [name: string]: unknown;
}

/** The parameters of create, update and confirm; each route's table says which it takes. */
export interface IntentParameters {
  amount?: number;
  currency?: string;
  application_fee_amount?: number;
  automatic_payment_methods?: { allow_redirects?: string; enabled: boolean };
  capture_method?: string;
  confirm?: boolean;
  confirmation_method?: string;
  confirmation_token?: string;
  customer?: string;
  description?: string;
  error_on_requires_action?: boolean;
  metadata?: Metadata | '';
  off_session?: boolean | string;
  on_behalf_of?: string;
  payment_method?: string;
  payment_method_data?: PaymentMethodInput;
  payment_method_options?: PaymentIntent['payment_method_options'];
  payment_method_types?: string[];
  receipt_email?: string;
  return_url?: string;
  setup_future_usage?: string;
  shipping?: Shipping | '';
  statement_descriptor?: string;
  statement_descriptor_suffix?: string;
  transfer_group?: string;
  use_stripe_sdk?: boolean;
}

/** Statuses in which an intent may be confirmed and changed. */
export const CONFIRMABLE: readonly PaymentIntentStatus[] = ['requires_payment_method', 'requires_confirmation', 'requires_action'];

const DEFAULT_CARD_OPTIONS = { installments: null, mandate_options: null, network: null, request_three_d_secure: 'automatic' };

/** Makes and keeps a payment intent. Whoever confirms at once calls {@link confirmIntent} next. */
export function createIntent(sandbox: Sandbox, account: Account, input: IntentParameters): PaymentIntent {
  const currency = checkCurrency(input.currency ?? '');
  const amount = input.amount ?? 0;
  checkAmount(amount, currency);
  if (input.customer !== undefined) getCustomer(account, input.customer, 'customer');
  const method = methodOf(sandbox, account, input);
  const types = input.payment_method_types;
  const id = `pi_3${sandbox.store.random.letters(23)}`;
  const intent: PaymentIntent = {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: null,
    amount,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 0,
    application: null,
    application_fee_amount: input.application_fee_amount ?? null,
    automatic_payment_methods: types ? null : (input.automatic_payment_methods ?? { allow_redirects: 'always', enabled: true }),
    canceled_at: null,
    cancellation_reason: null,
    capture_method: input.capture_method ?? 'automatic_async',
    client_secret: `${id}_secret_${sandbox.store.random.letters(25)}`,
    confirmation_method: input.confirmation_method ?? 'automatic',
    created: sandbox.clock.now(),
    currency,
    customer: input.customer ?? null,
    customer_account: null,
    description: input.description ?? null,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: mergeMetadata({}, input.metadata),
    next_action: null,
    on_behalf_of: input.on_behalf_of ?? null,
    payment_method: method?.id ?? null,
    payment_method_configuration_details: null,
    payment_method_options: { ...input.payment_method_options, card: { ...DEFAULT_CARD_OPTIONS, ...input.payment_method_options?.card } },
    payment_method_types: types ?? ['card', 'link'],
    payment_record: null,
    processing: null,
    receipt_email: input.receipt_email ?? null,
    review: null,
    setup_future_usage: input.setup_future_usage || null,
    shipping: input.shipping ? wholeShipping(input.shipping) : null,
    source: null,
    statement_descriptor: input.statement_descriptor ?? null,
    statement_descriptor_suffix: input.statement_descriptor_suffix ?? null,
    status: method ? 'requires_confirmation' : 'requires_payment_method',
    transfer_data: null,
    transfer_group: input.transfer_group ?? null,
  };
  account.paymentIntents.put(intent);
  sandbox.events.record(account, 'payment_intent.created', intent);
  return intent;
}

/** Confirms an intent with the method of the request, or with its own. */
export function confirmIntent(sandbox: Sandbox, account: Account, intent: PaymentIntent, input: IntentParameters): PaymentIntent {
  if (!CONFIRMABLE.includes(intent.status)) {
    const why =
      intent.status === 'succeeded' ? 'it has already succeeded after being previously confirmed' : `it has a status of ${intent.status}`;
    throw unexpected(intent, `You cannot confirm this PaymentIntent because ${why}.`);
  }
  const method = methodOf(sandbox, account, input) ?? account.paymentMethods.find(intent.payment_method ?? '');
  if (!method) {
    throw unexpected(
      intent,
      "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment " +
        'method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.',
    );
  }
  checkMethod(sandbox, account, intent, method);
  checkReturnUrl(intent, input);
  applyCommon(intent, input);
  new PaymentFlow(sandbox, account, intent, method).confirm({
    isOffSession: input.off_session !== undefined && input.off_session !== false,
    failsOnAction: input.error_on_requires_action ?? false,
    returnUrl: input.return_url ?? null,
    usesStripeSdk: input.use_stripe_sdk ?? false,
  });
  return intent;
}

/** The payment method a request names, in whichever of the three ways. */
export function methodOf(sandbox: Sandbox, account: Account, input: IntentParameters): PaymentMethod | undefined {
  if (input.confirmation_token !== undefined) return methodOfConfirmationToken(sandbox, account, input.confirmation_token);
  if (input.payment_method_data) return createPaymentMethod(sandbox, account, input.payment_method_data, 'payment_method_data');
  return input.payment_method ? resolvePaymentMethod(sandbox, account, input.payment_method) : undefined;
}

/** Whether a method may pay for an intent. @throws StripeError 400 for another's, or one that is used up. */
export function checkMethod(sandbox: Sandbox, account: Account, intent: PaymentIntent, method: PaymentMethod): void {
  if (!intent.payment_method_types.includes(method.type) && intent.automatic_payment_methods === null) {
    const types = intent.payment_method_types.join(', ');
    throw invalidState(
      `The PaymentMethod provided (${method.type}) is not allowed for this PaymentIntent. Please attach a PaymentMethod of one of the following types: ${types}.`,
      {
        code: 'payment_intent_incompatible_payment_method',
        param: 'payment_method',
      },
    );
  }
  if (method.customer !== null && method.customer !== intent.customer) {
    throw invalidState(
      `The PaymentMethod ${method.id} belongs to the Customer ${method.customer}. Please include the Customer in the \`customer\` parameter on the PaymentIntent.`,
      { param: 'payment_method' },
    );
  }
  if (method.customer === null && sandbox.usedMethods(account).find(method.id)) {
    throw invalidState(
      'The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a connected account without ' +
        'Customer attachment, or was detached from a Customer. It may not be used again. To use a PaymentMethod multiple times, you must attach it to a Customer first.',
      { param: 'payment_method' },
    );
  }
}

function checkReturnUrl(intent: PaymentIntent, input: IntentParameters): void {
  const { automatic_payment_methods: automatic } = intent;
  const mayRedirect = automatic?.enabled === true && automatic.allow_redirects !== 'never';
  if (!mayRedirect || input.return_url !== undefined || input.off_session || input.use_stripe_sdk || input.error_on_requires_action) return;
  throw invalidState(
    'This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these payment methods might redirect ' +
      "your customer off of your page, you must provide a `return_url`. If you don't want to accept redirect-based payment methods, set " +
      '`automatic_payment_methods[enabled]` to `true` and `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents.',
  );
}

/** Applies the parameters that update and confirm share. */
export function applyCommon(intent: PaymentIntent, input: IntentParameters): void {
  intent.receipt_email = input.receipt_email ?? intent.receipt_email;
  intent.setup_future_usage = input.setup_future_usage ?? intent.setup_future_usage;
  intent.capture_method = input.capture_method ?? intent.capture_method;
  if (input.shipping !== undefined) intent.shipping = input.shipping ? wholeShipping(input.shipping) : null;
  if (input.payment_method_options) {
    const { payment_method_options: kept } = intent;
    intent.payment_method_options = {
      ...kept,
      ...input.payment_method_options,
      card: { ...kept?.card, ...input.payment_method_options.card },
    };
  }
}

/** The intent of an id. @throws StripeError 404 in a path, 400 in a parameter. */
export function getIntent(account: Account, id: string, param = 'intent'): PaymentIntent {
  const intent = account.paymentIntents.find(id);
  if (!intent) throw noSuch('payment_intent', id, param, param === 'intent' ? 404 : 400);
  return intent;
}

/** 400: the intent's status does not allow it. */
export function unexpected(intent: PaymentIntent, message: string): Error {
  return invalidState(message, { code: 'payment_intent_unexpected_state', payment_intent: intent });
}
