/** The configuration, group by group. A property's initial value is its default; `.env.production.example` explains each to operators. */
import { IsArray, IsBoolean, IsIn, IsInt, IsOptional, IsString, IsUrl, Matches, Max, Min, MinLength } from 'class-validator';
import { type ConfigProblem, type Deployment, Env } from './env.js';

/** The process and its HTTP listeners. */
export class ServerConfig {
  /** What this is: development, test or production. production refuses whatever is for trying out only. */
  @Env('NODE_ENV')
  @IsIn(['development', 'test', 'production'])
  environment: string = 'development';

  /** Address the api listens on. */
  @Env('HOST')
  @IsString()
  host: string = '127.0.0.1';

  /** Port of the api. */
  @Env('PORT')
  @IsInt()
  @Min(0)
  @Max(65_535)
  port: number = 3000;

  /** The worker's own listener for health and metrics. */
  @Env('WORKER_PORT')
  @IsInt()
  @Min(0)
  @Max(65_535)
  workerPort: number = 3001;

  /** Addresses and CIDR ranges of reverse proxies whose X-Forwarded-For is believed; nobody else's is. */
  @Env('TRUSTED_PROXIES')
  @IsArray()
  trustedProxies: string[] = [];

  /**
   * Header in which the trusted proxies say the country of a client's address, such as cf-ipcountry, for the fraud rules; they must set or remove it
   * on every request. Unset, that country is unknown.
   */
  @Env('COUNTRY_HEADER')
  @IsOptional()
  @Matches(/^[a-z][a-z0-9-]{0,63}$/i)
  countryHeader: string | null = null;

  /** Bytes of a request body. */
  @Env('BODY_LIMIT_BYTES')
  @IsInt()
  @Min(1_024)
  @Max(1_048_576)
  bodyLimitBytes: number = 65_536;

  /** Milliseconds for a client to send a whole request. */
  @Env('REQUEST_TIMEOUT_MS')
  @IsInt()
  @Min(1_000)
  @Max(120_000)
  requestTimeoutMs: number = 15_000;

  /**
   * Milliseconds from SIGTERM, while everything is still served but /health says 503, until the listener closes: longer than the load
   * balancer takes to notice, its interval times its failures. 0 where nothing stands in front.
   */
  @Env('SHUTDOWN_DRAIN_DELAY_MS')
  @IsInt()
  @Min(0)
  @Max(120_000)
  shutdownDrainDelayMs: number = 5_000;

  /** Milliseconds from the closing of the listener until running requests are cut off. */
  @Env('SHUTDOWN_TIMEOUT_MS')
  @IsInt()
  @Min(1_000)
  @Max(120_000)
  shutdownTimeoutMs: number = 25_000;
}

