/** The product as it runs in production: two api and two worker processes, haproxy before them, Redis and PgBouncer behind. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createTestDatabase, freePorts, spawnProcess, type SpawnedProcess, type TestDatabase, waitFor } from '#test';
import { type RunningSandbox, startStripeSandbox } from '../../apps/stripe-sandbox/src/server.js';
import { seedFirstRun } from '../../scripts/first-run.js';
import { PgBouncer } from './pgbouncer.js';

const WEBHOOK_SECRET = 'whsec_scale_0123456789abcdef0123456789';
const SERVER_CONNECTIONS = 8;

/** What can be killed; of the api and the worker there is a second one. */
export const VICTIMS = ['api', 'worker', 'pgbouncer', 'redis', 'haproxy'] as const;

/** Settings of the processes. */
type Settings = Readonly<Record<string, string>>;

interface Parts {
  readonly folder: string;
  readonly ports: { readonly proxy: number; readonly redis: number; readonly apis: readonly number[]; readonly workers: readonly number[] };
  readonly database: TestDatabase;
  readonly pgBouncer: PgBouncer;
  readonly sandbox: RunningSandbox;
  readonly environment: Settings;
  readonly apiKey: string;
}

/** All processes of one deployment, each of which can be killed and is then started again. */
export class Cluster {
  private readonly processes = new Map<string, SpawnedProcess>();

  private constructor(private readonly parts: Parts) {}

  static async start(settings: Settings): Promise<Cluster> {
    const database = await createTestDatabase();
    const pgBouncer = await PgBouncer.start(database.url, SERVER_CONNECTIONS);
    const [proxy = 0, redis = 0, ...rest] = await freePorts(6);
    const sandbox = await startStripeSandbox({
      webhooks: [{ url: `http://127.0.0.1:${proxy}/api/webhooks/stripe`, secret: WEBHOOK_SECRET }],
    });
    const environment = {
      NODE_ENV: 'test',
      LOG_LEVEL: 'warn',
      ...pgBouncer.environment,
      DATABASE_POOL_SIZE: '5',
      STRIPE_SECRET_KEY: 'sk_test_0123456789abcdef',
      STRIPE_API_BASE: sandbox.url,
      STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
      API_KEY_PEPPER: 'pepper-of-the-tests-0123456789abcdef',
      ENCRYPTION_KEY: 'encryption-key-of-the-tests-0123456789',
      REDIS_URL: `redis://127.0.0.1:${redis}`,
      TRUSTED_PROXIES: '127.0.0.1',
      SHUTDOWN_DRAIN_DELAY_MS: '0',
      ...settings,
    };
    const { apiKey } = await seedFirstRun(environment);
    const ports = { proxy, redis, apis: rest.slice(0, 2), workers: rest.slice(2) };
    const folder = mkdtempSync(path.join(os.tmpdir(), 'upp-cluster-'));
    writeFileSync(path.join(folder, 'haproxy.cfg'), proxyConfiguration(proxy, ports.apis));
    const cluster = new Cluster({ folder, ports, database, pgBouncer, sandbox, environment, apiKey });
    await cluster.startProcess('redis');
    await Promise.all(['api0', 'api1', 'worker0', 'worker1'].map((name) => cluster.startProcess(name)));
    await cluster.startProcess('haproxy');
    return cluster;
  }

  /** Where clients knock. */
  get url(): string {
    return `http://127.0.0.1:${this.parts.ports.proxy}`;
  }

  /** Each api without the proxy. */
  get apiUrls(): string[] {
    return this.parts.ports.apis.map((port) => `http://127.0.0.1:${port}`);
  }

  get sandboxUrl(): string {
    return this.parts.sandbox.url;
  }

  /** The merchant's secret key. */
  get apiKey(): string {
    return this.parts.apiKey;
  }

  /** The database itself. */
  get databaseUrl(): string {
    return this.parts.database.url;
  }

  /** Kills with SIGKILL: nothing is said, nothing is finished. */
  kill(victim: (typeof VICTIMS)[number]): void {
    if (victim === 'pgbouncer') this.parts.pgBouncer.kill();
    else this.processes.get(nameOf(victim))?.killTree();
  }

  /** What a supervisor does then. */
  async restart(victim: (typeof VICTIMS)[number]): Promise<void> {
    await (victim === 'pgbouncer' ? this.parts.pgBouncer.restart() : this.startProcess(nameOf(victim)));
  }

  async stop(): Promise<void> {
    for (const each of this.processes.values()) each.killTree();
    this.parts.pgBouncer.stop();
    await this.parts.sandbox.close();
    await this.parts.database.drop();
    rmSync(this.parts.folder, { recursive: true, force: true });
  }

  private async startProcess(name: string): Promise<void> {
    const { command, env, ready } = this.describe(name);
    const started = spawnProcess(command, { env });
    this.processes.set(name, started);
    if (ready) await started.waitForOutput(ready, { timeoutMs: 60_000 });
    else await waitFor(async () => (await fetch(`${this.url}/health`)).status === 200, { timeoutMs: 20_000 });
  }

  private describe(name: string): { command: string[]; env: Settings; ready?: RegExp } {
    const index = Number(name.at(-1));
    if (name.startsWith('api')) {
      return {
        command: [process.execPath, 'dist/apps/api/src/main.js'],
        env: { ...this.parts.environment, PORT: String(this.parts.ports.apis[index]) },
        ready: /listens on/,
      };
    }
    if (name.startsWith('worker')) {
      return {
        command: [process.execPath, 'dist/apps/worker/src/main.js'],
        env: { ...this.parts.environment, WORKER_PORT: String(this.parts.ports.workers[index]) },
        ready: /The worker works/,
      };
    }
    if (name === 'redis') {
      const port = String(this.parts.ports.redis);
      return {
        command: ['redis-server', '--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
        env: {},
        ready: /Ready to accept connections/,
      };
    }
    return { command: ['haproxy', '-db', '-f', path.join(this.parts.folder, 'haproxy.cfg')], env: {} };
  }
}

/** Of two, the first. */
function nameOf(victim: (typeof VICTIMS)[number]): string {
  return victim === 'api' || victim === 'worker' ? `${victim}0` : victim;
}

function proxyConfiguration(port: number, apiPorts: readonly number[]): string {
  return `
global
  maxconn 500
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  timeout check 5s
  option forwardfor
  option redispatch
  retries 2
frontend public
  bind 127.0.0.1:${port}
  default_backend apis
backend apis
  balance roundrobin
  option httpchk GET /health
  http-check expect status 200
  default-server inter 300ms fall 1 rise 1 check
${apiPorts.map((each, index) => `  server api${index} 127.0.0.1:${each}`).join('\n')}
`;
}
