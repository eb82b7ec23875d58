/**
 * The life of an invoice: draft → open (finalized) → paid, void or uncollectible. Each open invoice has one payment intent, which pays it.
 */
import { type Account } from '../account.js';
import { invalidState, StripeError } from '../errors.js';
import { type Sandbox } from '../sandbox.js';
import { changedFields, getCustomer } from './customer-object.js';
import {
  type Invoice,
  type InvoiceItem,
  invoiceObject,
  type InvoiceParts,
  type InvoicePayment,
  type InvoiceLine,
  lineOf,
} from './invoice-object.js';
import { cancel } from './payment-flow.js';
import { confirmIntent, createIntent, getIntent, type PaymentIntent } from './payment-intents.js';
import { resolvePaymentMethod } from './payment-methods.js';

/** Makes and keeps a draft, and tells of it. */
export function draftInvoice(sandbox: Sandbox, account: Account, parts: InvoiceParts, lines: InvoiceLine[]): Invoice {
  const invoice = account.invoices.put(invoiceObject(sandbox, account, parts, lines));
  sandbox.events.record(account, 'invoice.created', invoice);
  return invoice;
}

/** The customer's waiting items as lines; they belong to the invoice from now on. */
export function takeItems(
  sandbox: Sandbox,
  account: Account,
  customerId: string,
  currency: string,
): { lines: InvoiceLine[]; items: InvoiceItem[] } {
  const items = [...account.invoiceItems.all()].filter(
    (item) => item.customer === customerId && item.invoice === null && item.currency === currency,
  );
  return { items, lines: items.map((item) => lineOfItem(sandbox, item)) };
}

/** A waiting item as a line. */
export function lineOfItem(sandbox: Sandbox, item: InvoiceItem): InvoiceLine {
  const { amount, currency, description, metadata, period, pricing, quantity } = item;
  const details = { invoice_item: item.id, proration: false, proration_details: null, subscription: null };
  const parent = { invoice_item_details: details, subscription_item_details: null, type: 'invoice_item_details' };
  return lineOf(sandbox, { amount, currency, description, metadata, parent, period, pricing, quantity, subscription: null });
}

/** Draft → open, with a number and, unless it is free, a payment intent. A free invoice is paid at once. */
export function finalizeInvoice(sandbox: Sandbox, account: Account, invoice: Invoice): Invoice {
  if (invoice.status !== 'draft') {
    throw invalidState(`This invoice is already finalized, you can't re-finalize a non-draft invoice.`, { code: 'invoice_not_editable' });
  }
  const customer = getCustomer(account, invoice.customer, 'customer');
  const now = sandbox.timeOf(account, customer.test_clock);
  invoice.status = 'open';
  invoice.number = `${customer.invoice_prefix}-${String(customer.next_invoice_sequence).padStart(4, '0')}`;
  invoice.effective_at = now;
  invoice.status_transitions = { ...invoice.status_transitions, finalized_at: now };
  invoice.ending_balance = 0;
  invoice.hosted_invoice_url = `https://invoice.stripe.com/i/${account.id}/test_${invoice.id}`;
  invoice.invoice_pdf = `https://pay.stripe.com/invoice/${account.id}/test_${invoice.id}/pdf`;
  customer.next_invoice_sequence += 1;
  account.customers.put(customer);
  if (invoice.amount_due > 0) addPayment(sandbox, account, invoice);
  account.invoices.put(invoice);
  sandbox.events.record(account, 'invoice.finalized', invoice);
  if (invoice.amount_due === 0) markPaid(sandbox, account, invoice);
  return invoice;
}

function addPayment(sandbox: Sandbox, account: Account, invoice: Invoice): void {
  const intent = createIntent(sandbox, account, {
    amount: invoice.amount_due,
    currency: invoice.currency,
    customer: invoice.customer,
    description: invoice.parent?.subscription_details ? 'Subscription creation' : 'Payment for Invoice',
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
  });
  invoice.confirmation_secret = { client_secret: intent.client_secret, type: 'payment_intent' };
  account.invoicePayments.put({
    id: `inpay_1${sandbox.store.random.letters(23)}`,
    object: 'invoice_payment',
    amount_paid: null,
    amount_requested: invoice.amount_due,
    created: invoice.created,
    currency: invoice.currency,
    invoice: invoice.id,
    is_default: true,
    livemode: false,
    payment: { payment_intent: intent.id, type: 'payment_intent' },
    status: 'open',
    status_transitions: { canceled_at: null, paid_at: null },
  });
}

/**
 * Charges the customer for an open invoice.
 *
 * @param methodId - Otherwise the invoice's, then the customer's default method pays.
 * @throws StripeError 402 when the card is refused or wants 3-D Secure; the invoice stays open.
 */
