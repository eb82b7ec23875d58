/** A production in small: releases in a folder, processes behind a real proxy, and clients that never stop. */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { createTestDatabase, freePorts, type SpawnedProcess, spawnProcess, type TestDatabase, waitFor } from '#test';
import { type RunningSandbox, startStripeSandbox } from '../../apps/stripe-sandbox/src/server.js';
import { seedFirstRun } from '../../scripts/first-run.js';
import { type ProxyPorts, writeHaproxy, writeNginx } from './proxies.js';
import { issueTestCertificate, writePair } from '../ssl/test-certificates.js';

/** The proxies whose examples are rehearsed. */
export type Proxy = 'haproxy' | 'nginx';

/** What came of a run of the script. */
export interface DeployResult {
  readonly code: number | null;
  readonly output: string;
}

const NAME = 'pay.example.com';
const REPOSITORY = path.resolve('.');

/** Stops a process by its pid file and starts the one of the release that is current, as a supervisor does. */
const RESTART = `#!/bin/bash
set -eu
cd "$(dirname "$0")"
role=$1 port=$2 file=run/$1-$2.pid
if [ -f "$file" ]; then
  kill "$(cat "$file")" 2>/dev/null || true
  while kill -0 "$(cat "$file")" 2>/dev/null; do sleep 0.05; done
fi
set -a; . ./upp.env; set +a
export PORT=$port WORKER_PORT=$port
cd root/current
setsid "$NODE" "dist/apps/$role/src/main.js" >>"../../../run/$role-$port.log" 2>&1 </dev/null &
echo $! >"../../../$file"
`;

/** One rehearsal; each suite makes its own. */
export class Rehearsal {
  private apiKey = '';
  private loads = 0;
  private balancer: SpawnedProcess | undefined;

  private constructor(
    readonly proxy: Proxy,
    readonly folder: string,
    private readonly database: TestDatabase,
    private readonly sandbox: RunningSandbox,
    private readonly ports: ProxyPorts & { readonly worker: number },
  ) {}

