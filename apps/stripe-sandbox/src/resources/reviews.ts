/** Reviews: payments that Radar puts before a person. */
import { type Account } from '../account.js';
import { type Call, pathId, route } from '../call.js';
import { invalidState, noSuch } from '../errors.js';
import { listPage, type ListParameters } from '../lists.js';
import { type Sandbox } from '../sandbox.js';
import { type StripeObject } from '../store.js';
import { type Charge } from './charges.js';

/** A review. */
export interface Review extends StripeObject {
  object: 'review';
  billing_zip: string | null;
  charge: string | null;
  closed_reason: string | null;
  created: number;
  ip_address: null;
  ip_address_location: null;
  livemode: false;
  open: boolean;
  opened_reason: 'rule';
  payment_intent?: string;
  reason: string;
  session: null;
}

/** Puts a charge before a person. */
export function openReview(sandbox: Sandbox, account: Account, charge: Charge): void {
  const intent = account.paymentIntents.find(charge.payment_intent ?? '');
  const review = account.reviews.put({
    id: `prv_1${sandbox.store.random.letters(23)}`,
    object: 'review',
    billing_zip: charge.billing_details.address.postal_code,
    charge: charge.id,
    closed_reason: null,
    created: sandbox.clock.now(),
    ip_address: null,
    ip_address_location: null,
    livemode: false,
    open: true,
    opened_reason: 'rule',
    ...(intent ? { payment_intent: intent.id } : {}),
    reason: 'rule',
    session: null,
  });
  charge.review = review.id;
  account.charges.put(charge);
  if (intent) {
    intent.review = review.id;
    account.paymentIntents.put(intent);
  }
  sandbox.events.record(account, 'review.opened', review);
}

/** Ends the open review of a charge: it was refunded, disputed, or approved. */
export function closeReview(sandbox: Sandbox, account: Account, charge: Charge, reason: string): void {
  const review = account.reviews.find(charge.review ?? '');
  if (!review?.open) return;
  review.open = false;
  review.closed_reason = reason;
  review.reason = reason;
  account.reviews.put(review);
  sandbox.events.record(account, 'review.closed', review);
}

function get(call: Call<unknown>): Review {
  const review = call.account.reviews.find(pathId(call));
  if (!review) throw noSuch('review', pathId(call), 'review');
  return review;
}

function approve(call: Call): object {
  const review = get(call);
  const charge = call.account.charges.find(review.charge ?? '');
  if (!review.open || !charge) throw invalidState('This review is already closed.', { code: 'status_transition_invalid' });
  closeReview(call.sandbox, call.account, charge, 'approved');
  return review;
}

/** Routes of reviews. */
export const reviewRoutes = [
  // Stripe lists the open ones.
  route('GET /v1/reviews', 'ReviewListParams', (call: Call<ListParameters>) =>
    listPage(call, call.account.reviews, (review) => review.open),
  ),
  route('GET /v1/reviews/{id}', 'ReviewRetrieveParams', (call: Call) => get(call)),
  route('POST /v1/reviews/{id}/approve', 'ReviewApproveParams', approve),
];
