/** Terminal: readers of a shop, driven by the server, and the cards that a test presents to them. */
import { type Account } from '../account.js';
import { type Call, pathId, route } from '../call.js';
import { type Decline } from '../cards.js';
import { invalidState, noSuch } from '../errors.js';
import { fingerprintOf } from '../fingerprints.js';
import { cardByName } from '../cards.js';
import { listPage, type ListParameters } from '../lists.js';
import { mergeMetadata, type Metadata } from '../metadata.js';
import { type Sandbox } from '../sandbox.js';
import { type StripeObject } from '../store.js';
import { getCharge } from './charges.js';
import { PaymentFlow } from './payment-flow.js';
import { getIntent } from './payment-intents.js';
import { type PaymentMethod } from './payment-methods.js';
import { createRefund } from './refunds.js';

/** A place where readers stand. */
export interface Location extends StripeObject {
  object: 'terminal.location';
  address: object;
  display_name: string;
  livemode: false;
  metadata: Metadata;
}

interface ReaderAction {
  api_error: null;
  failure_code: string | null;
  failure_message: string | null;
  status: 'in_progress' | 'succeeded' | 'failed';
  type: 'process_payment_intent' | 'refund_payment';
  process_payment_intent?: { payment_intent: string };
  refund_payment?: { charge?: string; payment_intent?: string; amount?: number; refund?: string; metadata?: Metadata };
}

/** A reader. */
export interface Reader extends StripeObject {
  object: 'terminal.reader';
  action: ReaderAction | null;
  label: string;
  location: string | null;
  metadata: Metadata;
  status: 'online' | 'offline';
  [name: string]: unknown;
}

/** Physical test cards decide by the last two digits of the amount. @see https://docs.stripe.com/terminal/references/testing (checked 2026-11) */
const DECLINES_BY_CENTS: Readonly<Record<number, string>> = {
  1: 'call_issuer',
  5: 'generic_decline',
  55: 'incorrect_pin',
  65: 'withdrawal_count_limit_exceeded',
  75: 'pin_try_exceeded',
};

function createLocation({
  sandbox,
  account,
  parameters,
}: Call<{ address?: object; display_name?: string; metadata?: Metadata | '' }>): object {
  const address = { city: null, country: null, line1: null, line2: null, postal_code: null, state: null, ...parameters.address };
  return account.locations.put({
    id: `tml_${sandbox.store.random.letters(14)}`,
    object: 'terminal.location',
    address,
    display_name: parameters.display_name ?? '',
    livemode: false,
    metadata: mergeMetadata({}, parameters.metadata),
  });
}

function retrieveLocation(call: Call): object {
  const location = call.account.locations.find(pathId(call));
  if (!location) throw noSuch('location', pathId(call));
  return location;
}

interface ReaderParameters {
  registration_code: string;
  label?: string;
  location?: string;
  metadata?: Metadata | '';
}

function createReader({ sandbox, account, parameters }: Call<ReaderParameters>): object {
  const { registration_code: code, label, location } = parameters;
  if (!code.startsWith('simulated-'))
    throw invalidState('No such registration code: simulated readers register with simulated-wpe.', { param: 'registration_code' });
  if (location !== undefined && !account.locations.find(location)) throw noSuch('location', location, 'location', 400);
  const serial = sandbox.store.random.letters(12).toLowerCase();
  return account.readers.put({
    id: `tmr_${sandbox.store.random.letters(14)}`,
    object: 'terminal.reader',
    action: null,
    device_sw_version: '',
    device_type: code === 'simulated-s700' ? 'simulated_stripe_s700' : 'simulated_wisepos_e',
    ip_address: '0.0.0.0',
    label: label ?? serial,
    last_seen_at: sandbox.clock.nowMs(),
    livemode: false,
    location: location ?? null,
    metadata: mergeMetadata({}, parameters.metadata),
    serial_number: serial,
    status: 'online',
  });
}

function getReader(call: Call<unknown>): Reader {
  const reader = call.account.readers.find(pathId(call));
  if (!reader) throw noSuch('reader', pathId(call), 'reader');
  return reader;
}

function begin(call: Call<unknown>, action: Pick<ReaderAction, 'type' | 'process_payment_intent' | 'refund_payment'>): Reader {
  const reader = getReader(call);
  if (reader.action?.status === 'in_progress') {
    throw invalidState(
      'Reader is currently busy processing another request, please reference the integration guide at https://docs.stripe.com/terminal.',
      {
        code: 'terminal_reader_busy',
      },
    );
  }
  reader.action = { api_error: null, failure_code: null, failure_message: null, status: 'in_progress', ...action };
  call.account.readers.put(reader);
  call.sandbox.events.record(call.account, 'terminal.reader.action_updated', reader);
  return reader;
}

function processPaymentIntent(call: Call<{ payment_intent: string }>): object {
  const { account, parameters } = call;
  const intent = getIntent(account, parameters.payment_intent, 'payment_intent');
  if (intent.status !== 'requires_payment_method' && intent.status !== 'requires_confirmation') {
    throw invalidState(`PaymentIntent ${intent.id} cannot be processed because it has a status of ${intent.status}.`, {
      code: 'intent_invalid_state',
      payment_intent: intent,
    });
  }
  return begin(call, { type: 'process_payment_intent', process_payment_intent: { payment_intent: intent.id } });
}

