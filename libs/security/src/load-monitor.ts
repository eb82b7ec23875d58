import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '#kernel';
import { Database } from '#platform';
import type { Load } from './domain/overload.js';

const RESOLUTION_MS = 20;
// Long enough for a mean that one collection of garbage does not move, short enough to follow a burst.
const SAMPLE_MS = 500;

/** Sees how busy this process is. It measures in the background and is read at no cost. */
@Injectable()
export class LoadMonitor implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  private eventLoopDelayMs = 0;
  private sampledAtMs: number;

  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
  ) {
    this.sampledAtMs = clock.monotonicMs();
    this.delays.enable();
  }

  onApplicationBootstrap(): void {
    // Loading the program blocked the event loop; that is no load.
    this.delays.reset();
  }

  /** The load of the last half second. */
  current(): Load {
    const nowMs = this.clock.monotonicMs();
    if (nowMs - this.sampledAtMs >= SAMPLE_MS) {
      // A timer that comes on time shows its own resolution as delay.
      this.eventLoopDelayMs = this.delays.count === 0 ? 0 : Math.max(0, this.delays.mean / 1e6 - RESOLUTION_MS);
      this.delays.reset();
      this.sampledAtMs = nowMs;
    }
    const { waiting, size } = this.database.poolUsage();
    return { eventLoopDelayMs: this.eventLoopDelayMs, waitingPerConnection: waiting / size };
  }

  onApplicationShutdown(): void {
    this.delays.disable();
  }
}
