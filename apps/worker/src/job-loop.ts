import { setMaxListeners } from 'node:events';
import { Logger } from '@nestjs/common';
import type { Job } from './jobs.js';

/** Runs jobs side by side until it is stopped; each round ends before the next of the same job begins. */
export class JobLoop {
  private readonly logger = new Logger(JobLoop.name);
  private readonly stopping = new AbortController();
  private running: readonly Promise<void>[] = [];

  start(jobs: readonly Job[]): void {
    // Each job that pauses listens. Node takes more than ten listeners for a leak.
    setMaxListeners(jobs.length, this.stopping.signal);
    this.running = jobs.map((job) => this.repeat(job));
  }

  /** Ends after the current rounds. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.running);
  }

  private async repeat(job: Job): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const done = await job.run().catch((error: unknown) => {
        this.logger.error({ event: 'job_failed', job: job.name, error });
        return 0;
      });
      if (done === 0) await this.pause(job.pauseMs);
    }
  }

  private pause(ms: number): Promise<void> {
    const { signal } = this.stopping;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', end);
    });
  }
}
