/** Customers as objects. */
import { type Account } from '../account.js';
import { type Address, type Shipping } from '../addresses.js';
import { noSuch } from '../errors.js';
import { type Metadata } from '../metadata.js';

/** A customer. */
export interface Customer {
  id: string;
  object: 'customer';
  address: Address | null;
  balance: number;
  created: number;
  currency: string | null;
  default_source: null;
  delinquent: boolean;
  description: string | null;
  discount: null;
  email: string | null;
  invoice_prefix: string;
  invoice_settings: { custom_fields: null; default_payment_method: string | null; footer: null; rendering_options: null };
  livemode: false;
  metadata: Metadata;
  name: string | null;
  next_invoice_sequence: number;
  phone: string | null;
  preferred_locales: string[];
  shipping: Shipping | null;
  tax_exempt: string;
  test_clock: string | null;
}

/** What is left of a customer that was deleted. */
export interface DeletedCustomer {
  id: string;
  object: 'customer';
  deleted: true;
}

/** The customer of an id. @throws StripeError 404 in a path, 400 in a parameter. */
export function getCustomer(account: Account, id: string, param = 'id'): Customer {
  const customer = account.customers.find(id);
  if (!customer) throw noSuch('customer', id, param, param === 'id' ? 404 : 400);
  return customer;
}

/** The old values of the fields that differ: an event's `previous_attributes`. */
export function changedFields<T extends object>(before: T, after: T): Partial<T> {
  const previous: Partial<T> = {};
  for (const name of Object.keys(before) as (keyof T)[]) if (before[name] !== after[name]) previous[name] = before[name];
  return previous;
}
