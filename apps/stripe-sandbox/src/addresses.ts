/** Postal addresses: whatever a client leaves out is kept as null. */

/** A postal address as Stripe keeps it. */
export interface Address {
  city: string | null;
  country: string | null;
  line1: string | null;
  line2: string | null;
  postal_code: string | null;
  state: string | null;
}

/** An address of which nothing is known. */
export const NO_ADDRESS: Readonly<Address> = { city: null, country: null, line1: null, line2: null, postal_code: null, state: null };

/** Where goods go. */
export interface Shipping {
  address?: Partial<Address>;
  name?: string;
  phone?: string;
}

/** Shipping details with a whole address. */
export function wholeShipping(shipping: Shipping): Shipping {
  return { ...shipping, address: { ...NO_ADDRESS, ...shipping.address } };
}
