/** The whole configuration of a process, validated at boot and injected wherever a value is needed. */
import { type ConfigProblem, type Deployment, type Environment, hasContradictions, readGroup, variablesOf } from './env.js';
import { BackupsConfig } from './backups-config.js';
import { FeaturesConfig } from './features-config.js';
import { FraudConfig } from './fraud-config.js';
import { DatabaseConfig, OverloadConfig, SecurityConfig, ServerConfig, SessionsConfig, StripeConfig } from './groups.js';
import { PaymentsConfig } from './groups-payments.js';
import { RateLimitsConfig } from './rate-limits-config.js';
import { WebhooksConfig } from './groups-webhooks.js';
import { LoggingConfig } from './logging-config.js';
import { MonitoringConfig } from './monitoring-config.js';
import { AlertsConfig, MailConfig } from './notifications-config.js';
import { RetentionConfig } from './retention-config.js';
import { TelemetryConfig } from './telemetry-config.js';
import { TlsConfig } from './tls-config.js';

/** The environment cannot run this product: every problem at once, by variable and reason, without values. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly ConfigProblem[]) {
    super(['The configuration is not valid:', ...problems.map(({ variable, reason }) => `  ${variable}: ${reason}`)].join('\n'));
  }
}

/** One line makes a group: it is read, validated, cross-checked, typed as `config.<name>` and printed by `npm run config:doctor`. */
const GROUPS = {
  server: ServerConfig,
  database: DatabaseConfig,
  stripe: StripeConfig,
  security: SecurityConfig,
  sessions: SessionsConfig,
  overload: OverloadConfig,
  payments: PaymentsConfig,
  rateLimits: RateLimitsConfig,
  webhooks: WebhooksConfig,
  tls: TlsConfig,
  logging: LoggingConfig,
  monitoring: MonitoringConfig,
  telemetry: TelemetryConfig,
  features: FeaturesConfig,
  fraud: FraudConfig,
  mail: MailConfig,
  alerts: AlertsConfig,
  backups: BackupsConfig,
  retention: RetentionConfig,
} as const;

type Groups = { readonly [Name in keyof typeof GROUPS]: InstanceType<(typeof GROUPS)[Name]> };

// The properties come from the table above; a class can extend what has their type.
const GroupsOfTable = Object as unknown as new () => Groups;

/** One variable as this process understands it. */
export interface EffectiveVariable {
  readonly group: string;
  readonly name: string;
  /** As one would write it in the environment; of a secret only whether it is set. */
  readonly value: string;
  readonly isDefault: boolean;
}

/** Typed groups of settings: `config.database.poolSize`. */
export class AppConfig extends GroupsOfTable {
  /** @throws ConfigError that lists everything that is wrong. */
  constructor(environment: Environment) {
    super();
    const problems: ConfigProblem[] = [];
    for (const [name, group] of Object.entries(GROUPS)) Object.assign(this, { [name]: readGroup<object>(group, environment, problems) });
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

  /** Every property of every group, for the check that none is unread. */
  static properties(): string[] {
    return Object.values(GROUPS).flatMap((group) => variablesOf(group).map((variable) => variable.property));
  }

  /** The classes of the groups by name, in their order. */
  static groupClasses(): string[] {
    return Object.values(GROUPS).map((group) => group.name);
  }

  /** What each variable comes to in `environment`, whether or not the whole is valid. */
  static effective(environment: Environment): EffectiveVariable[] {
    return Object.entries(GROUPS).flatMap(([group, type]) => {
      const values = readGroup<object>(type, environment, []) as Readonly<Record<string, unknown>>;
      return variablesOf(type).map(({ name, property, isSecret }) => {
        const isDefault = (environment[name]?.trim() ?? '') === '';
        const text = textOf(values[property]);
        return { group, name, isDefault, value: isSecret && text !== '' ? '(set, not shown)' : text };
      });
    });
  }

  private *contradictions(): Generator<ConfigProblem> {
    const deployment: Deployment = { environment: this.server.environment, isLive: this.isLive };
    for (const name of Object.keys(GROUPS) as (keyof Groups)[]) {
      const group: object = this[name];
      if (hasContradictions(group)) yield* group.contradictions(deployment);
      if (deployment.environment === 'production') yield* placeholdersOf(group);
    }
  }
}

/** Every problem of an environment at once, and no more than that. */
export function problemsOf(environment: Environment): readonly ConfigProblem[] {
  try {
    new AppConfig(environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

/** The settings of backups alone, for programs that have no others. @throws ConfigError */
export function backupsConfigOf(environment: Environment): BackupsConfig {
  const problems: ConfigProblem[] = [];
  const config = readGroup(BackupsConfig, environment, problems);
  problems.push(...config.contradictions());
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
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

// What example files and tutorials write where a secret belongs.
const PLACEHOLDER = /change.?me|replace.?(?:me|this|with)|placeholder|your[-_ ]|example|(?<same>.)\k<same>{7}|^(?:secret|password)/i;

function* placeholdersOf(group: object): Generator<ConfigProblem> {
  const values = group as Readonly<Record<string, unknown>>;
  for (const { name, property, isSecret } of variablesOf(group)) {
    if (isSecret && PLACEHOLDER.test(textOf(values[property]))) {
      yield {
        variable: name,
        reason: 'still holds a placeholder or a guessable value; secrets of your own are made with: openssl rand -base64 32',
      };
    }
  }
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.join(',') : JSON.stringify(value);
}
