/** Customers. */
import { type Account } from '../account.js';
import { type Address, NO_ADDRESS, type Shipping, wholeShipping } from '../addresses.js';
import { type Call, pathId, route } from '../call.js';
import { listPage, type ListParameters } from '../lists.js';
import { mergeMetadata, type Metadata } from '../metadata.js';
import { search, type SearchParameters } from '../search.js';
import { type Sandbox } from '../sandbox.js';
import { changedFields, type Customer, getCustomer } from './customer-object.js';
import { attach, resolvePaymentMethod } from './payment-methods.js';

interface CustomerParameters {
  address?: Partial<Address> | '';
  balance?: number;
  description?: string;
  email?: string;
  invoice_settings?: { default_payment_method?: string };
  metadata?: Metadata | '';
  name?: string;
  payment_method?: string;
  phone?: string;
  preferred_locales?: string[];
  shipping?: Shipping | '';
  tax_exempt?: string;
  test_clock?: string;
}

/** Makes and keeps a customer. */
export function createCustomer(sandbox: Sandbox, account: Account, input: CustomerParameters): Customer {
  const customer: Customer = {
    id: sandbox.store.newId('cus', 14),
    object: 'customer',
    address: input.address ? { ...NO_ADDRESS, ...input.address } : null,
    balance: input.balance ?? 0,
    created: sandbox.clock.now(),
    currency: null,
    default_source: null,
    delinquent: false,
    description: input.description || null,
    discount: null,
    email: input.email || null,
    invoice_prefix: sandbox.store.random.letters(8).toUpperCase(),
    invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
    livemode: false,
    metadata: mergeMetadata({}, input.metadata),
    name: input.name || null,
    next_invoice_sequence: 1,
    phone: input.phone || null,
    preferred_locales: input.preferred_locales ?? [],
    shipping: input.shipping ? wholeShipping(input.shipping) : null,
    tax_exempt: input.tax_exempt || 'none',
    test_clock: input.test_clock ?? null,
  };
  if (input.payment_method !== undefined)
    attach(sandbox, account, resolvePaymentMethod(sandbox, account, input.payment_method), customer.id);
  setDefaultMethod(sandbox, account, customer, input);
  account.customers.put(customer);
  sandbox.events.record(account, 'customer.created', customer);
  return customer;
}

function setDefaultMethod(sandbox: Sandbox, account: Account, customer: Customer, input: CustomerParameters): void {
  const id = input.invoice_settings?.default_payment_method;
  if (id === undefined) return;
  const method = id === '' ? null : resolvePaymentMethod(sandbox, account, id, 'invoice_settings[default_payment_method]');
  if (method?.customer !== customer.id && method?.customer === null) attach(sandbox, account, method, customer.id);
  customer.invoice_settings.default_payment_method = method?.id ?? null;
}

function update(call: Call<CustomerParameters>): object {
  const { sandbox, account, parameters } = call;
  const customer = getCustomer(account, pathId(call));
  const { address, description, email, name, phone, shipping } = parameters;
  const before = { ...customer };
  const changed = <T>(value: T | '' | undefined, kept: T | null) => (value === undefined ? kept : value === '' ? null : value);
  customer.address = changed(address && { ...NO_ADDRESS, ...address }, customer.address);
  customer.balance = parameters.balance ?? customer.balance;
  customer.description = changed(description, customer.description);
  customer.email = changed(email, customer.email);
  customer.name = changed(name, customer.name);
  customer.phone = changed(phone, customer.phone);
  customer.shipping = changed(shipping && wholeShipping(shipping), customer.shipping);
  customer.tax_exempt = parameters.tax_exempt || customer.tax_exempt;
  customer.preferred_locales = parameters.preferred_locales ?? customer.preferred_locales;
  customer.metadata = mergeMetadata(customer.metadata, parameters.metadata);
  setDefaultMethod(sandbox, account, customer, parameters);
  account.customers.put(customer);
  sandbox.events.record(account, 'customer.updated', customer, changedFields(before, customer));
  return customer;
}

function remove(call: Call): object {
  const customer = getCustomer(call.account, pathId(call));
  call.account.customers.remove(customer.id);
  for (const method of call.account.paymentMethods.all()) {
    if (method.customer !== customer.id) continue;
    method.customer = null;
    call.account.paymentMethods.put(method);
  }
  call.account.deletedCustomers.put({ id: customer.id, object: 'customer', deleted: true });
  call.sandbox.events.record(call.account, 'customer.deleted', customer);
  return { id: customer.id, object: 'customer', deleted: true };
}

function retrieve(call: Call): object {
  return call.account.deletedCustomers.find(pathId(call)) ?? getCustomer(call.account, pathId(call));
}

function list(call: Call<ListParameters & { email?: string }>): object {
  const { email } = call.parameters;
  return listPage(call, call.account.customers, (customer) => email === undefined || customer.email === email);
}

/** Routes of customers. */
export const customerRoutes = [
  route('POST /v1/customers', 'CustomerCreateParams', (call: Call<CustomerParameters>) =>
    createCustomer(call.sandbox, call.account, call.parameters),
  ),
  route('GET /v1/customers', 'CustomerListParams', list),
  route('GET /v1/customers/search', 'CustomerSearchParams', (call: Call<SearchParameters>) => search(call, call.account.customers)),
  route('GET /v1/customers/{id}', 'CustomerRetrieveParams', retrieve),
  route('POST /v1/customers/{id}', 'CustomerUpdateParams', update),
  route('DELETE /v1/customers/{id}', 'CustomerDeleteParams', remove),
];
