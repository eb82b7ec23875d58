/** Invoices and their lines as objects. */
import { type Account } from '../account.js';
import { innerList, type ListPage } from '../lists.js';
import { mergeMetadata, type Metadata } from '../metadata.js';
import { type Sandbox } from '../sandbox.js';
import { type StripeObject } from '../store.js';
import { type Customer } from './customer-object.js';

/** A line of an invoice. */
export interface InvoiceLine extends StripeObject {
  object: 'line_item';
  amount: number;
  [name: string]: unknown;
}

/** An invoice. */
export interface Invoice extends StripeObject {
  object: 'invoice';
  amount_due: number;
  amount_paid: number;
  amount_remaining: number;
  attempt_count: number;
  attempted: boolean;
  auto_advance: boolean;
  billing_reason: string;
  collection_method: string;
  created: number;
  currency: string;
  customer: string;
  default_payment_method: string | null;
  description: string | null;
  due_date: number | null;
  lines: ListPage<InvoiceLine>;
  metadata: Metadata;
  next_payment_attempt: number | null;
  number: string | null;
  parent: { subscription_details: { subscription: string; metadata: Metadata } | null; quote_details: null; type: string } | null;
  status: 'draft' | 'open' | 'paid' | 'void' | 'uncollectible';
  status_transitions: {
    finalized_at: number | null;
    marked_uncollectible_at: number | null;
    paid_at: number | null;
    voided_at: number | null;
  };
  total: number;
  [name: string]: unknown;
}

/** Money that waits for the customer's next invoice. */
export interface InvoiceItem extends StripeObject {
  object: 'invoiceitem';
  amount: number;
  currency: string;
  customer: string;
  description: string | null;
  invoice: string | null;
  metadata: Metadata;
  period: { start: number; end: number };
  pricing: object | null;
  quantity: number;
  [name: string]: unknown;
}

/** A payment of an invoice: which intent pays it. */
export interface InvoicePayment extends StripeObject {
  object: 'invoice_payment';
  amount_paid: number | null;
  amount_requested: number;
  created: number;
  currency: string;
  invoice: string;
  is_default: boolean;
  livemode: false;
  payment: { payment_intent: string; type: 'payment_intent' };
  status: 'open' | 'paid' | 'canceled';
  status_transitions: { canceled_at: number | null; paid_at: number | null };
}

/** What a line says beside the standing fields. */
export interface LineParts {
  readonly amount: number;
  readonly currency: string;
  readonly description: string | null;
  readonly metadata: Metadata;
  readonly parent: object | null;
  readonly period: { readonly start: number; readonly end: number };
  readonly pricing: object | null;
  readonly quantity: number;
  readonly subscription: string | null;
}

/** What an invoice says beside the standing fields. */
export interface InvoiceParts {
  readonly customer: Customer;
  readonly currency: string;
  readonly now: number;
  readonly billingReason: string;
  readonly collectionMethod?: string;
  readonly autoAdvance?: boolean;
  readonly daysUntilDue?: number;
  readonly description?: string | null;
  readonly defaultPaymentMethod?: string | null;
  readonly metadata?: Metadata | '';
  readonly parent?: Invoice['parent'];
  readonly period?: { readonly start: number; readonly end: number };
}

/** A line of an invoice that is not made yet. */
export function lineOf(sandbox: Sandbox, parts: LineParts): InvoiceLine {
  return {
    id: `il_1${sandbox.store.random.letters(23)}`,
    object: 'line_item',
    discount_amounts: [],
    discountable: true,
    discounts: [],
    invoice: null,
    livemode: false,
    pretax_credit_amounts: [],
    quantity_decimal: String(parts.quantity),
    subtotal: parts.amount,
    taxes: [],
    ...parts,
  };
}

/** How a price stands in a line. */
export function pricingOf(price: { id: string; product: string; unit_amount_decimal: string }): object {
  return {
    price_details: { price: price.id, product: price.product },
    type: 'price_details',
    unit_amount_decimal: price.unit_amount_decimal,
  };
}

/** A draft. */
export function invoiceObject(sandbox: Sandbox, account: Account, parts: InvoiceParts, lines: InvoiceLine[]): Invoice {
  const { customer, now } = parts;
  const id = `in_1${sandbox.store.random.letters(23)}`;
  const total = lines.reduce((sum, line) => sum + line.amount, 0);
  return {
    id,
    object: 'invoice',
    account_country: 'US',
    account_name: 'Sandbox',
    account_tax_ids: null,
    amount_due: total,
    amount_overpaid: 0,
    amount_paid: 0,
    amount_remaining: total,
    amount_shipping: 0,
    application: null,
    attempt_count: 0,
    attempted: false,
    auto_advance: parts.autoAdvance ?? false,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null, provider: null, status: null },
    automatically_finalizes_at: null,
    billing_reason: parts.billingReason,
    collection_method: parts.collectionMethod ?? 'charge_automatically',
    created: now,
    currency: parts.currency,
    custom_fields: null,
    customer: customer.id,
    customer_account: null,
    customer_address: null,
    customer_email: customer.email,
    customer_name: customer.name,
    customer_phone: customer.phone,
    customer_shipping: null,
    customer_tax_exempt: 'none',
    customer_tax_ids: [],
    default_payment_method: parts.defaultPaymentMethod ?? null,
    default_source: null,
    default_tax_rates: [],
    description: parts.description ?? null,
    discounts: [],
    due_date: parts.daysUntilDue === undefined ? null : now + parts.daysUntilDue * 86_400,
    effective_at: null,
    ending_balance: null,
    footer: null,
    from_invoice: null,
    hosted_invoice_url: null,
    invoice_pdf: null,
    issuer: { type: 'self' },
    last_finalization_error: null,
    latest_revision: null,
    lines: innerList(
      lines.map((line) => ({ ...line, invoice: id })),
      `/v1/invoices/${id}/lines`,
    ),
    livemode: false,
    metadata: mergeMetadata({}, parts.metadata),
    next_payment_attempt: null,
    number: null,
    on_behalf_of: null,
    parent: parts.parent ?? null,
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
    period_end: parts.period?.end ?? now,
    period_start: parts.period?.start ?? now,
    post_payment_credit_notes_amount: 0,
    pre_payment_credit_notes_amount: 0,
    receipt_number: null,
    rendering: null,
    shipping_cost: null,
    shipping_details: null,
    starting_balance: 0,
    statement_descriptor: null,
    status: 'draft',
    status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
    subtotal: total,
    subtotal_excluding_tax: total,
    test_clock: customer.test_clock,
    total,
    total_discount_amounts: [],
    total_excluding_tax: total,
    total_pretax_credit_amounts: [],
    total_taxes: [],
    webhooks_delivered_at: null,
  };
}
