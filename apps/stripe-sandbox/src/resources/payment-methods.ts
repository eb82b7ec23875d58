/** Payment methods: test cards by name, token or number, and the customers they are attached to. */
import { type Account } from '../account.js';
import { type Address, NO_ADDRESS } from '../addresses.js';
import { type Call, pathId, route } from '../call.js';
import { cardByName, type TestCard } from '../cards.js';
import { cardNumberError, resolveCard, type CardInput } from '../card-input.js';
import { cardOf, fingerprintOf } from '../fingerprints.js';
import { cardError, invalidState, noSuch } from '../errors.js';
import { listPage, type ListParameters } from '../lists.js';
import { mergeMetadata, type Metadata } from '../metadata.js';
import { type Sandbox } from '../sandbox.js';
import { type StripeObject } from '../store.js';
import { getCustomer } from './customer-object.js';

/** Who pays. */
export interface BillingDetails {
  address: Address;
  email: string | null;
  name: string | null;
  phone: string | null;
  tax_id: string | null;
}

/** A payment method. */
export interface PaymentMethod extends StripeObject {
  object: 'payment_method';
  allow_redisplay: string;
  billing_details: BillingDetails;
  card?: CardDetails;
  created: number;
  customer: string | null;
  customer_account: null;
  livemode: false;
  metadata: Metadata;
  type: string;
  [type: string]: unknown;
}

/** The card of a payment method. */
export interface CardDetails {
  brand: string;
  checks: { address_line1_check: string | null; address_postal_code_check: string | null; cvc_check: string | null };
  country: string;
  display_brand: string;
  exp_month: number;
  exp_year: number;
  fingerprint: string;
  funding: string;
  generated_from: null;
  last4: string;
  networks: { available: string[]; preferred: null };
  regulated_status: 'unregulated';
  three_d_secure_usage: { supported: true };
  wallet: null;
}

type BillingInput = { [K in keyof BillingDetails]?: K extends 'address' ? Partial<Address> | '' : string };

/** `payment_method_data` and the body of `POST /v1/payment_methods`. */
export interface PaymentMethodInput {
  type?: string;
  card?: CardInput;
  billing_details?: BillingInput;
  metadata?: Metadata | '';
  allow_redisplay?: string;
  [type: string]: unknown;
}

/** An id of a kept payment method, or a name such as `pm_card_visa`, which makes a new one. */
export function resolvePaymentMethod(sandbox: Sandbox, account: Account, id: string, param = 'payment_method'): PaymentMethod {
  const known = account.paymentMethods.find(id);
  if (known) return known;
  const card = id.startsWith('pm_card_') ? cardByName(id.slice('pm_card_'.length)) : undefined;
  if (!card) throw noSuch('PaymentMethod', id, param, param === 'id' ? 404 : 400);
  return keep(sandbox, account, cardMethod(sandbox, card, { cvc: '123' }), {});
}

/** Makes and keeps a payment method. */
export function createPaymentMethod(sandbox: Sandbox, account: Account, input: PaymentMethodInput, param = ''): PaymentMethod {
  const type = input.type ?? 'card';
  if (type !== 'card') return keep(sandbox, account, { type, [type]: otherDetails(type, input[type], sandbox) }, input);
  if (!input.card)
    throw invalidState('Missing required param: card.', { code: 'parameter_missing', param: param === '' ? 'card' : `${param}[card]` });
  const { card, details } = resolveCard(sandbox, input.card);
  return keep(sandbox, account, cardMethod(sandbox, card, details, input.billing_details), input);
}

interface MethodParts {
  type: string;
  [type: string]: unknown;
}

function keep(sandbox: Sandbox, account: Account, parts: MethodParts, input: PaymentMethodInput): PaymentMethod {
  return account.paymentMethods.put({
    id: `pm_1${sandbox.store.random.letters(23)}`,
    object: 'payment_method',
    allow_redisplay: input.allow_redisplay ?? 'unspecified',
    billing_details: mergeBilling(NO_BILLING, input.billing_details),
    created: sandbox.clock.now(),
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: mergeMetadata({}, input.metadata),
    ...parts,
  });
}

