/** Every type of event that Stripe sends: what it changes here, or why it changes nothing. One table, so that nobody has to guess. */

/**
 * How a handled type is read.
 *
 * - `payment_intent`, `refund`, `dispute`, `review`, `fraud_warning`: the event's object is the snapshot
 * - `refunds_of_charge`: accounts on API versions before 2022-11-15 put the newest refund into the charge, and send no `refund.created`
 * - `payment_of_charge`, `payment_of_reader`: the event names a payment intent and does not carry it, so it is fetched
 * - `setup_intent`, `payment_method`: always fetched; they are few, and the setup alone carries its method in full
 * - `payout`: always fetched too; a payout's events come out of order and a bank may take one back
 * - `deleted_customer`: there is nothing left to fetch
 */
export type StripeEventReading =
  | 'payment_intent'
  | 'refund'
  | 'dispute'
  | 'review'
  | 'fraud_warning'
  | 'refunds_of_charge'
  | 'payment_of_charge'
  | 'payment_of_reader'
  | 'setup_intent'
  | 'payment_method'
  | 'payout'
  | 'deleted_customer';

/** The types that change something here. */
export const HANDLED_STRIPE_EVENTS: Readonly<Record<string, StripeEventReading>> = {
  'payment_intent.created': 'payment_intent',
  'payment_intent.processing': 'payment_intent',
  'payment_intent.requires_action': 'payment_intent',
  'payment_intent.amount_capturable_updated': 'payment_intent',
  'payment_intent.partially_funded': 'payment_intent',
  'payment_intent.succeeded': 'payment_intent',
  'payment_intent.payment_failed': 'payment_intent',
  'payment_intent.canceled': 'payment_intent',
  'charge.expired': 'payment_of_charge',
  'charge.refunded': 'refunds_of_charge',
  // There is no refund.canceled: a canceled refund comes as updated, under either name.
  'charge.refund.updated': 'refund',
  'refund.created': 'refund',
  'refund.updated': 'refund',
  'refund.failed': 'refund',
  'charge.dispute.created': 'dispute',
  'charge.dispute.updated': 'dispute',
  'charge.dispute.funds_withdrawn': 'dispute',
  'charge.dispute.funds_reinstated': 'dispute',
  'charge.dispute.closed': 'dispute',
  'radar.early_fraud_warning.created': 'fraud_warning',
  'radar.early_fraud_warning.updated': 'fraud_warning',
  'review.opened': 'review',
  'review.closed': 'review',
  'terminal.reader.action_succeeded': 'payment_of_reader',
  'terminal.reader.action_failed': 'payment_of_reader',
  'setup_intent.requires_action': 'setup_intent',
  'setup_intent.succeeded': 'setup_intent',
  'setup_intent.setup_failed': 'setup_intent',
  'setup_intent.canceled': 'setup_intent',
  'payment_method.updated': 'payment_method',
  'payment_method.automatically_updated': 'payment_method',
  'payment_method.detached': 'payment_method',
  'payout.created': 'payout',
  'payout.updated': 'payout',
  'payout.paid': 'payout',
  'payout.failed': 'payout',
  'payout.canceled': 'payout',
  'payout.reconciliation_completed': 'payout',
  'customer.deleted': 'deleted_customer',
};

/** The types that change nothing on purpose, by their beginning, with the reason. The first row that fits counts. */
export const IGNORED_STRIPE_EVENTS: readonly (readonly [prefix: string, reason: string])[] = [
  ['charge.', 'payment_intent.* tells the same of every charge; two sources for one state only race'],
  ['checkout.session.', 'the payment intent of a session has its own events'],
  ['customer.subscription.', 'schedules are kept here, not in Stripe Billing; their payments have payment intents'],
  ['customer.', 'customers are kept here; Stripe’s copies decide nothing'],
  ['customer_cash_balance_transaction.', 'cash balances are not used'],
  ['invoice', 'invoices of Stripe Billing are not used; their payments have payment intents'],
  ['setup_intent.', 'a setup that has just been made says nothing of its outcome'],
  ['payment_method.', 'what is attached is told by the setup intent that did it'],
  ['mandate.', 'what a customer agreed to is kept with the saved method here'],
  ['source.', 'sources came before payment methods and are not used'],
  ['terminal.reader.action_updated', 'an action that has not ended says nothing of its payment'],
  ['three_d_secure.', 'authentication done outside a payment intent is not used'],
  ['balance.', 'reconciliation reads the balance itself'],
  ['balance_settings.', 'settings of the account, kept at Stripe'],
  ['account.', 'settings of the account, kept at Stripe'],
  ['capability.', 'settings of the account, kept at Stripe'],
  ['person.', 'settings of the account, kept at Stripe'],
  ['tax', 'taxes are fields of the payment here'],
  ['application_fee.', 'no application fees are taken'],
  ['transfer.', 'no funds are transferred between accounts'],
  ['topup.', 'no funds are added by top-up'],
  ['reserve.', 'reserves show in the balance, which reconciliation reads'],
  ['reporting.', 'Stripe’s reports are not used'],
  ['sigma.', 'Stripe’s reports are not used'],
  ['test_helpers.', 'a tool of tests'],
  ...['plan.', 'price.', 'product.', 'coupon.', 'promotion_code.', 'credit_note.', 'quote.', 'payment_link.', 'subscription_schedule.'].map(
    (prefix) => [prefix, 'the catalogue of Stripe Billing is not used'] as const,
  ),
  ...[
    'apps.',
    'billing',
    'cash_balance.',
    'climate.',
    'entitlements.',
    'file.',
    'financial_connections.',
    'identity.',
    'issuing',
    'treasury.',
  ].map((prefix) => [prefix, 'a product of Stripe that is not used here'] as const),
];

/** Why a type that is not handled has no effect. */
export function reasonToIgnore(type: string): string {
  return IGNORED_STRIPE_EVENTS.find(([prefix]) => type.startsWith(prefix))?.[1] ?? 'a type that this version does not know';
}
