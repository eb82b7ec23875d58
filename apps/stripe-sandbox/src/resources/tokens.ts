/** Tokens: card details that wait to become a payment method. */
import { type Account } from '../account.js';
import { type Call, pathId, route } from '../call.js';
import { resolveCard, type CardInput, type CardToken } from '../card-input.js';
import { invalidState, noSuch } from '../errors.js';
import { fingerprintOf } from '../fingerprints.js';
import { type Sandbox } from '../sandbox.js';
import { type StripeObject } from '../store.js';
import { createPaymentMethod, type PaymentMethod, type PaymentMethodInput, resolvePaymentMethod } from './payment-methods.js';

/** A confirmation token: what Stripe's web form would send. */
export interface ConfirmationToken extends StripeObject {
  object: 'confirmation_token';
  created: number;
  expires_at: number;
  livemode: false;
  mandate_data: null;
  payment_intent: string | null;
  payment_method_options: null;
  payment_method_preview: object;
  return_url: string | null;
  setup_future_usage: string | null;
  setup_intent: null;
  shipping: object | null;
  use_stripe_sdk: boolean;
  /** The payment method it becomes; not shown. */
  methodId: string;
}

const TOKEN_SECONDS = 12 * 3_600;

interface ConfirmationTokenParameters {
  payment_method?: string;
  payment_method_data?: PaymentMethodInput;
  return_url?: string;
  setup_future_usage?: string;
  shipping?: object;
}

/** The payment method of a confirmation token. */
export function methodOfConfirmationToken(sandbox: Sandbox, account: Account, id: string): PaymentMethod {
  const token = account.confirmationTokens.find(id);
  if (!token || token.expires_at < sandbox.clock.now()) throw noSuch('confirmation_token', id, 'confirmation_token', 400);
  return resolvePaymentMethod(sandbox, account, token.methodId);
}

function createConfirmationToken(call: Call<ConfirmationTokenParameters>): object {
  const { sandbox, account, parameters } = call;
  const method = parameters.payment_method_data
    ? createPaymentMethod(sandbox, account, parameters.payment_method_data, 'payment_method_data')
    : resolvePaymentMethod(sandbox, account, parameters.payment_method ?? '');
  const { allow_redisplay, billing_details, card, customer, customer_account, type } = method;
  const now = sandbox.clock.now();
  return showToken(
    account.confirmationTokens.put({
      id: `ctoken_1${sandbox.store.random.letters(23)}`,
      object: 'confirmation_token',
      created: now,
      expires_at: now + TOKEN_SECONDS,
      livemode: false,
      mandate_data: null,
      payment_intent: null,
      payment_method_options: null,
      payment_method_preview: { allow_redisplay, billing_details, card, customer, customer_account, type },
      return_url: parameters.return_url ?? null,
      setup_future_usage: parameters.setup_future_usage ?? null,
      setup_intent: null,
      shipping: parameters.shipping ?? null,
      use_stripe_sdk: true,
      methodId: method.id,
    }),
  );
}

function showToken(token: ConfirmationToken): object {
  return { ...token, methodId: undefined };
}

function retrieveConfirmationToken(call: Call): object {
  const token = call.account.confirmationTokens.find(pathId(call));
  if (!token) throw noSuch('confirmation_token', pathId(call));
  return showToken(token);
}

function createToken(call: Call<{ card?: CardInput | string }>): object {
  const { sandbox, parameters } = call;
  if (typeof parameters.card !== 'object')
    throw invalidState('Missing required param: card.', { code: 'parameter_missing', param: 'card' });
  const { card, details } = resolveCard(sandbox, parameters.card);
  const token: CardToken = sandbox.tokens.put({ id: `tok_1${sandbox.store.random.letters(23)}`, object: 'token', card: details });
  return {
    id: token.id,
    object: 'token',
    card: {
      id: `card_1${sandbox.store.random.letters(23)}`,
      object: 'card',
      address_city: null,
      address_country: null,
      address_line1: null,
      address_line1_check: null,
      address_line2: null,
      address_state: null,
      address_zip: null,
      address_zip_check: null,
      allow_redisplay: 'unspecified',
      brand: BRAND_NAMES[card.brand] ?? card.brand,
      country: card.country,
      cvc_check: details.cvc === undefined ? null : 'unchecked',
      dynamic_last4: null,
      exp_month: details.exp_month,
      exp_year: details.exp_year,
      fingerprint: fingerprintOf(card),
      funding: card.funding,
      last4: card.number.slice(-4),
      metadata: {},
      name: null,
      networks: { preferred: null },
      regulated_status: 'unregulated',
      tokenization_method: null,
      wallet: null,
    },
    client_ip: '127.0.0.1',
    created: sandbox.clock.now(),
    livemode: false,
    type: 'card',
    used: false,
  };
}

/** The names that cards, unlike payment methods, use for brands. */
const BRAND_NAMES: Readonly<Record<string, string>> = {
  visa: 'Visa',
  mastercard: 'MasterCard',
  amex: 'American Express',
  discover: 'Discover',
  diners: 'Diners Club',
  jcb: 'JCB',
  unionpay: 'UnionPay',
};

/** Routes of tokens. */
export const tokenRoutes = [
  route('POST /v1/tokens', 'TokenCreateParams', createToken),
  route('POST /v1/test_helpers/confirmation_tokens', 'TestHelpers.ConfirmationTokenCreateParams', createConfirmationToken),
  route('GET /v1/confirmation_tokens/{id}', 'ConfirmationTokenRetrieveParams', retrieveConfirmationToken),
];
