/** The whole product on one machine: what `npm start` runs. */
import path from 'node:path';
import { runMigrations } from '#migrations';
import { EmbeddedPostgres, type Environment, FolderInUseError, type FolderLock, lockFolder } from '#platform';
import { ChildRecord } from './child-record.js';
import {
  type Credentials,
  type FirstAccess,
  loadSecrets,
  prepareFolder,
  readCredentials,
  type Secrets,
  writeCredentials,
} from './data-folder.js';
import { checkPortsAreFree } from './ports.js';
import { ServiceProcess } from './service-process.js';
import { type LauncherSettings, localUrl, type PortSetting, StartRefusedError } from './settings.js';
import { Supervised } from './supervised.js';

/**
 * Together under the 10 s within which everything has stopped: the services drain, then the sandbox and the database, which the
 * services need until then, stop at the same time (PostgreSQL takes 5 s at most).
 */
const SERVICE_STOP_MS = 4_500;
const SANDBOX_STOP_MS = 2_000;

/** The compiled main files of the children, with arguments if any, and what fills an empty database. */
export interface Programs {
  readonly api: readonly string[];
  readonly worker: readonly string[];
  readonly sandbox: readonly string[];
  /** Makes the first merchant, its API key and the admin; returns `known` when the database already lets it in. */
  readonly seedFirstRun: (environment: Environment, known: FirstAccess | null) => Promise<FirstAccess>;
}

/** What a person wants to know of a running product. */
export interface Places {
  readonly credentials: Credentials;
  readonly credentialsFile: string;
  readonly workerUrl: string;
  /** The embedded database's folder; null when `DATABASE_URL` names another server. */
  readonly databaseFolder: string | null;
}

/** Starts the parts in the order of their needs, keeps them running, and stops them in the opposite order. */
export class Launcher {
  private lock: FolderLock | undefined;
  private database: Supervised | undefined;
  private sandbox: Supervised | undefined;
  private readonly services: Supervised[] = [];
  private readonly children: ChildRecord;
  private isStopping = false;

  constructor(
    private readonly settings: LauncherSettings,
    private readonly environment: Environment,
    private readonly programs: Programs,
    private readonly print: (line: string) => void,
  ) {
    this.children = new ChildRecord(settings.dataDir);
  }

  /**
   * Resolves when every part is ready for work.
   *
   * @throws StartRefusedError when a choice of the operator cannot work: a taken port, a folder in use or not writable.
   * @throws Error when a part cannot start; `stop` then ends those that did.
   */
  async start(): Promise<Places> {
    const { settings } = this;
    await this.takeFolder();
    await checkPortsAreFree(settings.host, this.ports());
    const secrets = loadSecrets(settings.dataDir);
    const databaseUrl = settings.databaseUrl ?? (await this.startDatabase());
    const environment = this.serviceEnvironment(secrets, databaseUrl);

    this.goOn();
    await runMigrations(databaseUrl);
    const access = await this.programs.seedFirstRun(environment, readCredentials(settings.dataDir));
    if (settings.stripeSecretKey === null) await this.startSandbox(environment);
    const credentials: Credentials = {
      baseUrl: localUrl(settings, settings.api),
      apiKey: access.apiKey,
      adminEmail: access.adminEmail,
      adminPassword: access.adminPassword,
      metricsToken: environment['METRICS_TOKEN'] ?? secrets.metricsToken,
      webhookSecret: environment['STRIPE_WEBHOOK_SECRET'] ?? null,
      stripeSandboxUrl: settings.stripeSecretKey === null ? this.sandboxUrl() : null,
      databaseUrl: settings.databaseUrl === null ? databaseUrl : null,
    };
    const credentialsFile = writeCredentials(settings.dataDir, credentials);

    await Promise.all([
      this.startService('api', this.programs.api, settings.api, environment),
      this.startService('worker', this.programs.worker, settings.worker, environment),
    ]);
    this.goOn();
    return {
      credentials,
      credentialsFile,
      workerUrl: localUrl(settings, settings.worker),
      databaseFolder: settings.databaseUrl === null ? this.databaseFolder() : null,
    };
  }

