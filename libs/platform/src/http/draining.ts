/** How a process leaves without losing a request. */
import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';

/**
 * The steps from SIGTERM to the end of the process:
 *
 * | step | /health | requests |
 * | --- | --- | --- |
 * | SHUTDOWN_DRAIN_DELAY_MS: the load balancer notices | 503 | served, and each answer asks its client to leave |
 * | the listener closes, at most SHUTDOWN_TIMEOUT_MS | – | those that run are finished; what is left then is cut off |
 * | database and other connections close | – | – |
 */
@Injectable()
export class Draining implements BeforeApplicationShutdown, OnApplicationShutdown {
  private hasBegun = false;
  private server: (() => Server) | undefined;
  private cutOff: NodeJS.Timeout | undefined;

  constructor(private readonly config: AppConfig) {}

  /** Whether this process is about to end: it serves, and wants nothing new. */
  get isDraining(): boolean {
    return this.hasBegun;
  }

  /** Names the server whose last connections are cut off in the end. */
  over(server: () => Server): void {
    this.server = server;
  }

  async beforeApplicationShutdown(signal?: string): Promise<void> {
    this.hasBegun = true;
    // Only a supervisor sends SIGTERM; a person at the keyboard, or a test, has no load balancer to wait for.
    if (signal === 'SIGTERM') await delay(this.config.server.shutdownDrainDelayMs);
    this.cutOff = setTimeout(() => {
      this.server?.().closeAllConnections();
    }, this.config.server.shutdownTimeoutMs).unref();
  }

  onApplicationShutdown(): void {
    clearTimeout(this.cutOff);
  }
}