function refundPayment(call: Call<{ amount?: number; charge?: string; payment_intent?: string; metadata?: Metadata }>): object {
  const { amount, charge, payment_intent: intent, metadata } = call.parameters;
  const details = {
    ...(amount === undefined ? {} : { amount }),
    ...(charge === undefined ? {} : { charge }),
    ...(intent === undefined ? {} : { payment_intent: intent }),
    ...(metadata === undefined ? {} : { metadata }),
  };
  return begin(call, { type: 'refund_payment', refund_payment: details });
}

function cancelAction(call: Call): object {
  const reader = getReader(call);
  reader.action = null;
  return call.account.readers.put(reader);
}

/** A card is held to the reader: whatever it was doing goes on. */
function present(call: Call<{ card_present?: { number?: string } }>): object {
  const { sandbox, account } = call;
  const reader = getReader(call);
  const { action } = reader;
  if (action?.status !== 'in_progress') throw invalidState('The reader waits for no card.', { code: 'intent_invalid_state' });
  reader.action = {
    ...action,
    ...(action.type === 'refund_payment' ? presentForRefund(sandbox, account, action) : presentForPayment(sandbox, account, action)),
  };
  account.readers.put(reader);
  sandbox.events.record(account, `terminal.reader.action_${reader.action.status}`, reader);
  return reader;
}

function presentForPayment(sandbox: Sandbox, account: Account, action: ReaderAction): Partial<ReaderAction> {
  const intent = getIntent(account, action.process_payment_intent?.payment_intent ?? '');
  const method = cardPresentMethod(sandbox, account);
  const declineCode = DECLINES_BY_CENTS[intent.amount % 100];
  const flow = new PaymentFlow(sandbox, account, intent, method);
  if (declineCode === undefined) {
    flow.presentCard(null);
    return { status: 'succeeded' };
  }
  const decline: Decline = { code: 'card_declined', declineCode, message: 'Your card was declined.', adviceCode: 'try_again_later' };
  flow.presentCard(decline);
  return { status: 'failed', failure_code: 'card_declined', failure_message: decline.message };
}

function presentForRefund(sandbox: Sandbox, account: Account, action: ReaderAction): Partial<ReaderAction> {
  const { charge: chargeId, payment_intent: intentId, ...rest } = action.refund_payment ?? {};
  const charge = getCharge(account, chargeId ?? getIntent(account, intentId ?? '', 'payment_intent').latest_charge ?? '', 'charge');
  const refund = createRefund(sandbox, account, charge, rest);
  return { status: 'succeeded', refund_payment: { ...action.refund_payment, refund: refund.id } };
}

function cardPresentMethod(sandbox: Sandbox, account: Account): PaymentMethod {
  const visa = cardByName('visa');
  return account.paymentMethods.put({
    id: `pm_1${sandbox.store.random.letters(23)}`,
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: {
      address: { city: null, country: null, line1: null, line2: null, postal_code: null, state: null },
      email: null,
      name: null,
      phone: null,
      tax_id: null,
    },
    card_present: {
      brand: 'visa',
      brand_product: null,
      cardholder_name: null,
      country: 'US',
      description: null,
      exp_month: 12,
      exp_year: 2_034,
      fingerprint: visa ? fingerprintOf(visa) : null,
      funding: 'credit',
      issuer: null,
      last4: '9969',
      networks: { available: ['visa'], preferred: null },
      offline: null,
      preferred_locales: [],
      read_method: 'contact_emv',
    },
    created: sandbox.clock.now(),
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: 'card_present',
  });
}

function listReaders(call: Call<ListParameters & { location?: string; status?: string }>): object {
  const { location, status } = call.parameters;
  const matches = (reader: Reader) =>
    (location === undefined || reader.location === location) && (status === undefined || reader.status === status);
  return listPage(call, call.account.readers, matches);
}

function connectionToken({ sandbox, parameters }: Call<{ location?: string }>): object {
  return { object: 'terminal.connection_token', ...parameters, secret: `pst_test_${sandbox.store.random.letters(44)}` };
}

/** Routes of Terminal. */
export const terminalRoutes = [
  route('POST /v1/terminal/locations', 'Terminal.LocationCreateParams', createLocation),
  route('GET /v1/terminal/locations', 'Terminal.LocationListParams', (call: Call<ListParameters>) =>
    listPage(call, call.account.locations),
  ),
  route('GET /v1/terminal/locations/{id}', 'Terminal.LocationRetrieveParams', retrieveLocation),
  route('POST /v1/terminal/readers', 'Terminal.ReaderCreateParams', createReader),
  route('GET /v1/terminal/readers', 'Terminal.ReaderListParams', listReaders),
  route('GET /v1/terminal/readers/{id}', 'Terminal.ReaderRetrieveParams', (call: Call) => getReader(call)),
  route('POST /v1/terminal/readers/{id}/process_payment_intent', 'Terminal.ReaderProcessPaymentIntentParams', processPaymentIntent),
  route('POST /v1/terminal/readers/{id}/refund_payment', 'Terminal.ReaderRefundPaymentParams', refundPayment),
  route('POST /v1/terminal/readers/{id}/cancel_action', 'Terminal.ReaderCancelActionParams', cancelAction),
  route('POST /v1/terminal/connection_tokens', 'Terminal.ConnectionTokenCreateParams', connectionToken),
  route(
    'POST /v1/test_helpers/terminal/readers/{id}/present_payment_method',
    'TestHelpers.Terminal.ReaderPresentPaymentMethodParams',
    present,
  ),
];
