/** The sandbox without its sockets: the accounts, the time, the events and what happens by itself. */
import { Account } from './account.js';
import { API_VERSION } from './api-version.js';
import { type CardToken } from './card-input.js';
import { VirtualClock } from './clock.js';
import { DEFAULT_RETRY_DELAYS_MS, WebhookDelivery } from './delivery.js';
import { Disorder, type DisorderSettings } from './disorder.js';
import { EventLog } from './events.js';
import { Faults } from './faults.js';
import { IdempotencyKeys } from './idempotency.js';
import { SeededRandom } from './ids.js';
import { Latency, type LatencyProfile } from './latency.js';
import { type Collection, Store, type StripeObject } from './store.js';
import { followAftermath } from './aftermath.js';
import { type TestCard } from './cards.js';
import { type Charge } from './resources/charges.js';
import { type CliSession } from './resources/cli-sessions.js';
import { followCheckout } from './resources/checkout.js';
import { registerDisputeJobs } from './resources/disputes.js';
import { type Invoice } from './resources/invoice-object.js';
import { followInvoices } from './resources/invoices.js';
import { registerPaymentJobs } from './resources/payment-flow.js';
import { type PaymentIntent } from './resources/payment-intents.js';
import { registerPayoutJobs } from './resources/payouts.js';
import { registerRefundJobs } from './resources/refunds.js';
import { followSubscriptions } from './resources/subscriptions.js';

/** How a sandbox differs from another. */
export interface SandboxSettings {
  /** Ids and chances follow from it. */
  readonly seed: number;
  /** Events kept per account; older ones are forgotten. */
  readonly maxEvents: number;
  readonly webhookRetryDelaysMs: readonly number[];
  /** How long requests take; null for no time at all. */
  readonly latency: LatencyProfile | null;
  /** How webhooks misbehave from the start. */
  readonly disorder: Partial<DisorderSettings>;
}

/** What a sandbox is when nothing is said. */
export const DEFAULT_SETTINGS: SandboxSettings = {
  seed: 1,
  maxEvents: 100_000,
  webhookRetryDelaysMs: DEFAULT_RETRY_DELAYS_MS,
  latency: null,
  disorder: {},
};

/** The whole state and its rules. */
export class Sandbox {
  readonly store: Store;
  readonly clock: VirtualClock;
  readonly events: EventLog;
  readonly delivery: WebhookDelivery;
  readonly disorder: Disorder;
  readonly idempotency: IdempotencyKeys;
  readonly faults: Faults;
  readonly latency: Latency;
  readonly tokens: Collection<CardToken>;
  readonly cliSessions: Collection<CliSession>;
  /** The account whose keys are used; its id follows from the seed. */
  readonly platform: Account;
  /** Where the sandbox itself is reached; set when it listens. */
  baseUrl = '';
  /** Called when an intent has ended, well or badly, after it was confirmed. */
  readonly whenIntentEnds: ((account: Account, intent: PaymentIntent) => void)[] = [];
  /** Called when a charge has taken money. */
  readonly whenChargeCaptures: ((account: Account, charge: Charge, card: TestCard | undefined) => void)[] = [];
  /** Called when an invoice is paid. */
  readonly whenInvoicePaid: ((account: Account, invoice: Invoice) => void)[] = [];
  private readonly accounts = new Map<string, Account>();

  constructor(readonly settings: SandboxSettings) {
    this.store = new Store(settings.seed);
    this.clock = new VirtualClock(this.store);
    this.disorder = new Disorder(settings.seed);
    this.disorder.settings = { ...this.disorder.settings, ...settings.disorder };
    this.faults = new Faults(settings.seed);
    this.latency = new Latency(settings.latency, settings.seed);
    this.events = new EventLog(this.store, this.clock, API_VERSION, settings.maxEvents);
    this.idempotency = new IdempotencyKeys(this.store);
    this.tokens = this.store.collection('', 'token');
    this.cliSessions = this.store.collection('', 'cli_session');
    this.platform = new Account(`acct_1${new SeededRandom(settings.seed).letters(15)}`, true, this.store);
    this.accounts.set(this.platform.id, this.platform);
    this.delivery = new WebhookDelivery(this.store, this.clock, {
      retryDelaysMs: settings.webhookRetryDelaysMs,
      disorder: this.disorder,
      accountOf: (id) => this.account(id),
    });
    this.events.listen((event, account) => {
      this.delivery.deliver(event, account);
    });
    registerPaymentJobs(this);
    registerRefundJobs(this);
    registerDisputeJobs(this);
    registerPayoutJobs(this);
    followAftermath(this);
    followInvoices(this);
    followSubscriptions(this);
    followCheckout(this);
  }

  /** The account of an id, made when it is first named; without an id, the platform. */
  account(id: string): Account {
    if (id === '') return this.platform;
    let account = this.accounts.get(id);
    if (!account) {
      account = new Account(id, false, this.store);
      this.accounts.set(id, account);
    }
    return account;
  }

  /** Every account named so far. */
  allAccounts(): IterableIterator<Account> {
    return this.accounts.values();
  }

  /** Seconds at which a customer lives: those of its test clock, or everybody's. */
  timeOf(account: Account, testClockId: string | null): number {
    return account.testClocks.find(testClockId ?? '')?.frozen_time ?? this.clock.now();
  }

  /** Payment methods that paid without a customer: they pay only once. */
  usedMethods(account: Account): Collection<StripeObject> {
    return this.store.collection(account.id, 'used_payment_method');
  }

  /** Payment methods that were set up for payments without their owner. */
  setUpMethods(account: Account): Collection<StripeObject> {
    return this.store.collection(account.id, 'set_up_payment_method');
  }

  /** Intents confirmed by hand whose payer has passed 3-D Secure. */
  authenticatedIntents(account: Account): Collection<StripeObject> {
    return this.store.collection(account.id, 'authenticated_intent');
  }

  /** Where the payer goes for 3-D Secure: a page of the sandbox, or Stripe.js when there is no page to return to. */
  nextAction(intentId: string, returnUrl: string | null): object {
    const url = `${this.baseUrl}/_sandbox/authenticate/${intentId}`;
    if (returnUrl !== null) return { type: 'redirect_to_url', redirect_to_url: { return_url: returnUrl, url } };
    return {
      type: 'use_stripe_sdk',
      use_stripe_sdk: { type: 'three_d_secure_redirect', stripe_js: url, source: `src_1${this.store.random.letters(23)}` },
    };
  }
}
