/** What a client may do with Checkout sessions. */
import { type Call, pathId, route } from '../call.js';
import { invalidState, noSuch } from '../errors.js';
import { listPage, type ListParameters } from '../lists.js';
import { type CheckoutSession, completeSession, createSession, expireSession, lineItems, type SessionParameters } from './checkout.js';

function create(call: Call<SessionParameters>): object {
  return createSession(call.sandbox, call.account, call.parameters);
}

function get(call: Call<unknown>): CheckoutSession {
  const session = call.account.checkoutSessions.find(pathId(call));
  if (!session) throw noSuch('checkout.session', pathId(call), 'session');
  return session;
}

function expireRoute(call: Call): object {
  const session = get(call);
  if (session.status !== 'open') {
    throw invalidState(
      `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of ${session.status}.`,
    );
  }
  return expireSession(call.sandbox, call.account, session);
}

function list(call: Call<ListParameters & { customer?: string; payment_intent?: string; status?: string; subscription?: string }>): object {
  const { customer, payment_intent: intent, status, subscription } = call.parameters;
  return listPage(
    call,
    call.account.checkoutSessions,
    (session) =>
      (customer === undefined || session.customer === customer) &&
      (intent === undefined || session.payment_intent === intent) &&
      (status === undefined || session.status === status) &&
      (subscription === undefined || session.subscription === subscription),
  );
}

/** Stripe's own page asks this; so does `stripe trigger checkout.session.completed`. */
function paymentPage(call: Call): object {
  return { ...get(call), object: 'payment_page' };
}

function confirmPage(call: Call<{ payment_method?: string }>): object {
  return completeSession(call.sandbox, call.account, get(call), call.parameters.payment_method ?? '');
}

/** Routes of Checkout. */
export const checkoutRoutes = [
  route('POST /v1/checkout/sessions', 'Checkout.SessionCreateParams', create),
  route('GET /v1/checkout/sessions', 'Checkout.SessionListParams', list),
  route('GET /v1/checkout/sessions/{id}', 'Checkout.SessionRetrieveParams', (call: Call) => get(call)),
  route('GET /v1/checkout/sessions/{id}/line_items', 'Checkout.SessionListLineItemsParams', (call: Call) =>
    lineItems(call.account, get(call).id),
  ),
  route('POST /v1/checkout/sessions/{id}/expire', 'Checkout.SessionExpireParams', expireRoute),
  route('GET /v1/payment_pages/{id}', null, paymentPage),
  route('POST /v1/payment_pages/{id}/confirm', null, confirmPage),
];
