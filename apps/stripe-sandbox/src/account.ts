/** One Stripe account: its id and its objects. The platform is one; each `Stripe-Account` header names another. */
import { type BalanceTransaction } from './resources/balance.js';
import { type Charge } from './resources/charges.js';
import { type Customer, type DeletedCustomer } from './resources/customers.js';
import { type PaymentIntent } from './resources/payment-intents.js';
import { type PaymentMethod } from './resources/payment-methods.js';
import { type Refund } from './resources/refunds.js';
import { type ConfirmationToken } from './resources/tokens.js';
import { type WebhookEndpoint } from './resources/webhook-endpoints.js';
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
  cus: 'customer',
  pi: 'payment_intent',
  pm: 'payment_method',
  re: 'refund',
  txn: 'balance_transaction',
};
