/** The states of a payment. */

/** Placeholder list until the table of moves lands beside it. */
export type PaymentStatus =
  | 'requires_payment_method'
  | 'requires_confirmation'
  | 'requires_action'
  | 'processing'
  | 'requires_capture'
  | 'succeeded'
  | 'canceled'
  | 'in_review'
  | 'accumulating'
  | 'blocked';
