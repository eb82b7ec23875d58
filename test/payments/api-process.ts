/** Apis and workers as processes of their own, over the database and the sandbox of a {@link TestSystem}: they can be killed at any moment. */
import { type CrashPoint } from '#platform';
import { freePorts, spawnProcess, type SpawnedProcess, waitFor } from '#test';
import { type TestSystem } from '../support/test-system.js';

/** A request that moves money, until it has a final answer. */
export interface Insistence {
  readonly path: string;
  readonly body: unknown;
  readonly key: string;
}

/** The final answer. */
export interface InsistedAnswer {
  readonly status: number;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what it holds is what is being tested
  readonly body: any;
}

const INSISTENCE_MS = 30_000;
const BOOT_MS = 20_000;

/** A running api. */
export class ApiProcess {
  private constructor(
    readonly url: string,
    private readonly process: SpawnedProcess,
    private readonly apiKey: string,
  ) {}

  /** @param environment - Besides the system's: `FAULT_AT`, shorter leases. */
  static async start(system: TestSystem, environment: Readonly<Record<string, string>> = {}): Promise<ApiProcess> {
    const [port = 0] = await freePorts(1);
    const process_ = spawnProcess([process.execPath, 'dist/apps/api/src/main.js'], {
      env: { ...system.environment, PORT: String(port), HOST: '127.0.0.1', ...environment },
    });
    await process_.waitForOutput(/The api listens/, { timeoutMs: BOOT_MS });
    return new ApiProcess(`http://127.0.0.1:${port}`, process_, system.apiKey);
  }

  /** Ends at once, as a machine does that loses its power. */
  async kill(): Promise<void> {
    this.process.signal('SIGKILL');
    await this.process.exited;
  }

  /** Resolves when the process has ended by itself. */
  async ended(): Promise<NodeJS.Signals | null> {
    return (await this.process.exited).signal;
  }

  async stop(): Promise<void> {
    await this.process.stop();
  }

  /** One try; null when the process did not answer. */
  async post({ path, body, key }: Insistence): Promise<InsistedAnswer | null> {
    try {
      const response = await fetch(`${this.url}${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', 'idempotency-key': key, authorization: `Bearer ${this.apiKey}` },
      });
      return { status: response.status, body: await response.json() };
    } catch {
      return null;
    }
  }
}

/** Sends a request with the same key to one process after the other until it has its answer, as a careful client does. */
export async function insist(processes: () => readonly ApiProcess[], request: Insistence, first = 0): Promise<InsistedAnswer> {
  let turn = first;
  return waitFor(
    async function aFinalAnswer() {
      const all = processes();
      const answer = (await all[turn++ % all.length]?.post(request)) ?? null;
      const isFinal = answer !== null && answer.status !== 409 && answer.status !== 503 && answer.status !== 202;
      return isFinal ? answer : null;
    },
    { timeoutMs: INSISTENCE_MS },
  );
}

/** Sends each request to an api of its own, which dies at that point. @throws Error when one answers. */
export async function dieAt(system: TestSystem, point: CrashPoint, ...requests: readonly Insistence[]): Promise<void> {
  await Promise.all(
    requests.map(async (request) => {
      const doomed = await ApiProcess.start(system, { FAULT_AT: `${point}:1` });
      const answer = await doomed.post(request);
      if (answer !== null) throw new Error(`answered instead of dying ${point}: ${JSON.stringify(answer)}`);
      assertKilled(await doomed.ended(), point);
    }),
  );
}

/** Runs a worker until its jobs come to that point, where it dies. */
export async function workerDiesAt(system: TestSystem, point: CrashPoint): Promise<void> {
  const [port = 0] = await freePorts(1);
  const worker = spawnProcess([process.execPath, 'dist/apps/worker/src/main.js'], {
    env: { ...system.environment, WORKER_PORT: String(port), HOST: '127.0.0.1', FAULT_AT: `${point}:1` },
  });
  assertKilled((await worker.exited).signal, point);
}

function assertKilled(signal: NodeJS.Signals | null, point: CrashPoint): void {
  if (signal !== 'SIGKILL') throw new Error(`a process ended by ${String(signal)} instead of dying ${point}`);
}