  /** Ends every part within 10 s, also in the middle of a start. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await Promise.all(this.services.map((service) => service.stop()));
    await Promise.all([this.sandbox?.stop(), this.database?.stop()]);
    await this.lock?.release();
  }

  private async takeFolder(): Promise<void> {
    const { dataDir } = this.settings;
    prepareFolder(dataDir);
    try {
      this.lock = await lockFolder(dataDir);
    } catch (error) {
      if (!(error instanceof FolderInUseError)) throw error;
      const owner = error.ownerPid === null ? '' : ` (process ${error.ownerPid})`;
      throw new StartRefusedError(
        `Already running on ${dataDir}${owner}. Stop that first, or start another one with its own UPP_DATA_DIR, PORT, WORKER_PORT and STRIPE_SANDBOX_PORT.`,
      );
    }
    await this.children.endOrphans(this.print);
  }

  private async startDatabase(): Promise<string> {
    let url = '';
    const begin = async (): Promise<EmbeddedPostgres> => {
      const postgres = await EmbeddedPostgres.start({ dataDir: this.databaseFolder(), database: 'upp', durable: true });
      url = postgres.url;
      return postgres;
    };
    this.database = new Supervised('The database', begin, this.print);
    await this.database.start();
    return url;
  }

  private async startSandbox(environment: Environment): Promise<void> {
    const { sandbox } = this.settings;
    const journal = path.join(this.settings.dataDir, 'stripe-sandbox.journal');
    const webhook = `${localUrl(this.settings, this.settings.api)}/api/webhooks/stripe`;
    const options = ['--host', '127.0.0.1', '--port', String(sandbox.port), '--state', journal, '--webhook', webhook];
    // Not an argument, which every user of the machine could read. The sandbox gets none of the secrets made for the product.
    const secret = environment['STRIPE_WEBHOOK_SECRET']?.split(',')[0];
    const ownEnvironment = { ...this.environment, STRIPE_SANDBOX_WEBHOOK_SECRET: secret };
    this.sandbox = this.supervised('stripe', [...this.programs.sandbox, ...options], this.sandboxUrl(), ownEnvironment, SANDBOX_STOP_MS);
    await this.sandbox.start();
  }

  private async startService(name: string, program: readonly string[], port: PortSetting, environment: Environment): Promise<void> {
    const readyUrl = `${localUrl(this.settings, port)}/readyz`;
    const service = this.supervised(name, program, readyUrl, environment, SERVICE_STOP_MS);
    this.services.push(service);
    await service.start();
  }

  private supervised(
    name: string,
    program: readonly string[],
    readyUrl: string,
    environment: Environment,
    stopTimeoutMs: number,
  ): Supervised {
    const print = (line: string): void => {
      this.print(`${name.padEnd(6)} | ${line}`);
    };
    const options = { name, program, environment, readyUrl, stopTimeoutMs, children: this.children, print };
    return new Supervised(name, (stopped) => ServiceProcess.start(options, stopped), this.print);
  }

  /** The services' environment: the operator's, completed by what this folder provides. */
  private serviceEnvironment(secrets: Secrets, databaseUrl: string): Environment {
    const usesSandbox = this.settings.stripeSecretKey === null;
    const provided = {
      API_KEY_PEPPER: secrets.apiKeyPepper,
      ENCRYPTION_KEY: secrets.encryptionKey,
      METRICS_TOKEN: secrets.metricsToken,
      // Nothing stands in front of the services here.
      SHUTDOWN_DRAIN_DELAY_MS: '0',
      LOG_LEVEL: 'warn',
      SHUTDOWN_TIMEOUT_MS: String(SERVICE_STOP_MS - 500),
      ...(usesSandbox && {
        STRIPE_WEBHOOK_SECRET: secrets.webhookSecret,
        // No real money: the first owner signs in with a password alone, and one machine plays every shop of a town.
        SESSION_REQUIRE_TOTP: 'false',
        RATE_LIMIT_DEVICE_REGISTRATIONS_PER_HOUR: '1000',
        STRIPE_CALLS_PER_SECOND: '10000',
        STRIPE_CONCURRENT_CALLS: '200',
      }),
    };
    return {
      ...provided,
      ...Object.fromEntries(Object.entries(this.environment).filter(([, value]) => value !== undefined && value !== '')),
      ...(usesSandbox && { STRIPE_SECRET_KEY: secrets.sandboxKey, STRIPE_API_BASE: this.sandboxUrl() }),
      DATABASE_URL: databaseUrl,
      HOST: this.settings.host,
      PORT: String(this.settings.api.port),
      WORKER_PORT: String(this.settings.worker.port),
    };
  }

  private ports(): readonly PortSetting[] {
    const { api, worker, sandbox, stripeSecretKey } = this.settings;
    return stripeSecretKey === null ? [api, worker, sandbox] : [api, worker];
  }

  private sandboxUrl(): string {
    return `http://127.0.0.1:${this.settings.sandbox.port}`;
  }

  private databaseFolder(): string {
    return path.join(this.settings.dataDir, 'postgres');
  }

  /** A stop that came meanwhile ends the start. */
  private goOn(): void {
    if (this.isStopping) throw new StartRefusedError('Stopped before the start was complete.');
  }
}
