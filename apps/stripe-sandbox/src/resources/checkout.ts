/** Checkout: a page of Stripe's on which a customer pays, here a page with one field and one button. */
import { type Account } from '../account.js';
import { type Shipping } from '../addresses.js';
import { invalidParameter, invalidState } from '../errors.js';
import { innerList } from '../lists.js';
import { mergeMetadata, type Metadata } from '../metadata.js';
import { type Sandbox } from '../sandbox.js';
import { type StripeObject } from '../store.js';
import { getCustomer } from './customer-object.js';
import { createCustomer } from './customers.js';
import { confirmIntent, createIntent, type PaymentIntent } from './payment-intents.js';
import { attach, type PaymentMethod, resolvePaymentMethod } from './payment-methods.js';
import { type Price, type PriceParameters, resolvePrice } from './products.js';
import { subscriptionObject } from './subscription-object.js';
import { begin } from './subscriptions.js';

/** A checkout session. */
export interface CheckoutSession extends StripeObject {
  object: 'checkout.session';
  amount_total: number | null;
  created: number;
  currency: string | null;
  customer: string | null;
  expires_at: number;
  metadata: Metadata;
  mode: 'payment' | 'subscription' | 'setup';
  payment_intent: string | null;
  payment_status: 'paid' | 'unpaid' | 'no_payment_required';
  status: 'open' | 'complete' | 'expired';
  subscription: string | null;
  success_url: string | null;
  url: string | null;
  [name: string]: unknown;
}

/** What a session sells; kept beside it, for it is shown only when asked for. */
export interface CheckoutLines extends StripeObject {
  object: 'checkout_lines';
  lines: { price: Price; quantity: number }[];
  intentData: { description?: string; metadata?: Metadata; setup_future_usage?: string; capture_method?: string; shipping?: Shipping };
  subscriptionData: { metadata?: Metadata; trial_period_days?: number; description?: string };
}

const LIFETIME_SECONDS = 86_400;

/** What a session is made of. */
export interface SessionParameters {
  client_reference_id?: string;
  cancel_url?: string;
  customer?: string;
  customer_email?: string;
  line_items?: { price?: string; price_data?: PriceParameters; quantity?: number }[];
  metadata?: Metadata | '';
  mode?: CheckoutSession['mode'];
  payment_intent_data?: CheckoutLines['intentData'];
  payment_method_types?: string[];
  subscription_data?: CheckoutLines['subscriptionData'];
  success_url?: string;
  return_url?: string;
  ui_mode?: string;
  expires_at?: number;
}

/** Opens a session. */
export function createSession(sandbox: Sandbox, account: Account, input: SessionParameters): CheckoutSession {
  const { mode = 'payment', line_items: items = [], ui_mode: uiMode = 'hosted_page' } = input;
  if (mode !== 'setup' && items.length === 0)
    throw invalidParameter('Missing required param: line_items.', 'line_items', 'parameter_missing');
  if (uiMode === 'hosted_page' && input.success_url === undefined)
    throw invalidParameter('Missing required param: success_url.', 'success_url', 'parameter_missing');
  if (input.customer !== undefined) getCustomer(account, input.customer, 'customer');
  const lines = items.map((item, index) => ({
    price: resolvePrice(sandbox, account, item, `line_items[${String(index)}]`),
    quantity: item.quantity ?? 1,
  }));
  const total = lines.reduce((sum, { price, quantity }) => sum + price.unit_amount * quantity, 0);
  const now = sandbox.clock.now();
  const id = `cs_test_a1${sandbox.store.random.letters(56)}`;
  account.checkoutLines.put({
    id,
    object: 'checkout_lines',
    lines,
    intentData: input.payment_intent_data ?? {},
    subscriptionData: input.subscription_data ?? {},
  });
  const session = account.checkoutSessions.put({
    ...STANDING_FIELDS,
    id,
    object: 'checkout.session',
    amount_subtotal: mode === 'setup' ? null : total,
    amount_total: mode === 'setup' ? null : total,
    cancel_url: input.cancel_url ?? null,
    client_reference_id: input.client_reference_id ?? null,
    client_secret: uiMode === 'hosted_page' ? null : `${id}_secret_${sandbox.store.random.letters(24)}`,
    created: now,
    currency: lines[0]?.price.currency ?? null,
    customer: input.customer ?? null,
    customer_creation: mode === 'payment' ? 'if_required' : 'always',
    customer_email: input.customer_email ?? null,
    expires_at: input.expires_at ?? now + LIFETIME_SECONDS,
    metadata: mergeMetadata({}, input.metadata),
    mode,
    payment_intent: null,
    payment_method_types: input.payment_method_types ?? ['card'],
    payment_status: mode === 'setup' ? 'no_payment_required' : 'unpaid',
    ...(input.return_url === undefined ? {} : { return_url: input.return_url }),
    status: 'open',
    subscription: null,
    success_url: input.success_url ?? null,
    ui_mode: uiMode,
    url: uiMode === 'hosted_page' ? `${sandbox.baseUrl}/_sandbox/checkout/${id}` : null,
  });
  sandbox.clock.schedule('checkout_expiry', account.id, (session.expires_at - now) * 1_000, { sessionId: id });
  return session;
}

const STANDING_FIELDS = {
  adaptive_pricing: null,
  after_expiration: null,
  allow_promotion_codes: null,
  allowed_payment_method_types: null,
  automatic_tax: { enabled: false, liability: null, provider: null, status: null },
  billing_address_collection: null,
  collected_information: null,
  consent: null,
  consent_collection: null,
  currency_conversion: null,
  custom_fields: [],
  custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
  customer_account: null,
  customer_details: null,
  discounts: [],
  integration_identifier: null,
  invoice: null,
  invoice_creation: null,
  livemode: false,
  locale: null,
  managed_payments: null,
  origin_context: null,
  payment_link: null,
  payment_method_collection: 'if_required',
  payment_method_configuration_details: null,
  payment_method_options: {},
  permissions: null,
  recovered_from: null,
  saved_payment_method_options: null,
  setup_intent: null,
  shipping_address_collection: null,
  shipping_cost: null,
  shipping_options: [],
  submit_type: null,
  total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
  wallet_options: null,
};

