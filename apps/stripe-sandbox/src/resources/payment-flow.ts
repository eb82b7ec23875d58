/**
 * What happens to a payment intent when it is confirmed, authenticated, captured or canceled. The moves:
 *
 * | from | by | to |
 * |---|---|---|
 * | requires_payment_method, requires_confirmation, requires_action | confirm | succeeded, requires_capture, requires_action, processing, requires_payment_method |
 * | requires_action | authenticate | succeeded, requires_capture, requires_payment_method |
 * | requires_capture | capture | succeeded |
 * | any but succeeded and canceled | cancel | canceled |
 */
import { DAY_MS, SECOND_MS } from '#kernel';
import { type Account } from '../account.js';
import { cardNumberError } from '../card-input.js';
import { AUTHENTICATION_REQUIRED, type Decline, type TestCard } from '../cards.js';
import { cardError, invalidState, type StripeError } from '../errors.js';
import { cardOf } from '../fingerprints.js';
import { type Sandbox } from '../sandbox.js';
import { type Authentication, bookCharge, type Charge, createCharge } from './charges.js';
import { type PaymentIntent } from './payment-intents.js';
import { attach, type PaymentMethod } from './payment-methods.js';

/** How long after the charge its balance transaction is known, as with `capture_method: automatic_async`. */
const CHARGE_UPDATE_MS = 2 * SECOND_MS;
/** How long a bank debit takes here; days at a bank. */
const BANK_DEBIT_MS = 5 * SECOND_MS;
const CAPTURE_WINDOW_MS = 7 * DAY_MS;

const AUTHENTICATION_FAILED: Decline = {
  code: 'payment_intent_authentication_failure',
  message: 'We are unable to authenticate your payment method. Please choose a different payment method and try again.',
};

/** What a confirmation asks for beside the payment method. */
export interface ConfirmOptions {
  readonly isOffSession: boolean;
  readonly failsOnAction: boolean;
  readonly returnUrl: string | null;
  readonly usesStripeSdk: boolean;
}

/** One payment on its way. */
export class PaymentFlow {
  private readonly card: TestCard | undefined;

  constructor(
    private readonly sandbox: Sandbox,
    private readonly account: Account,
    private readonly intent: PaymentIntent,
    private readonly method: PaymentMethod,
  ) {
    this.card = cardOf(method);
  }

  /** Confirms. @throws StripeError 402 when the issuer refuses; the intent then waits for another payment method. */
  confirm(options: ConfirmOptions): void {
    const { intent } = this;
    intent.payment_method = this.method.id;
    intent.last_payment_error = null;
    intent.next_action = null;
    if (!this.card) {
      this.process();
      return;
    }
    const isAuthenticated = this.sandbox.authenticatedIntents(this.account).find(intent.id) !== undefined;
    if (isAuthenticated || !this.needsAuthentication(options.isOffSession)) {
      this.authorize(isAuthenticated ? 'challenged' : 'none');
      return;
    }
    if (options.isOffSession) throw this.fail(AUTHENTICATION_REQUIRED, true, 'none');
    if (options.failsOnAction) {
      throw this.fail(
        {
          ...AUTHENTICATION_REQUIRED,
          declineCode: 'authentication_not_handled',
          message: 'This payment requires additional authentication.',
        },
        false,
        'none',
      );
    }
    intent.status = 'requires_action';
    intent.next_action = this.sandbox.nextAction(intent.id, options.usesStripeSdk ? null : options.returnUrl);
    this.save('payment_intent.requires_action');
  }

  /** The payer has passed 3-D Secure: the payment goes on, or waits for a server that confirms by hand. @throws StripeError 402 when the issuer refuses all the same. */
  completeAuthentication(): void {
    const { sandbox, account, intent } = this;
    intent.next_action = null;
    if (this.card?.threeDSecure === 'unless_set_up') this.rememberSetUp();
    if (intent.confirmation_method === 'manual') {
      // The server confirms once more; the payer is not asked again.
      sandbox.authenticatedIntents(account).put({ id: intent.id, object: 'authenticated_intent' });
      intent.status = 'requires_confirmation';
      account.paymentIntents.put(intent);
      return;
    }
    this.authorize('challenged');
  }