function cardMethod(
  sandbox: Sandbox,
  card: TestCard,
  given: Partial<CardInput>,
  billing?: BillingInput,
): MethodParts & { card: CardDetails } {
  const address = billing?.address === '' ? undefined : billing?.address;
  const check = (name: 'cvc' | 'postal_code' | 'line1', value: unknown) => {
    if (value === undefined) return null;
    if (card.uncheckedAddress && name !== 'cvc') return 'unavailable';
    return card.failingChecks?.includes(name) ? 'fail' : 'pass';
  };
  return {
    type: 'card',
    card: {
      brand: card.brand,
      checks: {
        address_line1_check: check('line1', address?.line1),
        address_postal_code_check: check('postal_code', address?.postal_code),
        cvc_check: check('cvc', given.cvc),
      },
      country: card.country,
      display_brand: card.brand === 'amex' ? 'american_express' : card.brand,
      exp_month: given.exp_month ?? 8,
      exp_year: given.exp_year ?? new Date(sandbox.clock.nowMs()).getUTCFullYear() + 1,
      fingerprint: fingerprintOf(card),
      funding: card.funding,
      generated_from: null,
      last4: card.number.slice(-4),
      networks: { available: [card.brand], preferred: null },
      regulated_status: 'unregulated',
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
  };
}

/** Bank debits that the sandbox keeps without acting on them, and `link`-like methods without details. */
function otherDetails(type: string, input: unknown, sandbox: Sandbox): object {
  const given = typeof input === 'object' && input !== null ? (input as Record<string, unknown>) : {};
  if (type !== 'sepa_debit') return given;
  const iban = typeof given.iban === 'string' ? given.iban : '';
  return {
    bank_code: iban.slice(4, 12),
    branch_code: '',
    country: iban.slice(0, 2),
    fingerprint: sandbox.store.random.letters(16),
    generated_from: { charge: null, setup_attempt: null },
    last4: iban.slice(-4),
  };
}

const NO_BILLING: BillingDetails = { address: NO_ADDRESS, email: null, name: null, phone: null, tax_id: null };

function mergeBilling(kept: BillingDetails, changes: BillingInput | undefined): BillingDetails {
  if (!changes) return kept;
  const { address, ...rest } = changes;
  const merged: BillingDetails = { ...kept, address: address === '' ? NO_ADDRESS : { ...kept.address, ...address } };
  for (const [name, value] of Object.entries(rest)) merged[name as 'email' | 'name' | 'phone' | 'tax_id'] = value === '' ? null : value;
  return merged;
}

/** Ties a method to a customer. @throws StripeError 402 for cards that already the attaching refuses. */
export function attach(sandbox: Sandbox, account: Account, method: PaymentMethod, customerId: string): PaymentMethod {
  if (method.customer === customerId) return method;
  if (method.customer !== null) {
    throw invalidState('The payment method you provided has already been attached to a customer.', {
      code: 'payment_method_already_attached',
    });
  }
  const card = cardOf(method);
  if (card?.refusesAttach && card.decline) throw cardError({ ...cardNumberError(card.decline), payment_method: method });
  method.customer = customerId;
  account.paymentMethods.put(method);
  sandbox.events.record(account, 'payment_method.attached', method);
  return method;
}

function attachRoute(call: Call<{ customer?: string }>): object {
  const { customer = '' } = call.parameters;
  const method = resolvePaymentMethod(call.sandbox, call.account, pathId(call), 'id');
  getCustomer(call.account, customer, 'customer');
  return attach(call.sandbox, call.account, method, customer);
}

function detach(call: Call): object {
  const method = get(call);
  if (method.customer === null) {
    throw invalidState('The payment method you provided is not attached to a customer so detachment is impossible.');
  }
  const { customer } = method;
  method.customer = null;
  call.account.paymentMethods.put(method);
  call.sandbox.usedMethods(call.account).put({ id: method.id, object: 'used_payment_method' });
  call.sandbox.events.record(call.account, 'payment_method.detached', method, { customer });
  return method;
}

function update(call: Call<PaymentMethodInput>): object {
  const method = get(call);
  const { billing_details: billing, metadata, card, allow_redisplay: display } = call.parameters;
  method.billing_details = mergeBilling(method.billing_details, billing);
  method.metadata = mergeMetadata(method.metadata, metadata);
  method.allow_redisplay = display ?? method.allow_redisplay;
  if (card && method.card)
    method.card = { ...method.card, exp_month: card.exp_month ?? method.card.exp_month, exp_year: card.exp_year ?? method.card.exp_year };
  call.account.paymentMethods.put(method);
  call.sandbox.events.record(call.account, 'payment_method.updated', method);
  return method;
}

function get(call: Call<unknown>): PaymentMethod {
  const method = call.account.paymentMethods.find(pathId(call));
  if (!method) throw noSuch('PaymentMethod', pathId(call), 'payment_method');
  return method;
}

function create(call: Call<PaymentMethodInput>): object {
  return createPaymentMethod(call.sandbox, call.account, call.parameters);
}

interface MethodListParameters extends ListParameters {
  customer?: string;
  type?: string;
}

function list(call: Call<MethodListParameters>): object {
  const { customer, type } = call.parameters;
  const matches = (method: PaymentMethod) =>
    (customer === undefined ? method.customer === null : method.customer === customer) && (type === undefined || method.type === type);
  return listPage(call, call.account.paymentMethods, matches);
}

function listOfCustomer(call: Call<MethodListParameters>): object {
  const { id } = getCustomer(call.account, pathId(call), 'customer');
  return list({ ...call, parameters: { ...call.parameters, customer: id } });
}

/** Routes of payment methods. */
export const paymentMethodRoutes = [
  route('POST /v1/payment_methods', 'PaymentMethodCreateParams', create),
  route('GET /v1/payment_methods', 'PaymentMethodListParams', list),
  route('GET /v1/payment_methods/{id}', 'PaymentMethodRetrieveParams', (call: Call) =>
    resolvePaymentMethod(call.sandbox, call.account, pathId(call), 'id'),
  ),
  route('POST /v1/payment_methods/{id}', 'PaymentMethodUpdateParams', update),
  route('POST /v1/payment_methods/{id}/attach', 'PaymentMethodAttachParams', attachRoute),
  route('POST /v1/payment_methods/{id}/detach', 'PaymentMethodDetachParams', detach),
  route('GET /v1/customers/{id}/payment_methods', 'CustomerListPaymentMethodsParams', listOfCustomer),
];
