/** Keeps one part of the product running: whatever ends is started again, ever more slowly. */
import { setTimeout as delay } from 'node:timers/promises';

/** 1 s, 2 s, 4 s … 30 s between two starts. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** Having run this long, a part starts over with the shortest pause. */
const HEALTHY_AFTER_MS = 60_000;

/** One run of a part: a process, a server. */
export interface Run {
  /** Resolves with the reason when the run is over. */
  readonly exited: Promise<string>;
  stop(): Promise<void>;
}

/** How long to wait before the next start, after so many ends in a row. */
export function pauseMs(endsInARow: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** (endsInARow - 1), LONGEST_PAUSE_MS);
}

/** A part that is started again whenever it ends, until it is stopped. */
export class Supervised {
  private readonly stopping = new AbortController();
  private current: Run | null = null;
  /** What a stop has to wait for besides the current run. */
  private work: Promise<unknown> = Promise.resolve();

  /** @param begin - Starts a run and resolves when it is ready for work; gives up when its signal aborts. */
  constructor(
    private readonly name: string,
    private readonly begin: (stopped: AbortSignal) => Promise<Run>,
    private readonly report: (message: string) => void,
  ) {}

  /**
   * Resolves when the first run is ready.
   *
   * @throws what `begin` throws: a part that cannot start even once is not worth repeating.
   */
  async start(): Promise<void> {
    const first = this.run();
    this.work = first.catch(() => undefined);
    this.work = this.keepRunning(await first);
  }

  /** Ends the part for good, also in the middle of a start. Safe to repeat. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.current?.stop();
    await this.work;
  }

  private async keepRunning(first: Run): Promise<void> {
    let run = first;
    let endsInARow = 0;
    for (;;) {
      const startedAt = performance.now();
      const reason = await run.exited;
      if (this.isStopped()) return;
      endsInARow = performance.now() - startedAt >= HEALTHY_AFTER_MS ? 1 : endsInARow + 1;
      const waitMs = pauseMs(endsInARow);
      this.report(`${this.name} has ended: ${reason}. It starts again in ${waitMs / 1_000} s.`);
      await delay(waitMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      if (this.isStopped()) return;
      run = await this.run().catch(failedRun);
    }
  }

  private async run(): Promise<Run> {
    const run = await this.begin(this.stopping.signal);
    if (this.isStopped()) {
      // The stop that came while the run was starting has not seen it.
      await run.stop();
      throw new Error(`${this.name} was stopped while it started`);
    }
    this.current = run;
    return run;
  }

  private isStopped(): boolean {
    return this.stopping.signal.aborted;
  }
}

/** A start that failed counts as a run that ended at once. */
function failedRun(error: unknown): Run {
  return { exited: Promise.resolve(error instanceof Error ? error.message : String(error)), stop: () => Promise.resolve() };
}