  /** The payer has failed 3-D Secure, or given up. @returns The error that the next look at the intent shows. */
  failAuthentication(): StripeError {
    return this.fail(AUTHENTICATION_FAILED, false, 'none');
  }

  private needsAuthentication(isOffSession: boolean): boolean {
    switch (this.card?.threeDSecure) {
      case 'always':
        return true;
      case 'on_session':
        return !isOffSession;
      case 'unless_set_up':
        return !isOffSession || !this.sandbox.setUpMethods(this.account).find(this.method.id);
      case 'on_request': {
        const wish = this.intent.payment_method_options?.card?.request_three_d_secure;
        return !isOffSession && (wish === 'any' || wish === 'challenge');
      }
      default:
        return false;
    }
  }

  private authorize(authentication: Authentication): void {
    const { sandbox, account, intent, method, card } = this;
    if (card?.decline) throw this.fail(card.decline, true, authentication);
    const charge = createCharge(sandbox, account, { intent, method, card, decline: null, authentication });
    intent.latest_charge = charge.id;
    this.keepMethod();
    if (intent.capture_method === 'manual') {
      intent.status = 'requires_capture';
      intent.amount_capturable = intent.amount;
      sandbox.clock.schedule('capture_expiry', account.id, CAPTURE_WINDOW_MS, { intentId: intent.id });
      sandbox.events.record(account, 'charge.succeeded', charge);
      this.save('payment_intent.amount_capturable_updated');
      return;
    }
    intent.status = 'succeeded';
    intent.amount_received = intent.amount;
    settle(sandbox, account, intent, charge);
    sandbox.events.record(account, 'charge.succeeded', charge);
    this.save('payment_intent.succeeded');
  }

  /** Bank debits succeed later. */
  private process(): void {
    const { sandbox, account, intent } = this;
    intent.status = 'processing';
    this.keepMethod();
    this.save('payment_intent.processing');
    sandbox.clock.schedule('bank_debit', account.id, BANK_DEBIT_MS, { intentId: intent.id, methodId: this.method.id });
  }

  /** The bank has paid, or has not. */
  completeBankDebit(decline: Decline | null): void {
    if (decline) this.fail(decline, true, 'none');
    else this.authorize('none');
  }

  /** A card was held to a reader, which decides by the amount. */
  presentCard(decline: Decline | null): void {
    this.intent.payment_method = this.method.id;
    if (decline) this.fail(decline, true, 'none');
    else this.authorize('none');
  }

  private fail(decline: Decline, withCharge: boolean, authentication: Authentication): StripeError {
    const { sandbox, account, intent, method, card } = this;
    const parts = { intent, method, card, decline, authentication };
    const charge = withCharge ? createCharge(sandbox, account, parts) : null;
    const fields = cardNumberError(decline);
    intent.status = 'requires_payment_method';
    intent.payment_method = null;
    intent.next_action = null;
    intent.latest_charge = charge?.id ?? intent.latest_charge;
    intent.last_payment_error = {
      ...fields,
      ...(charge ? { charge: charge.id } : {}),
      doc_url: `https://stripe.com/docs/error-codes/${decline.code.replaceAll('_', '-')}`,
      payment_method: method,
      type: decline === AUTHENTICATION_FAILED ? 'invalid_request_error' : 'card_error',
    };
    if (charge) sandbox.events.record(account, 'charge.failed', charge);
    this.save('payment_intent.payment_failed');
    return cardError({ ...fields, ...(charge ? { charge: charge.id } : {}), payment_intent: intent, payment_method: method });
  }

  private keepMethod(): void {
    const { sandbox, account, intent, method } = this;
    if (intent.setup_future_usage !== null && intent.customer !== null && method.customer === null)
      attach(sandbox, account, method, intent.customer);
    if (intent.setup_future_usage === 'off_session') this.rememberSetUp();
    if (method.customer === null) sandbox.usedMethods(account).put({ id: method.id, object: 'used_payment_method' });
  }

  private rememberSetUp(): void {
    this.sandbox.setUpMethods(this.account).put({ id: this.method.id, object: 'set_up_payment_method' });
  }

