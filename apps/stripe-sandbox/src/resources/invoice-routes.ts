/** What a client may do with invoices and invoice items. */
import { checkCurrency } from '../amounts.js';
import { type Call, pathId, route } from '../call.js';
import { invalidParameter, invalidState, noSuch } from '../errors.js';
import { listPage, type ListParameters } from '../lists.js';
import { mergeMetadata, type Metadata } from '../metadata.js';
import { search, type SearchParameters } from '../search.js';
import { changedFields, getCustomer } from './customer-object.js';
import { type Invoice, type InvoiceItem, pricingOf } from './invoice-object.js';
import { draftInvoice, endInvoice, finalizeInvoice, lineOfItem, payInvoice, takeItems } from './invoices.js';
import { type PriceParameters, resolvePrice } from './products.js';

interface InvoiceParameters {
  auto_advance?: boolean;
  collection_method?: string;
  currency?: string;
  customer?: string;
  days_until_due?: number;
  default_payment_method?: string;
  description?: string;
  metadata?: Metadata | '';
  pending_invoice_items_behavior?: string;
}

function create({ sandbox, account, parameters }: Call<InvoiceParameters>): object {
  if (parameters.customer === undefined) throw invalidParameter('Missing required param: customer.', 'customer', 'parameter_missing');
  const customer = getCustomer(account, parameters.customer, 'customer');
  const currency = checkCurrency(parameters.currency ?? 'usd');
  const isIncluding = parameters.pending_invoice_items_behavior === 'include';
  const { lines, items } = isIncluding ? takeItems(sandbox, account, customer.id, currency) : { lines: [], items: [] };
  const parts = {
    customer,
    currency,
    now: sandbox.timeOf(account, customer.test_clock),
    billingReason: 'manual',
    collectionMethod: parameters.collection_method,
    autoAdvance: parameters.auto_advance,
    daysUntilDue: parameters.days_until_due,
    description: parameters.description,
    defaultPaymentMethod: parameters.default_payment_method,
    metadata: parameters.metadata,
  };
  const invoice = draftInvoice(sandbox, account, withoutUndefined(parts), lines);
  for (const item of items) {
    item.invoice = invoice.id;
    account.invoiceItems.put(item);
  }
  return invoice;
}

/** Optional fields that are absent rather than undefined. */
function withoutUndefined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

interface ItemParameters {
  amount?: number;
  currency?: string;
  customer?: string;
  description?: string;
  invoice?: string;
  metadata?: Metadata | '';
  pricing?: { price?: string };
  price_data?: PriceParameters;
  quantity?: number;
  unit_amount_decimal?: string;
}

function createItem({ sandbox, account, parameters }: Call<ItemParameters>): object {
  const { invoice: invoiceId, quantity = 1, pricing, price_data: data } = parameters;
  const invoice = invoiceId === undefined ? undefined : account.invoices.find(invoiceId);
  if (invoiceId !== undefined && !invoice) throw noSuch('invoice', invoiceId, 'invoice', 400);
  if (invoice && invoice.status !== 'draft') throw notEditable(invoice);
  const customer = getCustomer(account, parameters.customer ?? invoice?.customer ?? '', 'customer');
  const price =
    pricing?.price !== undefined || data
      ? resolvePrice(sandbox, account, { ...pricing, ...(data ? { price_data: data } : {}) }, 'pricing')
      : undefined;
  const amount = price ? price.unit_amount * quantity : parameters.amount;
  if (amount === undefined) throw invalidParameter('Missing required param: amount.', 'amount', 'parameter_missing');
  const now = sandbox.timeOf(account, customer.test_clock);
  const item: InvoiceItem = account.invoiceItems.put({
    id: `ii_1${sandbox.store.random.letters(23)}`,
    object: 'invoiceitem',
    amount,
    currency: checkCurrency(price?.currency ?? parameters.currency ?? 'usd'),
    customer: customer.id,
    customer_account: null,
    date: now,
    description: parameters.description ?? null,
    discountable: true,
    discounts: [],
    invoice: invoice?.id ?? null,
    livemode: false,
    metadata: mergeMetadata({}, parameters.metadata),
    net_amount: amount,
    parent: null,
    period: { end: now, start: now },
    pricing: price ? pricingOf(price) : { type: 'price_details', unit_amount_decimal: String(amount) },
    proration: false,
    quantity,
    quantity_decimal: String(quantity),
    tax_rates: [],
    test_clock: customer.test_clock,
  });
  if (invoice) addLine(invoice, lineOfItem(sandbox, item));
  if (invoice) account.invoices.put(invoice);
  sandbox.events.record(account, 'invoiceitem.created', item);
  return item;
}

function addLine(invoice: Invoice, line: Invoice['lines']['data'][number]): void {
  invoice.lines.data.push({ ...line, invoice: invoice.id });
  const total = invoice.lines.data.reduce((sum, each) => sum + each.amount, 0);
  for (const name of ['amount_due', 'amount_remaining', 'subtotal', 'subtotal_excluding_tax', 'total', 'total_excluding_tax']) {
    (invoice as Record<string, unknown>)[name] = total;
  }
}

