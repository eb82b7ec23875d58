/** One Stripe account: its id and its objects. The platform is one; each `Stripe-Account` header names another. */
import { type BalanceTransaction } from './resources/balance.js';
import { type Charge } from './resources/charges.js';
import { type Customer, type DeletedCustomer } from './resources/customer-object.js';
import { type PaymentIntent } from './resources/payment-intents.js';
import { type PaymentMethod } from './resources/payment-methods.js';
import { type Refund } from './resources/refunds.js';
import { type ConfirmationToken } from './resources/tokens.js';
import { type WebhookEndpoint } from './resources/webhook-endpoints.js';
import { type Dispute } from './resources/disputes.js';
import { type Review } from './resources/reviews.js';
import { type EarlyFraudWarning } from './resources/early-fraud-warnings.js';
import { type Payout } from './resources/payouts.js';
import { type SetupIntent } from './resources/setup-intents.js';
import { type Product, type Price } from './resources/products.js';
import { type Invoice, type InvoiceItem, type InvoicePayment } from './resources/invoice-object.js';
import { type Subscription } from './resources/subscription-object.js';
import { type CheckoutSession, type CheckoutLines } from './resources/checkout.js';
import { type Location, type Reader } from './resources/terminal.js';
import { type TestClock } from './resources/test-clocks.js';
import { type ClockDue } from './resources/subscriptions.js';
import { type RecordedEvent } from './events.js';
import { type Collection, type Store, type StripeObject } from './store.js';

/** The objects of an account, by kind. */
export class Account {
  readonly paymentIntents: Collection<PaymentIntent>;
  readonly charges: Collection<Charge>;
  readonly refunds: Collection<Refund>;
  readonly customers: Collection<Customer>;
  readonly paymentMethods: Collection<PaymentMethod>;
  readonly balanceTransactions: Collection<BalanceTransaction>;
  readonly webhookEndpoints: Collection<WebhookEndpoint>;
  readonly events: Collection<RecordedEvent>;
  readonly disputes: Collection<Dispute>;
  readonly reviews: Collection<Review>;
  readonly earlyFraudWarnings: Collection<EarlyFraudWarning>;
  readonly payouts: Collection<Payout>;
  readonly setupIntents: Collection<SetupIntent>;
  readonly products: Collection<Product>;
  readonly prices: Collection<Price>;
  readonly invoices: Collection<Invoice>;
  readonly invoiceItems: Collection<InvoiceItem>;
  readonly invoicePayments: Collection<InvoicePayment>;
  readonly subscriptions: Collection<Subscription>;
  readonly checkoutSessions: Collection<CheckoutSession>;
  readonly checkoutLines: Collection<CheckoutLines>;
  readonly locations: Collection<Location>;
  readonly readers: Collection<Reader>;
  readonly testClocks: Collection<TestClock>;
  readonly clockDues: Collection<ClockDue>;
  readonly deletedCustomers: Collection<DeletedCustomer>;
  readonly confirmationTokens: Collection<ConfirmationToken>;

  constructor(
    readonly id: string,
    readonly isPlatform: boolean,
    private readonly store: Store,
  ) {
    this.paymentIntents = store.collection(id, 'payment_intent');
    this.charges = store.collection(id, 'charge');
    this.refunds = store.collection(id, 'refund');
    this.customers = store.collection(id, 'customer');
    this.paymentMethods = store.collection(id, 'payment_method');
    this.balanceTransactions = store.collection(id, 'balance_transaction');
    this.webhookEndpoints = store.collection(id, 'webhook_endpoint');
    this.events = store.collection(id, 'event');
    this.disputes = store.collection(id, 'dispute');
    this.reviews = store.collection(id, 'review');
    this.earlyFraudWarnings = store.collection(id, 'radar.early_fraud_warning');
    this.payouts = store.collection(id, 'payout');
    this.setupIntents = store.collection(id, 'setup_intent');
    this.products = store.collection(id, 'product');
    this.prices = store.collection(id, 'price');
    this.invoices = store.collection(id, 'invoice');
    this.invoiceItems = store.collection(id, 'invoiceitem');
    this.invoicePayments = store.collection(id, 'invoice_payment');
    this.subscriptions = store.collection(id, 'subscription');
    this.checkoutSessions = store.collection(id, 'checkout.session');
    this.checkoutLines = store.collection(id, 'checkout_lines');
    this.locations = store.collection(id, 'terminal.location');
    this.readers = store.collection(id, 'terminal.reader');
    this.testClocks = store.collection(id, 'test_helpers.test_clock');
    this.clockDues = store.collection(id, 'clock_due');
    this.deletedCustomers = store.collection(id, 'deleted_customer');
    this.confirmationTokens = store.collection(id, 'confirmation_token');
  }

  /** The object that an id stands for when it is expanded. */
  findAny(id: string): StripeObject | undefined {
    const kind = EXPANDABLE[id.slice(0, id.indexOf('_'))];
    return kind === undefined ? undefined : this.store.collection(this.id, kind).find(id);
  }
}

/** Kind of object by the prefix of its id. */
const EXPANDABLE: Readonly<Record<string, string>> = {
  ch: 'charge',
  py: 'charge',
  cus: 'customer',
  pi: 'payment_intent',
  pm: 'payment_method',
  re: 'refund',
  txn: 'balance_transaction',
  du: 'dispute',
  prv: 'review',
  po: 'payout',
  seti: 'setup_intent',
  prod: 'product',
  price: 'price',
  in: 'invoice',
  ii: 'invoiceitem',
  sub: 'subscription',
  cs: 'checkout.session',
  tml: 'terminal.location',
  tmr: 'terminal.reader',
  clock: 'test_helpers.test_clock',
};
