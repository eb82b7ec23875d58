/** What a client may do with payment intents, and when. */
import { checkAmount, checkCurrency } from '../amounts.js';
import { type Call, pathId, route } from '../call.js';
import { invalidParameter, invalidState } from '../errors.js';
import { listPage, type ListParameters } from '../lists.js';
import { mergeMetadata, type Metadata } from '../metadata.js';
import { search, type SearchParameters } from '../search.js';
import { getCustomer } from './customer-object.js';
import { cancel, capture } from './payment-flow.js';
import {
  applyCommon,
  checkMethod,
  CONFIRMABLE,
  confirmIntent,
  createIntent,
  getIntent,
  type IntentParameters,
  methodOf,
  type PaymentIntentStatus,
  unexpected,
} from './payment-intents.js';

const CANCELABLE: readonly PaymentIntentStatus[] = [
  'requires_payment_method',
  'requires_capture',
  'requires_confirmation',
  'requires_action',
  'processing',
];

function create(call: Call<IntentParameters>): object {
  const { sandbox, account, parameters } = call;
  if (!parameters.confirm && parameters.off_session !== undefined) {
    throw invalidParameter('off_session can only be used with confirm=true.', 'off_session');
  }
  const intent = createIntent(sandbox, account, parameters);
  return parameters.confirm
    ? confirmIntent(sandbox, account, intent, {
        ...parameters,
        payment_method: undefined,
        payment_method_data: undefined,
        confirmation_token: undefined,
      })
    : intent;
}

function update(call: Call<IntentParameters>): object {
  const { sandbox, account, parameters } = call;
  const intent = getIntent(account, pathId(call));
  const isOpen = CONFIRMABLE.includes(intent.status);
  for (const name of ['amount', 'currency', 'payment_method', 'customer'] as const) {
    if (isOpen || parameters[name] === undefined) continue;
    throw unexpected(
      intent,
      `This PaymentIntent's ${name} could not be updated because it has a status of ${intent.status}. You may only update the ${name} of a ` +
        'PaymentIntent with one of the following statuses: requires_payment_method, requires_confirmation, requires_action.',
    );
  }
  if (parameters.currency !== undefined) intent.currency = checkCurrency(parameters.currency);
  if (parameters.amount !== undefined) checkAmount(parameters.amount, intent.currency);
  if (parameters.customer !== undefined) intent.customer = getCustomer(account, parameters.customer, 'customer').id;
  const method = methodOf(sandbox, account, parameters);
  intent.amount = parameters.amount ?? intent.amount;
  intent.description = parameters.description ?? intent.description;
  intent.metadata = mergeMetadata(intent.metadata, parameters.metadata);
  intent.statement_descriptor = parameters.statement_descriptor ?? intent.statement_descriptor;
  intent.statement_descriptor_suffix = parameters.statement_descriptor_suffix ?? intent.statement_descriptor_suffix;
  intent.transfer_group = parameters.transfer_group ?? intent.transfer_group;
  applyCommon(intent, parameters);
  if (method) {
    checkMethod(sandbox, account, intent, method);
    intent.payment_method = method.id;
    intent.status = 'requires_confirmation';
  }
  return account.paymentIntents.put(intent);
}

function captureRoute(call: Call<{ amount_to_capture?: number; metadata?: Metadata }>): object {
  const { sandbox, account, parameters } = call;
  const intent = getIntent(account, pathId(call));
  if (intent.status !== 'requires_capture') {
    throw unexpected(
      intent,
      `This PaymentIntent could not be captured because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be captured: requires_capture.`,
    );
  }
  const amount = parameters.amount_to_capture ?? intent.amount_capturable;
  if (amount > intent.amount_capturable) {
    throw invalidParameter(
      `The amount to capture (${String(amount)}) is greater than the amount that can be captured (${String(intent.amount_capturable)}).`,
      'amount_to_capture',
      'amount_too_large',
    );
  }
  if (amount < 1)
    throw invalidParameter('This value must be greater than or equal to 1.', 'amount_to_capture', 'parameter_invalid_integer');
  intent.metadata = mergeMetadata(intent.metadata, parameters.metadata);
  capture(sandbox, account, intent, amount);
  return intent;
}

function cancelRoute(call: Call<{ cancellation_reason?: string }>): object {
  const { sandbox, account, parameters } = call;
  const intent = getIntent(account, pathId(call));
  if (!CANCELABLE.includes(intent.status)) {
    throw unexpected(
      intent,
      `You cannot cancel this PaymentIntent because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be canceled: ${CANCELABLE.join(', ')}.`,
    );
  }
  cancel(sandbox, account, intent, parameters.cancellation_reason ?? null);
  return intent;
}

function increment(call: Call<{ amount: number; description?: string; metadata?: Metadata }>): object {
  const { sandbox, account, parameters } = call;
  const intent = getIntent(account, pathId(call));
  const charge = account.charges.find(intent.latest_charge ?? '');
  if (intent.status !== 'requires_capture' || !charge) {
    throw unexpected(
      intent,
      `This PaymentIntent could not be incremented because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be incremented: requires_capture.`,
    );
  }
  if (intent.payment_method_options?.card?.request_incremental_authorization !== 'if_available') {
    throw invalidState('This PaymentIntent is not eligible for incremental authorization.', {
      code: 'payment_intent_incremental_authorization_unavailable',
      payment_intent: intent,
    });
  }
  checkAmount(parameters.amount, intent.currency);
  if (parameters.amount <= intent.amount)
    throw invalidParameter('The amount must be greater than the currently authorized amount.', 'amount', 'amount_too_small');
  intent.amount = parameters.amount;
  intent.amount_capturable = parameters.amount;
  intent.metadata = mergeMetadata(intent.metadata, parameters.metadata);
  charge.amount = parameters.amount;
  account.charges.put(charge);
  account.paymentIntents.put(intent);
  sandbox.events.record(account, 'payment_intent.amount_capturable_updated', intent);
  return intent;
}

function retrieve(call: Call<{ client_secret?: string }>): object {
  return getIntent(call.account, pathId(call));
}

function confirm(call: Call<IntentParameters>): object {
  return confirmIntent(call.sandbox, call.account, getIntent(call.account, pathId(call)), call.parameters);
}

function list(call: Call<ListParameters & { customer?: string }>): object {
  const { customer } = call.parameters;
  return listPage(call, call.account.paymentIntents, (intent) => customer === undefined || intent.customer === customer);
}

/** Routes of payment intents. */
export const paymentIntentRoutes = [
  route('POST /v1/payment_intents', 'PaymentIntentCreateParams', create),
  route('GET /v1/payment_intents', 'PaymentIntentListParams', list),
  route('GET /v1/payment_intents/search', 'PaymentIntentSearchParams', (call: Call<SearchParameters>) =>
    search(call, call.account.paymentIntents),
  ),
  route('GET /v1/payment_intents/{id}', 'PaymentIntentRetrieveParams', retrieve),
  route('POST /v1/payment_intents/{id}', 'PaymentIntentUpdateParams', update),
  route('POST /v1/payment_intents/{id}/confirm', 'PaymentIntentConfirmParams', confirm),
  route('POST /v1/payment_intents/{id}/capture', 'PaymentIntentCaptureParams', captureRoute),
  route('POST /v1/payment_intents/{id}/cancel', 'PaymentIntentCancelParams', cancelRoute),
  route('POST /v1/payment_intents/{id}/increment_authorization', 'PaymentIntentIncrementAuthorizationParams', increment),
];