  private save(eventType: string): void {
    const { sandbox, account, intent } = this;
    account.paymentIntents.put(intent);
    sandbox.events.record(account, eventType, intent);
    if (eventType !== 'payment_intent.succeeded' && eventType !== 'payment_intent.payment_failed') return;
    for (const follow of sandbox.whenIntentEnds) follow(account, intent);
  }
}

/** Books a captured charge; with `automatic_async` the charge learns of it two seconds later, by `charge.updated`. */
function settle(sandbox: Sandbox, account: Account, intent: PaymentIntent, charge: Charge): void {
  const method = account.paymentMethods.find(charge.payment_method ?? '');
  const card = method && cardOf(method);
  const transaction = bookCharge(sandbox, account, charge, card?.bypassesPending);
  if (intent.capture_method === 'automatic_async') {
    sandbox.clock.schedule('charge_update', account.id, CHARGE_UPDATE_MS, { chargeId: charge.id, transactionId: transaction });
  } else {
    charge.balance_transaction = transaction;
  }
  account.charges.put(charge);
  for (const follow of sandbox.whenChargeCaptures) follow(account, charge, card);
}

/** Takes an authorised amount, or a part of it; the rest is released. */
export function capture(sandbox: Sandbox, account: Account, intent: PaymentIntent, amount: number): void {
  const charge = account.charges.find(intent.latest_charge ?? '');
  if (!charge) throw invalidState('This PaymentIntent has no charge to capture.');
  charge.captured = true;
  charge.amount_captured = amount;
  intent.status = 'succeeded';
  intent.amount_received = amount;
  intent.amount_capturable = 0;
  settle(sandbox, account, intent, charge);
  sandbox.events.record(account, 'charge.captured', charge);
  account.paymentIntents.put(intent);
  sandbox.events.record(account, 'payment_intent.succeeded', intent);
}

/** Ends an intent that has not succeeded; an authorised amount is released. */
export function cancel(sandbox: Sandbox, account: Account, intent: PaymentIntent, reason: string | null): void {
  const isAuthorised = intent.status === 'requires_capture';
  const charge = account.charges.find(intent.latest_charge ?? '');
  intent.status = 'canceled';
  intent.canceled_at = sandbox.clock.now();
  intent.cancellation_reason = reason;
  intent.amount_capturable = 0;
  intent.next_action = null;
  if (isAuthorised && charge) {
    charge.refunded = true;
    charge.amount_refunded = charge.amount;
    account.charges.put(charge);
    sandbox.events.record(account, reason === 'automatic' ? 'charge.expired' : 'charge.refunded', charge);
  }
  account.paymentIntents.put(intent);
  sandbox.events.record(account, 'payment_intent.canceled', intent);
}

/** Stripe's failing test IBANs end so; all others pay. @see https://docs.stripe.com/payments/sepa-debit (checked 2026-11) */
function bankDebitOutcome(method: PaymentMethod): Decline | null {
  const { last4 } = (method.sepa_debit ?? {}) as { last4?: string };
  const hasFailed = last4 === '3202' || last4 === '3456';
  return hasFailed ? { code: 'debit_not_authorized', message: 'The bank account could not be debited.' } : null;
}

/** What time does to payments. */
export function registerPaymentJobs(sandbox: Sandbox): void {
  sandbox.clock.register('charge_update', ({ accountId, details }) => {
    const account = sandbox.account(accountId);
    const charge = account.charges.find(String(details.chargeId));
    if (!charge) return;
    charge.balance_transaction = String(details.transactionId);
    account.charges.put(charge);
    sandbox.events.record(account, 'charge.updated', charge, { balance_transaction: null });
  });
  sandbox.clock.register('capture_expiry', ({ accountId, details }) => {
    const account = sandbox.account(accountId);
    const intent = account.paymentIntents.find(String(details.intentId));
    if (intent?.status === 'requires_capture') cancel(sandbox, account, intent, 'automatic');
  });
  sandbox.clock.register('bank_debit', ({ accountId, details }) => {
    const account = sandbox.account(accountId);
    const intent = account.paymentIntents.find(String(details.intentId));
    const method = account.paymentMethods.find(String(details.methodId));
    if (intent?.status === 'processing' && method)
      new PaymentFlow(sandbox, account, intent, method).completeBankDebit(bankDebitOutcome(method));
  });
}