/** PostgreSQL. */
export class DatabaseConfig {
  /** postgres://user:password@host:port/database */
  @Env('DATABASE_URL', { isSecret: true })
  @Matches(/^postgres(ql)?:\/\//)
  url: string = '';

  /** Connections that each process may hold. */
  @Env('DATABASE_POOL_SIZE')
  @IsInt()
  @Min(1)
  @Max(500)
  poolSize: number = 10;

  /** Milliseconds to wait for a free connection before the request is answered with 503. */
  @Env('DATABASE_ACQUIRE_TIMEOUT_MS')
  @IsInt()
  @Min(100)
  @Max(60_000)
  acquireTimeoutMs: number = 3_000;

  /** Milliseconds for one statement. */
  @Env('DATABASE_STATEMENT_TIMEOUT_MS')
  @IsInt()
  @Min(100)
  @Max(600_000)
  statementTimeoutMs: number = 10_000;

  /** Milliseconds to wait for a lock. */
  @Env('DATABASE_LOCK_TIMEOUT_MS')
  @IsInt()
  @Min(100)
  @Max(60_000)
  lockTimeoutMs: number = 5_000;

  /** Milliseconds that a transaction may do nothing before the database ends it. */
  @Env('DATABASE_IDLE_IN_TRANSACTION_TIMEOUT_MS')
  @IsInt()
  @Min(100)
  @Max(600_000)
  idleInTransactionTimeoutMs: number = 10_000;

  /** What stands between this product and the server: `none`, or `transaction` for PgBouncer with pool_mode = transaction. */
  @Env('DATABASE_POOLER')
  @IsIn(['none', 'transaction'])
  pooler: string = 'none';

  /** The server itself, for what cannot go through a pooler: migrations, backups. Without a pooler it is DATABASE_URL. */
  @Env('DATABASE_DIRECT_URL', { isSecret: true })
  @IsOptional()
  @Matches(/^postgres(ql)?:\/\//)
  givenDirectUrl: string | null = null;

  /** Whether statements are prepared by name. By itself: without a pooler. PgBouncer can from 1.21 on, with max_prepared_statements. */
  @Env('DATABASE_PREPARED_STATEMENTS')
  @IsOptional()
  @IsBoolean()
  givenPreparedStatements: boolean | null = null;

  get directUrl(): string {
    return this.givenDirectUrl ?? this.url;
  }

  get usesPreparedStatements(): boolean {
    return this.givenPreparedStatements ?? this.pooler === 'none';
  }

  /** Settings that are fine alone and wrong together. */
  *contradictions(): Generator<ConfigProblem> {
    if (this.pooler !== 'none' && this.givenDirectUrl === null) {
      yield { variable: 'DATABASE_DIRECT_URL', reason: 'is required with DATABASE_POOLER: migrations and backups go past the pooler' };
    }
  }
}

/** Stripe, or the sandbox that stands in for it. */
export class StripeConfig {
  /** Secret or restricted key of the Stripe account. Its mode, test or live, is the mode of the whole deployment. */
  @Env('STRIPE_SECRET_KEY', { isSecret: true })
  @Matches(/^(sk|rk)_(test|live)_\w{8,}$/)
  secretKey: string = '';

  /** Another address than Stripe's, for the sandbox: http://127.0.0.1:3002 */
  @Env('STRIPE_API_BASE')
  @IsOptional()
  @IsUrl({ require_tld: false, require_protocol: true, protocols: ['http', 'https'] })
  apiBase: string | null = null;

  /** Signing secrets of the webhook endpoint; several while one replaces the other. */
  @Env('STRIPE_WEBHOOK_SECRET', { isSecret: true })
  @IsArray()
  @MinLength(16, { each: true })
  webhookSecrets: string[] = [];

  /** Milliseconds for one answer, waiting and retries included: a payment needs two within 20 s. */
  @Env('STRIPE_TIMEOUT_MS')
  @IsInt()
  @Min(500)
  @Max(10_000)
  timeoutMs: number = 9_000;

  /** Calls a second that this process makes; Stripe allows an account 100 in live and 25 in test mode, over all processes. */
  @Env('STRIPE_CALLS_PER_SECOND')
  @IsInt()
  @Min(1)
  @Max(100_000)
  callsPerSecond: number = 40;

  /** Calls at once of this process. */
  @Env('STRIPE_CONCURRENT_CALLS')
  @IsInt()
  @Min(1)
  @Max(1_000)
  concurrentCalls: number = 40;

  /** Settings that are fine alone and wrong together. */
  *contradictions({ environment, isLive }: Deployment): Generator<ConfigProblem> {
    if (isLive && this.apiBase !== null) yield { variable: 'STRIPE_API_BASE', reason: 'a live key must only ever reach Stripe itself' };
    if (isLive && environment !== 'production') yield { variable: 'NODE_ENV', reason: 'must be production with a live key of Stripe' };
    if (environment === 'production' && this.webhookSecrets.length === 0) {
      yield { variable: 'STRIPE_WEBHOOK_SECRET', reason: 'is required in production' };
    }
  }
}

/** Secrets and access. */
export class SecurityConfig {
  /** Key of the hashes under which API keys and device credentials are stored; at least 32 characters, no comma. */
  @Env('API_KEY_PEPPER', { isSecret: true })
  @Matches(/^[^,]{32,}$/)
  apiKeyPepper: string = '';

  /** Former values of API_KEY_PEPPER, newest first: a credential stored under one moves to the present one when it is next used. */
  @Env('API_KEY_PEPPERS_PREVIOUS', { isSecret: true })
  @IsArray()
  @MinLength(32, { each: true })
  previousApiKeyPeppers: string[] = [];

  /** Key of personal data at rest and of the hashes that find it; at least 32 characters, no comma. */
  @Env('ENCRYPTION_KEY', { isSecret: true })
  @Matches(/^[^,]{32,}$/)
  encryptionKey: string = '';

  /** Former values of ENCRYPTION_KEY, newest first. The last one stays for ever: the hashes that find personal data are made with it. */
  @Env('ENCRYPTION_KEYS_PREVIOUS', { isSecret: true })
  @IsArray()
  @MinLength(32, { each: true })
  previousEncryptionKeys: string[] = [];

  /** Bearer token of GET /metrics and /metrics/prometheus; without it an API key with metrics:read is needed. */
  @Env('METRICS_TOKEN', { isSecret: true })
  @IsOptional()
  @MinLength(16)
  metricsToken: string | null = null;

  /** Networks in CIDR form, besides the public internet, to which webhooks may be sent: 10.20.0.0/16. Never the cloud's metadata address. */
  @Env('OUTBOUND_ALLOWED_CIDRS')
  @IsArray()
  @Matches(/^[0-9a-fA-F.:]+\/\d{1,3}$/, { each: true })
  outboundAllowedCidrs: string[] = [];

  /** Every key that may have sealed something, the present one first. */
  get encryptionKeys(): readonly string[] {
    return [this.encryptionKey, ...this.previousEncryptionKeys];
  }

  /** Settings that are fine alone and wrong together. */
  *contradictions(): Generator<ConfigProblem> {
    if (this.apiKeyPepper !== '' && this.apiKeyPepper === this.encryptionKey) {
      yield { variable: 'ENCRYPTION_KEY', reason: 'must not be the same secret as API_KEY_PEPPER' };
    }
    if (this.previousApiKeyPeppers.includes(this.apiKeyPepper)) {
      yield { variable: 'API_KEY_PEPPERS_PREVIOUS', reason: 'holds the present value' };
    }
    if (this.previousEncryptionKeys.includes(this.encryptionKey)) {
      yield { variable: 'ENCRYPTION_KEYS_PREVIOUS', reason: 'holds the present value' };
    }
  }
}

/** Sessions of people. */
export class SessionsConfig {
  /** Minutes without a request after which a session ends. */
  @Env('SESSION_IDLE_MINUTES')
  @IsInt()
  @Min(1)
  @Max(120)
  idleMinutes: number = 15;

  /** Hours after which a session ends whatever happens. */
  @Env('SESSION_MAX_HOURS')
  @IsInt()
  @Min(1)
  @Max(24)
  maxHours: number = 12;

  /** Whether a person without a second factor may do nothing but add one. */
  @Env('SESSION_REQUIRE_TOTP')
  requireTotp: boolean = true;
}

/** When requests are refused because there is no room: for the admin at these limits, for reads at twice, for payments at five times. */
export class OverloadConfig {
  /** Milliseconds by which the event loop may be late, mean of half a second. */
  @Env('OVERLOAD_EVENT_LOOP_DELAY_MS')
  @IsInt()
  @Min(10)
  @Max(60_000)
  eventLoopDelayMs: number = 200;

  /** Requests that may wait for each connection of the pool. */
  @Env('OVERLOAD_WAITING_PER_CONNECTION')
  @IsInt()
  @Min(1)
  @Max(10_000)
  waitingPerConnection: number = 20;
}