  /** Prepares everything but the first release. */
  static async prepare(proxy: Proxy): Promise<Rehearsal> {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'upp-deploy-'));
    const [first = 0, second = 0, worker = 0, plain = 0, tls = 0] = await freePorts(5);
    const database = await createTestDatabase();
    const sandbox = await startStripeSandbox({ webhooks: [] });
    const rehearsal = new Rehearsal(proxy, folder, database, sandbox, { api: [first, second], worker, plain, tls });
    await rehearsal.writeFiles();
    return rehearsal;
  }

  /** A built release. `change` may spoil it. */
  artifact(name: string, change: (folder: string) => void = () => undefined): string {
    const folder = path.join(this.folder, 'artifacts', name);
    mkdirSync(folder, { recursive: true });
    for (const part of ['dist', 'migrations', 'libs/fraud/models', 'package.json'])
      cpSync(path.join(REPOSITORY, part), path.join(folder, part), { recursive: true });
    symlinkSync(path.join(REPOSITORY, 'node_modules'), path.join(folder, 'node_modules'));
    change(folder);
    return folder;
  }

  /** Runs the script. */
  async deploy(artifact: string, ...options: string[]): Promise<DeployResult> {
    const { api, worker } = this.ports;
    const proxy =
      this.proxy === 'haproxy' ? `haproxy:${this.folder}/admin.sock/api` : `nginx:${path.join(this.folder, 'nginx/upp-upstream.conf')}`;
    const child = spawn(
      path.join(REPOSITORY, 'scripts/deploy-production.sh'),
      [
        ...['--artifact', artifact, '--root', path.join(this.folder, 'root'), '--env-file', path.join(this.folder, 'upp.env')],
        ...['--api', api.join(), '--worker', String(worker), '--restart', path.join(this.folder, 'restart.sh')],
        ...['--proxy', proxy, '--nginx-reload', this.nginx('-s reload'), '--backup', path.join(this.folder, 'backup.sh')],
        ...['--health-timeout', '20', '--drain-timeout', '15', '--min-free-mb', '1', ...options],
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
    return { code, output };
  }

  /** Starts the proxy over the processes of the first release and waits until it answers. */
  async open(): Promise<void> {
    this.balancer = spawnProcess(
      this.proxy === 'haproxy' ? ['haproxy', '-db', '-f', path.join(this.folder, 'haproxy.cfg')] : this.nginx('').trim().split(' '),
    );
    await waitFor(async () => (await this.send('GET', '/ping')).status === 200).catch((error: unknown) => {
      throw new Error(this.balancer?.output, { cause: error });
    });
    const credentials = await seedFirstRun(this.environment());
    this.apiKey = credentials.apiKey;
  }

  /** Sends one request through the proxy. */
  async send(method: string, url: string, body?: unknown, headers: Record<string, string> = {}): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const request = https.request(
        {
          host: '127.0.0.1',
          port: this.ports.tls,
          servername: NAME,
          // Nobody vouches for the proxy's certificate here.
          rejectUnauthorized: false,
          method,
          path: url,
          // nginx closes idle connections when it is told to reload, whatever may be on its way on them.
          agent: this.proxy === 'haproxy' ? KEEP_ALIVE : false,
          headers: {
            host: NAME,
            authorization: `Bearer ${this.apiKey}`,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...headers,
          },
        },
        (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => (text += chunk.toString()));
          response.on('end', () => {
            resolve({ status: response.statusCode ?? 0, text });
          });
        },
      );
      request.on('error', reject);
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** Clients that register devices, pay with them and read, until stopped. */
  load(clients: number): { stop: () => Promise<{ requests: number; payments: number; failures: string[] }> } {
    let isOver = false;
    const load = ++this.loads;
    const tally = { requests: 0, payments: 0, failures: [] as string[] };
    const expect = async (
      status: number,
      method: string,
      url: string,
      body?: unknown,
      headers?: Record<string, string>,
    ): Promise<string> => {
      tally.requests++;
      const answer = await this.send(method, url, body, headers).catch((error: unknown) => ({ status: 0, text: String(error) }));
      if (answer.status !== status) tally.failures.push(`${method} ${url}: ${answer.status} ${answer.text}`);
      return answer.text;
    };
    const run = async (client: number): Promise<void> => {
      for (let turn = 0; !isOver && tally.failures.length < 10; turn++) {
        const mark = `${load}-${client}-${turn}`;
        const device = await expect(201, 'POST', '/api/devices', {
          type: 'smartphone',
          fingerprint: `rehearsal-${mark}`,
          capabilities: ['nfc'],
        });
        const deviceId = (JSON.parse(device) as { id: string }).id;
        const payment = { amount: 1099, currency: 'usd', deviceId, paymentMethod: 'pm_card_visa' };
        const paid = await expect(201, 'POST', '/api/payments', payment, { 'idempotency-key': `rehearsal-${mark}` });
        tally.payments++;
        await expect(200, 'GET', `/api/payments/${(JSON.parse(paid) as { id: string }).id}`);
      }
    };
    const running = Promise.all(Array.from({ length: clients }, (_unused, client) => run(client)));
    return {
      stop: async () => {
        isOver = true;
        await running;
        return tally;
      },
    };
  }

  /** The release in service by the link, and those that the processes really run. */
  inService(): { current: string; processes: string[] } {
    const { api, worker } = this.ports;
    const files = [...api.map((port) => `api-${port}`), `worker-${worker}`].map((name) => path.join(this.folder, `run/${name}.pid`));
    return {
      current: path.basename(readlinkSync(path.join(this.folder, 'root/current'))),
      processes: files.map((file) => path.basename(readlinkSync(`/proc/${readFileSync(file, 'utf8').trim()}/cwd`))),
    };
  }

  /** What the processes have said, for the message of a failure. */
  logs(): string {
    const folder = path.join(this.folder, 'run');
    const names = readdirSync(folder).filter((name) => name.endsWith('.log'));
    return names.map((name) => `${name}:\n${readFileSync(path.join(folder, name), 'utf8')}`).join('\n');
  }

  /** For looks at what a release did to the schema. */
  get databaseUrl(): string {
    return this.database.url;
  }

  /** Sends one request to the proxy without TLS. */
  async sendPlain(method: string, url: string, headers: Record<string, string>): Promise<{ status: number; location: string | undefined }> {
    return new Promise((resolve, reject) => {
      const request = http.request(
        { host: '127.0.0.1', port: this.ports.plain, method, path: url, agent: false, headers: { host: NAME, ...headers } },
        (response) => {
          response.resume();
          resolve({ status: response.statusCode ?? 0, location: response.headers.location });
        },
      );
      request.on('error', reject).end();
    });
  }

  /** Ends everything. */
  async end(): Promise<void> {
    KEEP_ALIVE.destroy();
    await this.balancer?.stop('SIGTERM');
    const { api, worker } = this.ports;
    for (const name of [...api.map((port) => `api-${port}`), `worker-${worker}`]) {
      const file = path.join(this.folder, `run/${name}.pid`);
      if (existsSync(file)) await kill(Number(readFileSync(file, 'utf8')));
    }
    await this.sandbox.close();
    await this.database.drop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private nginx(rest: string): string {
    return `nginx -p ${this.folder} -c ${path.join(this.folder, 'nginx/main.conf')} ${rest}`;
  }

  private environment(): Record<string, string> {
    return {
      NODE_ENV: 'test',
      DATABASE_URL: this.database.url,
      DATABASE_POOL_SIZE: '4',
      STRIPE_SECRET_KEY: 'sk_test_0123456789abcdef',
      STRIPE_API_BASE: this.sandbox.url,
      STRIPE_WEBHOOK_SECRET: 'whsec_test_0123456789abcdef0123456789',
      API_KEY_PEPPER: 'pepper-of-the-tests-0123456789abcdef',
      ENCRYPTION_KEY: 'encryption-key-of-the-tests-0123456789',
      TRUSTED_PROXIES: '127.0.0.1',
      RATE_LIMIT_API_PER_15_MINUTES: '1000000',
      RATE_LIMIT_DEVICE_REGISTRATIONS_PER_HOUR: '100000',
      RATE_LIMIT_PAYMENTS_PER_MINUTE: '100000',
    };
  }

  private async writeFiles(): Promise<void> {
    for (const folder of ['root', 'run', 'nginx', 'artifacts']) mkdirSync(path.join(this.folder, folder), { recursive: true });
    const settings = Object.entries(this.environment()).map(([name, value]) => `${name}="${value}"\n`);
    writeFileSync(path.join(this.folder, 'upp.env'), settings.join(''));
    this.writeScript('restart.sh', RESTART.replace('"$NODE"', `"${process.execPath}"`));
    this.writeScript('backup.sh', '#!/bin/sh\nset -eu\ntest -n "$DATABASE_URL"\necho backup >"$1"\n');
    for (const keyType of ['ec', 'rsa'] as const) {
      writePair(path.join(this.folder, 'tls/live'), keyType, await issueTestCertificate({ keyType, names: [NAME] }));
    }
    if (this.proxy === 'haproxy') writeHaproxy(this.folder, this.ports);
    else writeNginx(this.folder, this.ports);
  }

  private writeScript(name: string, text: string): void {
    writeFileSync(path.join(this.folder, name), text);
    chmodSync(path.join(this.folder, name), 0o755);
  }
}

const KEEP_ALIVE = new https.Agent({ keepAlive: true, maxSockets: 16 });

async function kill(pid: number): Promise<void> {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  await waitFor(() => !existsSync(`/proc/${pid}/cwd`));
}