export function payInvoice(sandbox: Sandbox, account: Account, invoice: Invoice, methodId?: string): Invoice {
  if (invoice.status === 'draft') finalizeInvoice(sandbox, account, invoice);
  if (invoice.status === 'paid') {
    if (invoice.amount_due === 0) return invoice;
    throw invalidState('Invoice is already paid', { code: 'invoice_already_paid' });
  }
  if (invoice.status !== 'open' && invoice.status !== 'uncollectible')
    throw invalidState(`This invoice cannot be paid: its status is ${invoice.status}.`);
  const payment = paymentOf(account, invoice.id);
  if (!payment) throw invalidState('This invoice has nothing to pay.');
  const customer = getCustomer(account, invoice.customer, 'customer');
  const chosen = methodId ?? invoice.default_payment_method ?? customer.invoice_settings.default_payment_method;
  invoice.attempted = true;
  invoice.attempt_count += 1;
  if (chosen === null) {
    account.invoices.put(invoice);
    sandbox.events.record(account, 'invoice.payment_failed', invoice);
    throw invalidState('There is no `default_payment_method` set on this Customer or Invoice. Please set either to charge this Invoice.', {
      code: 'invoice_no_payment_method_types',
    });
  }
  const intent = getIntent(account, payment.payment.payment_intent);
  confirmForInvoice(sandbox, account, invoice, intent, resolvePaymentMethod(sandbox, account, chosen).id);
  return invoice;
}

function confirmForInvoice(sandbox: Sandbox, account: Account, invoice: Invoice, intent: PaymentIntent, methodId: string): void {
  try {
    confirmIntent(sandbox, account, intent, { payment_method: methodId });
  } catch (error) {
    if (error instanceof StripeError) {
      account.invoices.put(invoice);
      sandbox.events.record(account, 'invoice.payment_failed', invoice);
    }
    throw error;
  }
  // A settled intent has marked the invoice paid by itself: see `followInvoices`.
  if (intent.status === 'succeeded' || intent.status === 'processing') return;
  account.invoices.put(invoice);
  sandbox.events.record(account, 'invoice.payment_action_required', invoice);
  throw new StripeError(402, {
    type: 'card_error',
    code: 'invoice_payment_intent_requires_action',
    message: 'Nothing was charged: the payment of this invoice requires additional user action before completing successfully.',
    payment_intent: intent,
  });
}

/** Follows payment intents: the invoice that one pays is paid with it. */
export function followInvoices(sandbox: Sandbox): void {
  sandbox.whenIntentEnds.push((account, intent) => {
    if (intent.status === 'succeeded') intentSettled(sandbox, account, intent);
  });
}

function intentSettled(sandbox: Sandbox, account: Account, intent: PaymentIntent): void {
  if (account.invoicePayments.size === 0) return;
  for (const payment of account.invoicePayments.newestFirst()) {
    if (payment.payment.payment_intent !== intent.id || payment.status !== 'open') continue;
    const invoice = account.invoices.find(payment.invoice);
    payment.status = 'paid';
    payment.amount_paid = intent.amount_received;
    payment.status_transitions = { ...payment.status_transitions, paid_at: sandbox.clock.now() };
    account.invoicePayments.put(payment);
    if (!invoice) return;
    markPaid(sandbox, account, invoice);
    sandbox.events.record(account, 'invoice_payment.paid', payment);
    return;
  }
}

function markPaid(sandbox: Sandbox, account: Account, invoice: Invoice): void {
  invoice.status = 'paid';
  invoice.amount_paid = invoice.amount_due;
  invoice.amount_remaining = 0;
  invoice.attempted = true;
  invoice.next_payment_attempt = null;
  invoice.status_transitions = { ...invoice.status_transitions, paid_at: sandbox.timeOf(account, invoice.test_clock as string | null) };
  account.invoices.put(invoice);
  sandbox.events.record(account, 'invoice.paid', invoice);
  sandbox.events.record(account, 'invoice.payment_succeeded', invoice);
  for (const follow of sandbox.whenInvoicePaid) follow(account, invoice);
}

/** Open → void or uncollectible; its intent is canceled with a voided one. */
export function endInvoice(sandbox: Sandbox, account: Account, invoice: Invoice, status: 'void' | 'uncollectible'): Invoice {
  if (invoice.status !== 'open' && !(invoice.status === 'uncollectible' && status === 'void')) {
    throw invalidState(`This invoice cannot become ${status}: its status is ${invoice.status}.`, { code: 'status_transition_invalid' });
  }
  const before = { ...invoice };
  const now = sandbox.clock.now();
  const payment = paymentOf(account, invoice.id);
  const intent = payment && account.paymentIntents.find(payment.payment.payment_intent);
  if (status === 'void' && intent && intent.status !== 'canceled') cancel(sandbox, account, intent, 'void_invoice');
  invoice.status = status;
  invoice.status_transitions = { ...invoice.status_transitions, [status === 'void' ? 'voided_at' : 'marked_uncollectible_at']: now };
  account.invoices.put(invoice);
  sandbox.events.record(account, status === 'void' ? 'invoice.voided' : 'invoice.marked_uncollectible', invoice);
  sandbox.events.record(account, 'invoice.updated', invoice, changedFields(before, invoice));
  return invoice;
}

/** The payment of an invoice; free ones have none. */
export function paymentOf(account: Account, invoiceId: string): InvoicePayment | undefined {
  for (const payment of account.invoicePayments.newestFirst()) if (payment.invoice === invoiceId) return payment;
  return undefined;
}
