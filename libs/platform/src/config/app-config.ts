/** The whole configuration of a process, validated at boot and injected wherever a value is needed. */
import { type ConfigProblem, type Environment, readGroup, variablesOf } from './env.js';
import { DatabaseConfig, SecurityConfig, ServerConfig, SessionsConfig, StripeConfig } from './groups.js';
import { PaymentsConfig } from './groups-payments.js';
import { RateLimitsConfig } from './rate-limits-config.js';
import { WebhooksConfig } from './groups-webhooks.js';
import { TlsConfig } from './tls-config.js';

/** The environment cannot run this product: every problem at once, by variable and reason, without values. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly ConfigProblem[]) {
    super(['The configuration is not valid:', ...problems.map(({ variable, reason }) => `  ${variable}: ${reason}`)].join('\n'));
  }
}

const GROUPS = {
  server: ServerConfig,
  database: DatabaseConfig,
  stripe: StripeConfig,
  security: SecurityConfig,
  sessions: SessionsConfig,
  payments: PaymentsConfig,
  rateLimits: RateLimitsConfig,
  webhooks: WebhooksConfig,
  tls: TlsConfig,
} as const;

/** Typed groups of settings: `config.database.poolSize`. */
export class AppConfig {
  readonly server: ServerConfig;
  readonly database: DatabaseConfig;
  readonly stripe: StripeConfig;
  readonly security: SecurityConfig;
  readonly sessions: SessionsConfig;
  readonly payments: PaymentsConfig;
  readonly rateLimits: RateLimitsConfig;
  readonly webhooks: WebhooksConfig;
  readonly tls: TlsConfig;

  /** @throws ConfigError that lists everything that is wrong. */
  constructor(environment: Environment) {
    const problems: ConfigProblem[] = [];
    this.server = readGroup(GROUPS.server, environment, problems);
    this.database = readGroup(GROUPS.database, environment, problems);
    this.stripe = readGroup(GROUPS.stripe, environment, problems);
    this.security = readGroup(GROUPS.security, environment, problems);
    this.sessions = readGroup(GROUPS.sessions, environment, problems);
    this.payments = readGroup(GROUPS.payments, environment, problems);
    this.rateLimits = readGroup(GROUPS.rateLimits, environment, problems);
    this.webhooks = readGroup(GROUPS.webhooks, environment, problems);
    this.tls = readGroup(GROUPS.tls, environment, problems);
    problems.push(...this.contradictions());
    if (problems.length > 0) throw new ConfigError(problems);
  }

  /** Whether the process works with real money: the mode of Stripe's key. */
  get isLive(): boolean {
    return /^[sr]k_live_/.test(this.stripe.secretKey);
  }

  /** Every variable of every group, for documents and for the check that the example file is complete. */
  static variableNames(): string[] {
    return Object.values(GROUPS).flatMap((group) => variablesOf(group).map((variable) => variable.name));
  }

  private *contradictions(): Generator<ConfigProblem> {
    yield* this.tls.contradictions(this.server.environment);
    if (this.isLive && this.stripe.apiBase !== null)
      yield { variable: 'STRIPE_API_BASE', reason: 'a live key must only ever reach Stripe itself' };
    if (this.server.environment === 'production' && this.stripe.webhookSecrets.length === 0) {
      yield { variable: 'STRIPE_WEBHOOK_SECRET', reason: 'is required in production' };
    }
  }
}

/**
 * The environment of this process, with the variables of `.env` where the process does not set them itself.
 * The one place outside this folder's readers that may touch `process.env`.
 */
export function processEnvironment(): Environment {
  try {
    process.loadEnvFile('.env');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return process.env;
}