/** The customer has pressed the button. @throws StripeError 402 when the card is refused; the session stays open. */
export function completeSession(sandbox: Sandbox, account: Account, session: CheckoutSession, methodId: string): CheckoutSession {
  const sold = account.checkoutLines.find(session.id);
  if (session.status !== 'open' || !sold) throw invalidState(`This Checkout Session cannot be completed: its status is ${session.status}.`);
  const method = resolvePaymentMethod(sandbox, account, methodId);
  if (session.mode === 'subscription') subscribe(sandbox, account, session, sold, method);
  else if (session.mode === 'payment') charge(sandbox, account, session, sold, method);
  const { address, email, name, phone } = method.billing_details;
  session.customer_details = {
    address,
    business_name: null,
    email: email ?? session.customer_email ?? null,
    individual_name: null,
    name,
    phone,
    tax_exempt: 'none',
    tax_ids: [],
  };
  session.status = 'complete';
  session.url = null;
  account.checkoutSessions.put(session);
  sandbox.events.record(account, 'checkout.session.completed', session);
  return session;
}

function charge(sandbox: Sandbox, account: Account, session: CheckoutSession, sold: CheckoutLines, method: PaymentMethod): void {
  const { shipping, ...data } = sold.intentData;
  const intent = createIntent(sandbox, account, {
    amount: session.amount_total ?? 0,
    currency: session.currency ?? 'usd',
    ...(session.customer === null ? {} : { customer: session.customer }),
    payment_method_types: [method.type],
    ...data,
    ...(shipping ? { shipping } : {}),
  });
  session.payment_intent = intent.id;
  confirmIntent(sandbox, account, intent, { payment_method: method.id, return_url: session.success_url ?? 'https://example.com' });
  session.payment_status = intent.status === 'succeeded' || intent.status === 'requires_capture' ? 'paid' : 'unpaid';
}

function subscribe(sandbox: Sandbox, account: Account, session: CheckoutSession, sold: CheckoutLines, method: PaymentMethod): void {
  const { email, name } = method.billing_details;
  const made = { ...(email === null ? {} : { email }), ...(name === null ? {} : { name }) };
  const customer = session.customer === null ? createCustomer(sandbox, account, made) : getCustomer(account, session.customer, 'customer');
  session.customer = customer.id;
  attach(sandbox, account, method, customer.id);
  const now = sandbox.clock.now();
  const { trial_period_days: trialDays, metadata, description } = sold.subscriptionData;
  const subscription = subscriptionObject(sandbox, {
    customer,
    prices: sold.lines,
    now,
    trialEnd: trialDays === undefined ? null : now + trialDays * 86_400,
    collectionMethod: 'charge_automatically',
    daysUntilDue: null,
    defaultPaymentMethod: method.id,
    description: description ?? null,
    metadata: mergeMetadata({}, metadata),
    cancelAtPeriodEnd: false,
    missingPaymentMethod: 'create_invoice',
  });
  begin(sandbox, account, subscription, 'error_if_incomplete');
  session.subscription = subscription.id;
  session.invoice = subscription.latest_invoice;
  session.payment_status = trialDays === undefined ? 'paid' : 'no_payment_required';
}

/** Bank debits are known only after their session is complete. */
function sessionOutcome(sandbox: Sandbox, account: Account, intent: PaymentIntent): void {
  for (const session of account.checkoutSessions.newestFirst()) {
    if (session.payment_intent !== intent.id || session.status !== 'complete' || session.payment_status === 'paid') continue;
    const hasSucceeded = intent.status === 'succeeded';
    if (hasSucceeded) session.payment_status = 'paid';
    account.checkoutSessions.put(session);
    sandbox.events.record(account, `checkout.session.async_payment_${hasSucceeded ? 'succeeded' : 'failed'}`, session);
    return;
  }
}

/** Closes a session unpaid. */
export function expireSession(sandbox: Sandbox, account: Account, session: CheckoutSession): CheckoutSession {
  session.status = 'expired';
  session.url = null;
  account.checkoutSessions.put(session);
  sandbox.events.record(account, 'checkout.session.expired', session);
  return session;
}

/** Follows payment intents, and does what time calls for. */
export function followCheckout(sandbox: Sandbox): void {
  sandbox.whenIntentEnds.push((account, intent) => {
    sessionOutcome(sandbox, account, intent);
  });
  sandbox.clock.register('checkout_expiry', ({ accountId, details }) => {
    const account = sandbox.account(accountId);
    const session = account.checkoutSessions.find(String(details.sessionId));
    if (session?.status === 'open') expireSession(sandbox, account, session);
  });
}

/** The lines of a session, as a list of its own. */
export function lineItems(account: Account, id: string): object {
  const sold = account.checkoutLines.find(id);
  const lines = (sold?.lines ?? []).map(({ price, quantity }, index) => ({
    id: `li_${id.slice(-14)}${String(index)}`,
    object: 'item',
    adjustable_quantity: null,
    amount_discount: 0,
    amount_subtotal: price.unit_amount * quantity,
    amount_tax: 0,
    amount_total: price.unit_amount * quantity,
    currency: price.currency,
    description: account.products.find(price.product)?.name ?? null,
    metadata: null,
    price,
    quantity,
  }));
  return innerList(lines, `/v1/checkout/sessions/${id}/line_items`);
}
