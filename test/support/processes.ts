/** Real processes for end-to-end tests: started with a mark, ended with all their descendants. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { waitFor } from './wait-for.js';

/** Descendants inherit it, also those that left the group or lost their parent. */
const MARK = 'UPP_TEST_PROCESS_TREE';
const STOP_TIMEOUT_MS = 15_000;

/** Where the kernel can do it, the process dies with the test's, even when that is killed. */
const DIES_WITH_TEST: readonly string[] =
  spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0 ? ['setpriv', '--pdeathsig', 'KILL'] : [];

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Settings of {@link spawnProcess}. */
export interface SpawnOptions {
  /** Added to the environment of the test; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

const running = new Set<SpawnedProcess>();
// This module is loaded once by each file of tests: the hook is that file's.
afterAll(() => {
  for (const each of running) each.killTree();
});

/**
 * Starts a program and captures what it prints.
 *
 * The test ends it with `stop` or `killTree`; whatever is left of it and its descendants dies after the last test of the file.
 */
export function spawnProcess(command: readonly string[], options: SpawnOptions = {}): SpawnedProcess {
  const spawned = new SpawnedProcess(command, options);
  running.add(spawned);
  return spawned;
}

/** A process under test. */
export class SpawnedProcess {
  /** Resolves when the process itself has ended; descendants may live on. */
  readonly exited: Promise<ProcessEnd>;
  private readonly child: ChildProcess;
  private readonly mark = randomUUID();
  private text = '';
  private isClosed = false;

  /** @see spawnProcess, which also keeps account of it. */
  constructor(command: readonly string[], options: SpawnOptions) {
    const [program = '', ...args] = [...DIES_WITH_TEST, ...command];
    const env = { ...process.env, ...options.env, [MARK]: this.mark };
    this.child = spawn(program, args, { cwd: options.cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    for (const stream of [this.child.stdout, this.child.stderr]) stream?.on('data', (chunk: Buffer) => (this.text += chunk.toString()));
    this.exited = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('exit', (code, signal) => {
        resolve({ code, signal });
      });
    });
    // After the last output, which may arrive later than the end of the process.
    this.child.once('close', () => (this.isClosed = true));
    // Whoever awaits `exited` still gets the error.
    this.exited.catch(() => undefined);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Everything printed so far, both streams in the order of arrival. */
  get output(): string {
    return this.text;
  }

  /** Waits for a line or a part of one. @throws Error with the whole output when the process ends or the time is up before. */
  async waitForOutput(pattern: RegExp, options: { readonly timeoutMs?: number } = {}): Promise<RegExpExecArray> {
    const found = await waitFor(() => pattern.exec(this.text) ?? (this.isClosed ? 'ended' : null), options).catch((error: unknown) => {
      throw new Error(`no ${String(pattern)} in the output:\n${this.text}`, { cause: error });
    });
    if (found === 'ended') throw new Error(`ended without ${String(pattern)} in the output:\n${this.text}`);
    return found;
  }

  /** Sends a signal to the process alone. */
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Asks the process to end and waits; the tree is killed when it takes too long. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', timeoutMs = STOP_TIMEOUT_MS): Promise<ProcessEnd> {
    this.signal(signal);
    const timer = setTimeout(() => {
      this.killTree();
    }, timeoutMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  /** The live processes of the tree, this one included; on Linux only. */
  livingProcesses(): number[] {
    return processesWith(`${MARK}=${this.mark}`);
  }

  /** Kills every process of the tree at once. */
  killTree(): void {
    for (const pid of new Set([this.pid, ...this.livingProcesses()])) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
    running.delete(this);
  }
}

function processesWith(mark: string): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(mark);
      } catch {
        // Gone since the listing, or another user's.
        return false;
      }
    })
    .map(Number);
}
