/** The whole product in one process for tests: api, webhooks and jobs over a real database, and the sandbox over a real socket. */
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { PaymentAccumulator, PaymentCompleter, RefundsService, SavedMethodCompleter } from '#payments';
import { AppConfig, Database, type Environment } from '#platform';
import { createApi } from '../../apps/api/src/api.js';
import { type RunningSandbox, type SandboxOptions, startStripeSandbox } from '../../apps/stripe-sandbox/src/server.js';
import { type FirstCredentials, seedFirstRun } from '../../scripts/first-run.js';
import { freePorts } from './free-ports.js';
import { createTestDatabase } from './test-server.js';

const WEBHOOK_SECRET = 'whsec_test_0123456789abcdef0123456789';

/** An answer of the api. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The body's very text. */
  readonly text: string;
  /** The body parsed; `any`, for what it holds is what is being tested. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- see above
  readonly body: any;
}

/** How a request differs from an authenticated one without a body. */
export interface ApiCall {
  readonly body?: unknown;
  /** Sent as it is instead of `body`. */
  readonly rawBody?: string | Buffer;
  /** `Idempotency-Key`. */
  readonly key?: string;
  /** Instead of the merchant's key; null for none. */
  readonly credential?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A charge in the sandbox's ledger. */
export interface LedgerCharge {
  readonly id: string;
  readonly payment_intent: string | null;
  readonly amount: number;
  readonly status: string;
  readonly captured: boolean;
  readonly metadata: Readonly<Record<string, string>>;
}

/** How a system differs from the usual one. */
export interface TestSystemOptions {
  readonly environment?: Environment;
  /** Variables that lead to the database another way than by its own URL, such as through a pooler. */
  readonly connection?: (databaseUrl: string) => Promise<Environment>;
  readonly sandbox?: SandboxOptions;
}

/** A running product with one merchant. */
export class TestSystem {
  private constructor(
    readonly url: string,
    readonly app: NestFastifyApplication,
    readonly sandbox: RunningSandbox,
    private readonly first: FirstCredentials,
    /** Of the running processes, for more of them over the same database and sandbox. */
    readonly environment: Environment,
    private readonly drop: () => Promise<void>,
  ) {}

  /** Starts everything; the suite stops it in `afterAll`. */
  static async start(options: TestSystemOptions = {}): Promise<TestSystem> {
    const database = await createTestDatabase();
    const [port = 0] = await freePorts(1);
    const url = `http://127.0.0.1:${port}`;
    const sandbox = await startStripeSandbox({
      webhooks: [{ url: `${url}/api/webhooks/stripe`, secret: WEBHOOK_SECRET }],
      ...options.sandbox,
    });
    const environment: Environment = {
      NODE_ENV: 'test',
      DATABASE_URL: database.url,
      // A busy machine is not what most suites are about.
      DATABASE_ACQUIRE_TIMEOUT_MS: '20000',
      STRIPE_SECRET_KEY: 'sk_test_0123456789abcdef',
      STRIPE_API_BASE: sandbox.url,
      STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
      API_KEY_PEPPER: 'pepper-of-the-tests-0123456789abcdef',
      ENCRYPTION_KEY: 'encryption-key-of-the-tests-0123456789',
      STRIPE_CALLS_PER_SECOND: '10000',
      STRIPE_CONCURRENT_CALLS: '200',
      METRICS_TOKEN: 'metrics-token-of-the-tests',
      // A suite is one client with one device. The limits have suites of their own.
      RATE_LIMIT_STORAGE: 'memory',
      RATE_LIMIT_API_PER_15_MINUTES: '1000000',
      RATE_LIMIT_PAYMENTS_PER_MINUTE: '1000000',
      RATE_LIMIT_GAMING_PAYMENTS_PER_MINUTE: '1000000',
      RATE_LIMIT_IOT_PAYMENTS_PER_MINUTE: '1000000',
      RATE_LIMIT_SERVICE_PAYMENTS_PER_MINUTE: '1000000',
      RATE_LIMIT_DEVICE_REGISTRATIONS_PER_HOUR: '1000000',
      RATE_LIMIT_SIGN_IN_PER_15_MINUTES: '1000000',
      RATE_LIMIT_SIGN_IN_PER_EMAIL_PER_HOUR: '1000000',
      OVERLOAD_EVENT_LOOP_DELAY_MS: '60000',
      FRAUD_BUDGET_MS: '20000',
      // The background look would eat the faults that a suite has prepared for its payments.
      HEALTH_STRIPE_PROBE_INTERVAL_MS: '0',
      LOG_LEVEL: 'warn',
      ...options.environment,
      ...(await options.connection?.(database.url)),
    };
    const first = await seedFirstRun(environment);
    const config = new AppConfig(environment);
    const app = await createApi(config);
    await app.listen(port, '127.0.0.1');
    return new TestSystem(url, app, sandbox, first, environment, () => database.drop());
  }

