/** How a payer's method reaches us: the words a device may use for `method`. */

/** Every way to present a payment method. */
export const PAYMENT_METHODS = ['card', 'mobile_wallet', 'nfc', 'qr', 'biometric', 'voice'] as const;

/** How the device presented the payer's method; `card` when it does not say. */
export type PaymentMethod = (typeof PAYMENT_METHODS)[number];

/** Whether `value` is one of {@link PAYMENT_METHODS}. */
export function isPaymentMethod(value: unknown): value is PaymentMethod {
  return (PAYMENT_METHODS as readonly unknown[]).includes(value);
}
