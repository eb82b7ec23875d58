/** A program of the product as a child process that never outlives the launcher. */
import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { ChildRecord } from './child-record.js';
import type { Run } from './supervised.js';

const READY_TIMEOUT_MS = 60_000;
const PROBE_TIMEOUT_MS = 2_000;
const POLL_MS = 50;

/** Loaded into every child before its own code: it ends the child when the channel to the launcher closes. */
const EXIT_WITH_LAUNCHER = pathToFileURL(path.join(import.meta.dirname, 'exit-with-launcher.js')).href;

/** What to run and how to know that it works. */
export interface ServiceOptions {
  readonly name: string;
  /** The compiled main file and its arguments. */
  readonly program: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Answers with a status below 500 as soon as the service is ready. */
  readonly readyUrl: string;
  /** From the request to end until it is enforced. */
  readonly stopTimeoutMs: number;
  readonly children: ChildRecord;
  /** Takes each line that the process prints. */
  readonly print: (line: string) => void;
}

/** One run of a service. */
export class ServiceProcess implements Run {
  readonly exited: Promise<string>;
  private readonly child: ChildProcess;
  private hasExited = false;

  private constructor(private readonly options: ServiceOptions) {
    const args = ['--enable-source-maps', '--import', EXIT_WITH_LAUNCHER, ...options.program];
    // Its own group: Ctrl-C in a terminal is for the launcher, which stops the parts in their order.
    this.child = spawn(process.execPath, args, { env: options.environment, stdio: ['ignore', 'pipe', 'pipe', 'ipc'], detached: true });
    for (const input of [this.child.stdout, this.child.stderr]) if (input !== null) createInterface({ input }).on('line', options.print);
    this.exited = new Promise((resolve) => {
      const end = (reason: string): void => {
        this.hasExited = true;
        if (this.child.pid !== undefined) options.children.remove(this.child.pid);
        resolve(reason);
      };
      this.child.once('error', (error) => {
        end(error.message);
      });
      this.child.once('exit', (code, signal) => {
        end(signal === null ? `exit code ${String(code)}` : `signal ${signal}`);
      });
    });
    if (this.child.pid !== undefined) options.children.add(options.name, this.child.pid);
  }

  /** @throws Error when the process ends before it is ready, is not ready in time, or is not wanted any more. */
  static async start(options: ServiceOptions, stopped: AbortSignal): Promise<ServiceProcess> {
    const service = new ServiceProcess(options);
    const end = performance.now() + READY_TIMEOUT_MS;
    while (!(await isReady(options.readyUrl))) {
      if (service.hasExited) throw new Error(`${options.name} ended before it was ready, with ${await service.exited}`);
      if (stopped.aborted || performance.now() > end) {
        await service.stop();
        throw new Error(`${options.name} did not answer at ${options.readyUrl}`);
      }
      await delay(POLL_MS);
    }
    return service;
  }

  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), this.options.stopTimeoutMs);
    await this.exited;
    clearTimeout(timer);
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    await response.body?.cancel();
    return response.status < 500;
  } catch {
    // Refused until the service listens.
    return false;
  }
}
