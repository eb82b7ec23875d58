/** What suites of the launcher share: a folder and ports of their own, the launcher over stand-ins of the services, and what those say. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { freePorts, spawnProcess, type SpawnedProcess, waitFor } from '#test';

const LAUNCHER = path.resolve('dist/test/fixtures/launcher.js');
const START_TIMEOUT_MS = 60_000;

/** Whole starts, with a cluster made each time, on a machine that may be busy. */
export const CASE_TIMEOUT_MS = 90_000;
/** Within this a stop is over. */
export const STOP_LIMIT_MS = 10_000;
/** Runs what follows as an ordinary user. */
export const AS_NOBODY: readonly string[] = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
/** What is to be tried with {@link AS_NOBODY} to know whether that user may run the launcher at all. */
export const CHECK_OF_LAUNCHER: readonly string[] = [process.execPath, '--check', LAUNCHER];

/** What a stand-in service answers. */
export interface ServiceAnswer {
  readonly name: string;
  readonly pid: number;
  readonly environment: Readonly<Record<string, string>>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The launchers of one case. */
export class Launched {
  readonly home = mkdtempSync(path.join(os.tmpdir(), 'upp-launcher-'));
  dataDir = path.join(this.home, 'data');
  private readonly started: SpawnedProcess[] = [];

  private constructor(readonly ports: Readonly<Record<'api' | 'worker' | 'sandbox', number>>) {}

  /** A new folder and free ports; nothing runs yet. */
  static async prepare(): Promise<Launched> {
    return new Launched(await threePorts());
  }

  /** Ends everything and removes the folder. */
  async clear(): Promise<void> {
    for (const each of this.started) {
      each.killTree();
      await waitFor(() => each.livingProcesses().length === 0);
    }
    rmSync(this.home, { recursive: true, force: true });
  }

  /** Spawns a launcher, whatever becomes of it. */
  spawn(env: Environment = {}, prefix: readonly string[] = []): SpawnedProcess {
    const spawned = spawnProcess([...prefix, process.execPath, LAUNCHER], {
      cwd: this.home,
      env: {
        UPP_DATA_DIR: this.dataDir,
        PORT: String(this.ports.api),
        WORKER_PORT: String(this.ports.worker),
        STRIPE_SANDBOX_PORT: String(this.ports.sandbox),
        DATABASE_URL: undefined,
        STRIPE_SECRET_KEY: undefined,
        ...env,
      },
    });
    this.started.push(spawned);
    return spawned;
  }

  /** Spawns a second launcher on the same folder and other ports. */
  async spawnBeside(): Promise<SpawnedProcess> {
    const { api, worker, sandbox } = await threePorts();
    return this.spawn({ PORT: String(api), WORKER_PORT: String(worker), STRIPE_SANDBOX_PORT: String(sandbox) });
  }

  /** Spawns a launcher and waits until everything runs. */
  async start(env: Environment = {}, prefix: readonly string[] = []): Promise<SpawnedProcess> {
    const launcher = this.spawn(env, prefix);
    await launcher.waitForOutput(/is running/, { timeoutMs: START_TIMEOUT_MS });
    return launcher;
  }

  /** What a service says of itself. */
  async ask(service: keyof Launched['ports']): Promise<ServiceAnswer> {
    return (await (await fetch(`http://127.0.0.1:${this.ports[service]}/`)).json()) as ServiceAnswer;
  }

  /** Blocks the event loop of the api's stand-in for ever. */
  async hangApi(): Promise<void> {
    void fetch(`http://127.0.0.1:${this.ports.api}/hang`).catch(() => undefined);
    await expect(fetch(`http://127.0.0.1:${this.ports.api}/`, { signal: AbortSignal.timeout(1_000) })).rejects.toThrow('timeout');
  }

  /** The embedded database's process. */
  databasePid(): number {
    return Number.parseInt(readFileSync(path.join(this.dataDir, 'postgres/pg18/postmaster.pid'), 'utf8'), 10);
  }

  /** The file of credentials. */
  credentials(): Record<string, unknown> {
    return JSON.parse(readFileSync(path.join(this.dataDir, 'credentials.json'), 'utf8')) as Record<string, unknown>;
  }
}

async function threePorts(): Promise<Launched['ports']> {
  const [api = 0, worker = 0, sandbox = 0] = await freePorts(3);
  return { api, worker, sandbox };
}