  get merchantId(): string {
    return this.first.merchantId;
  }

  /** The merchant's secret key. */
  get apiKey(): string {
    return this.first.apiKey;
  }

  get database(): Database {
    return this.app.get(Database);
  }

  /** Sends a request, with the merchant's key unless told otherwise. */
  async call(
    method: string,
    path: string,
    { body, rawBody, key, credential = this.apiKey, headers = {} }: ApiCall = {},
  ): Promise<ApiAnswer> {
    const payload = rawBody ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(`${this.url}${path}`, {
      method,
      ...(payload === undefined ? {} : { body: payload }),
      headers: {
        ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
        ...(credential === null ? {} : { authorization: `Bearer ${credential}` }),
        ...headers,
      },
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: text === '' ? null : JSON.parse(text) };
  }

  /** Registers a device that has been known for an hour, so that its newness is no fraud signal. */
  async device(overrides: Readonly<Record<string, unknown>> = {}): Promise<{ readonly id: string; readonly credential: string }> {
    const { status, body, text } = await this.call('POST', '/api/devices', {
      body: { type: 'smartphone', fingerprint: `fingerprint-${Math.random().toString(36).slice(2)}`, capabilities: ['nfc'], ...overrides },
    });
    if (status !== 201) throw new Error(`a device was not registered: ${text}`);
    await this.database.query(`update devices set registered_at = now() - interval '1 hour' where id = $1`, [body.id]);
    return { id: body.id, credential: body.credential };
  }

  /** Makes everything that waits for the completer due, and runs it. */
  async completeNow(): Promise<void> {
    await this.database.query(`update payments set next_check_at = now() where next_check_at is not null and status <> 'accumulating'`);
    await this.database.query('update refunds set next_check_at = now() where next_check_at is not null');
    await this.app.get(PaymentCompleter).completeDue();
    await this.app.get(RefundsService).completeDue({ source: 'completer', sourceId: null });
    await this.database.query('update saved_payment_methods set next_check_at = now() where next_check_at is not null');
    await this.app.get(SavedMethodCompleter).completeDue();
    await this.app.get(PaymentAccumulator).chargeDue();
    await this.app.get(PaymentAccumulator).settleDue();
  }

  /** Whether what the sandbox tells from now on is lost, so that the product has to find out by itself. */
  loseWebhooks(areLost: boolean): void {
    const { disorder } = this.sandbox.sandbox;
    disorder.settings = { ...disorder.settings, drop: areLost ? 1 : 0 };
  }

  /** What the sandbox has charged for a payment: the oracle, whatever our own tables say. */
  async chargesOf(paymentId: string): Promise<readonly LedgerCharge[]> {
    const ledger = (await this.control('GET', '/_sandbox/ledger')) as { charges: LedgerCharge[] };
    return ledger.charges.filter((charge) => charge.metadata['upp_payment_id'] === paymentId);
  }

  /** Calls a control route of the sandbox. */
  async control(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.sandbox.url}${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
    return response.json();
  }

  /** Takes the database away under the running product. */
  dropDatabase(): Promise<void> {
    return this.drop();
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.sandbox.close();
    await this.drop();
  }
}