function deleteItem(call: Call): object {
  const item = call.account.invoiceItems.find(pathId(call));
  if (!item) throw noSuch('invoiceitem', pathId(call));
  if (item.invoice !== null)
    throw invalidState('This invoice item belongs to an invoice and cannot be deleted.', { code: 'invoice_not_editable' });
  call.account.invoiceItems.remove(item.id);
  call.sandbox.events.record(call.account, 'invoiceitem.deleted', item);
  return { id: item.id, object: 'invoiceitem', deleted: true };
}

function retrieveItem(call: Call): object {
  const item = call.account.invoiceItems.find(pathId(call));
  if (!item) throw noSuch('invoiceitem', pathId(call));
  return item;
}

function get(call: Call<unknown>): Invoice {
  const invoice = call.account.invoices.find(pathId(call));
  if (!invoice) throw noSuch('invoice', pathId(call), 'invoice');
  return invoice;
}

function update(call: Call<InvoiceParameters>): object {
  const { sandbox, account, parameters } = call;
  const invoice = get(call);
  const before = { ...invoice };
  invoice.description = parameters.description ?? invoice.description;
  invoice.metadata = mergeMetadata(invoice.metadata, parameters.metadata);
  invoice.default_payment_method = parameters.default_payment_method ?? invoice.default_payment_method;
  invoice.auto_advance = parameters.auto_advance ?? invoice.auto_advance;
  account.invoices.put(invoice);
  sandbox.events.record(account, 'invoice.updated', invoice, changedFields(before, invoice));
  return invoice;
}

function remove(call: Call): object {
  const invoice = get(call);
  if (invoice.status !== 'draft') throw notEditable(invoice);
  call.account.invoices.remove(invoice.id);
  call.sandbox.events.record(call.account, 'invoice.deleted', invoice);
  return { id: invoice.id, object: 'invoice', deleted: true };
}

function notEditable(invoice: Invoice): Error {
  return invalidState(`Finalized invoices can't be updated in this way: the status of ${invoice.id} is ${invoice.status}.`, {
    code: 'invoice_not_editable',
  });
}

function send(call: Call): object {
  const { sandbox, account } = call;
  const invoice = get(call);
  if (invoice.collection_method !== 'send_invoice')
    throw invalidState("You can only manually send an invoice if its collection method is 'send_invoice'.");
  if (invoice.status === 'draft') finalizeInvoice(sandbox, account, invoice);
  sandbox.events.record(account, 'invoice.sent', invoice);
  return invoice;
}

function pay(call: Call<{ payment_method?: string }>): object {
  return payInvoice(call.sandbox, call.account, get(call), call.parameters.payment_method);
}

function list(call: Call<ListParameters & { customer?: string; status?: string; subscription?: string }>): object {
  const { customer, status, subscription } = call.parameters;
  return listPage(
    call,
    call.account.invoices,
    (invoice) =>
      (customer === undefined || invoice.customer === customer) &&
      (status === undefined || invoice.status === status) &&
      (subscription === undefined || invoice.parent?.subscription_details?.subscription === subscription),
  );
}

function listItems(call: Call<ListParameters & { customer?: string; invoice?: string; pending?: boolean }>): object {
  const { customer, invoice, pending } = call.parameters;
  return listPage(
    call,
    call.account.invoiceItems,
    (item) =>
      (customer === undefined || item.customer === customer) &&
      (invoice === undefined || item.invoice === invoice) &&
      (pending === undefined || (item.invoice === null) === pending),
  );
}

/** Routes of invoices and invoice items. */
export const invoiceRoutes = [
  route('POST /v1/invoices', 'InvoiceCreateParams', create),
  route('GET /v1/invoices', 'InvoiceListParams', list),
  route('GET /v1/invoices/search', 'InvoiceSearchParams', (call: Call<SearchParameters>) => search(call, call.account.invoices)),
  route('GET /v1/invoices/{id}', 'InvoiceRetrieveParams', (call: Call) => get(call)),
  route('POST /v1/invoices/{id}', 'InvoiceUpdateParams', update),
  route('DELETE /v1/invoices/{id}', 'InvoiceDeleteParams', remove),
  route('POST /v1/invoices/{id}/finalize', 'InvoiceFinalizeInvoiceParams', (call: Call) =>
    finalizeInvoice(call.sandbox, call.account, get(call)),
  ),
  route('POST /v1/invoices/{id}/pay', 'InvoicePayParams', pay),
  route('POST /v1/invoices/{id}/send', 'InvoiceSendInvoiceParams', send),
  route('POST /v1/invoices/{id}/void', 'InvoiceVoidInvoiceParams', (call: Call) =>
    endInvoice(call.sandbox, call.account, get(call), 'void'),
  ),
  route('POST /v1/invoices/{id}/mark_uncollectible', 'InvoiceMarkUncollectibleParams', (call: Call) =>
    endInvoice(call.sandbox, call.account, get(call), 'uncollectible'),
  ),
  route('POST /v1/invoiceitems', 'InvoiceItemCreateParams', createItem),
  route('GET /v1/invoiceitems', 'InvoiceItemListParams', listItems),
  route('GET /v1/invoiceitems/{id}', 'InvoiceItemRetrieveParams', retrieveItem),
  route('DELETE /v1/invoiceitems/{id}', 'InvoiceItemDeleteParams', deleteItem),
];
