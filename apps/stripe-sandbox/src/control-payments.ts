/** Control routes that act for people: the payer at a challenge or at Checkout, and the bank. */
import { type ControlAnswer, type ControlCall } from './control-call.js';
import { invalidParameter, noSuch, StripeError } from './errors.js';
import { challengePage, checkoutPage } from './pages.js';
import { completeSession } from './resources/checkout.js';
import { PaymentFlow } from './resources/payment-flow.js';
import { endPayout } from './resources/payouts.js';
import { completeSetup, failSetup } from './resources/setup-intents.js';
import { type Sandbox } from './sandbox.js';

function findIntent(sandbox: Sandbox, id: string) {
  for (const account of sandbox.allAccounts()) {
    const intent = account.paymentIntents.find(id);
    if (intent) return { account, intent };
  }
  throw noSuch('payment_intent', id, 'intent');
}

function findSetup(sandbox: Sandbox, id: string) {
  for (const account of sandbox.allAccounts()) {
    const intent = account.setupIntents.find(id);
    if (intent) return { account, intent };
  }
  throw noSuch('setupintent', id, 'intent');
}

function findSession(sandbox: Sandbox, id: string) {
  for (const account of sandbox.allAccounts()) {
    const session = account.checkoutSessions.find(id);
    if (session) return { account, session };
  }
  throw noSuch('checkout.session', id, 'session');
}

function outcomeOf(body: Readonly<Record<string, unknown>>): 'succeed' | 'fail' {
  const { outcome = 'succeed' } = body;
  if (outcome !== 'succeed' && outcome !== 'fail') throw invalidParameter('`outcome` is "succeed" or "fail".', 'outcome');
  return outcome;
}

/** Ends a 3-D Secure challenge: `{ "outcome": "succeed" }` or `{ "outcome": "fail" }`. */
export function authenticate({ sandbox, id, body }: ControlCall): ControlAnswer {
  const { account, intent } = findIntent(sandbox, id);
  const outcome = outcomeOf(body);
  const method = account.paymentMethods.find(intent.payment_method ?? '');
  if (intent.status !== 'requires_action' || !method) {
    throw new StripeError(400, {
      type: 'invalid_request_error',
      message: `This PaymentIntent waits for no authentication: its status is ${intent.status}.`,
    });
  }
  const flow = new PaymentFlow(sandbox, account, intent, method);
  if (outcome === 'fail') {
    flow.failAuthentication();
    return { json: intent };
  }
  try {
    flow.completeAuthentication();
  } catch (error) {
    // A decline after the challenge is for the next look at the intent, not for the payer's page.
    if (!(error instanceof StripeError)) throw error;
  }
  return { json: intent };
}

/** The same for a setup intent. */
export function authenticateSetup({ sandbox, id, body }: ControlCall): ControlAnswer {
  const { account, intent } = findSetup(sandbox, id);
  const method = account.paymentMethods.find(intent.payment_method ?? '');
  if (intent.status !== 'requires_action' || !method) {
    throw new StripeError(400, {
      type: 'invalid_request_error',
      message: `This SetupIntent waits for no authentication: its status is ${intent.status}.`,
    });
  }
  const fields = {
    code: 'setup_intent_authentication_failure',
    message: 'We are unable to authenticate your payment method. Please choose a different payment method and try again.',
  };
  if (outcomeOf(body) === 'fail') failSetup(sandbox, account, intent, fields, method);
  else completeSetup(sandbox, account, intent, method);
  return { json: intent };
}

/** The page of a challenge. */
export function showChallenge({ sandbox, id }: ControlCall): ControlAnswer {
  return { html: challengePage(id.startsWith('seti_') ? findSetup(sandbox, id).intent : findIntent(sandbox, id).intent) };
}

/** The page's buttons: ends the challenge and sends the payer back. */
export function answerChallenge(call: ControlCall): ControlAnswer {
  const isSetup = call.id.startsWith('seti_');
  const { intent } = isSetup ? findSetup(call.sandbox, call.id) : findIntent(call.sandbox, call.id);
  const action = intent.next_action as { redirect_to_url?: { return_url: string } } | null;
  if (isSetup) authenticateSetup(call);
  else authenticate(call);
  const target = action?.redirect_to_url?.return_url;
  if (target === undefined) return { html: challengePage(intent) };
  const url = new URL(target);
  url.searchParams.set(intent.object, intent.id);
  url.searchParams.set(`${intent.object}_client_secret`, intent.client_secret);
  url.searchParams.set('redirect_status', intent.status === 'requires_payment_method' ? 'failed' : 'succeeded');
  return { location: url.href };
}

/** Ends a Checkout page as its customer would: `{ "payment_method": "pm_card_visa" }`. */
export function completeCheckout({ sandbox, id, body }: ControlCall): ControlAnswer {
  const { account, session } = findSession(sandbox, id);
  const { payment_method: method = 'pm_card_visa' } = body;
  return { json: completeSession(sandbox, account, session, String(method)) };
}

/** The page's button. */
export function submitCheckout(call: ControlCall): ControlAnswer {
  const { session } = findSession(call.sandbox, call.id);
  completeCheckout(call);
  const { success_url: target } = session;
  return target === null ? { html: checkoutPage(session) } : { location: target.replaceAll('{CHECKOUT_SESSION_ID}', session.id) };
}

/** The page of a Checkout session. */
export function showCheckout({ sandbox, id }: ControlCall): ControlAnswer {
  return { html: checkoutPage(findSession(sandbox, id).session) };
}

/** What the bank does with a payout: `{ "outcome": "paid" }` or `{ "outcome": "failed" }`. */
export function decidePayout({ sandbox, id, body }: ControlCall): ControlAnswer {
  const { outcome } = body;
  if (outcome !== 'paid' && outcome !== 'failed') throw invalidParameter('`outcome` is "paid" or "failed".', 'outcome');
  for (const account of sandbox.allAccounts()) {
    const payout = account.payouts.find(id);
    if (!payout) continue;
    endPayout(sandbox, account, payout, outcome);
    return { json: payout };
  }
  throw noSuch('payout', id, 'payout');
}
