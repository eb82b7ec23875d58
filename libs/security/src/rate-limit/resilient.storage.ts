/** A shared storage with this process's own counts in front of it. */
import { Logger } from '@nestjs/common';
import { type Clock, SECOND_MS } from '#kernel';
import { rateLimitDecisionsTotal } from '../metrics.js';
import type { MemoryRateLimitStorage } from './memory.storage.js';
import { RateLimitStorage, type Take, type TakeResult } from './rate-limit-storage.js';

// After a failure the shared storage is left alone this long: requests must not queue for its timeout one after the other.
const REST_MS = SECOND_MS;
const LOG_EVERY_MS = 60 * SECOND_MS;

/**
 * Asks the own count first: it is never higher than the shared one, so what it refuses the shared one would refuse too, at no cost. That is what a
 * client over its limit meets. What it lets through, the shared storage decides.
 *
 * When the shared storage is slow, gone or has lost its memory, the own count goes on from the last known truth; without an answer only half the
 * limit is given, for the other replicas give theirs.
 */
export class ResilientRateLimitStorage extends RateLimitStorage {
  private readonly logger = new Logger('RateLimit');
  private restsUntilMs = 0;
  private loggedAtMs = -LOG_EVERY_MS;

  constructor(
    private readonly shared: RateLimitStorage,
    private readonly own: MemoryRateLimitStorage,
    private readonly clock: Clock,
  ) {
    super();
  }

  override get backend(): 'memory' | 'postgres' | 'redis' {
    return this.shared.backend;
  }

  override get isAvailable(): boolean {
    return this.clock.monotonicMs() >= this.restsUntilMs;
  }

  override async onModuleInit(): Promise<void> {
    await this.shared.onModuleInit();
  }

  override async take(request: Take): Promise<TakeResult> {
    const ours = this.own.takeNow(request);
    if (!ours.isAllowed) return ours;
    const theirs = await this.ask(() => this.shared.take(request));
    if (theirs === null) return halved(ours, request);
    this.own.learn(request.key, theirs);
    // The shared storage may have started anew while we remember more.
    return theirs.isAllowed && theirs.remaining > ours.remaining ? ours : theirs;
  }

  override async block(key: string, firstStep: number): Promise<number> {
    const durationMs = await this.own.block(key, firstStep);
    return (await this.ask(() => this.shared.block(key, firstStep))) ?? durationMs;
  }

  override async forget(key: string): Promise<void> {
    await this.own.forget(key);
    await this.ask(() => this.shared.forget(key));
  }

  override onApplicationShutdown(): void {
    this.shared.onApplicationShutdown();
  }

  /** The shared storage's answer, or null while it has none to give. */
  private async ask<T>(question: () => Promise<T>): Promise<T | null> {
    const nowMs = this.clock.monotonicMs();
    if (nowMs < this.restsUntilMs) return null;
    try {
      return await question();
    } catch (error) {
      this.restsUntilMs = nowMs + REST_MS;
      rateLimitDecisionsTotal.inc({ policy: 'any', backend: this.backend, decision: 'storage_failed' });
      if (nowMs - this.loggedAtMs >= LOG_EVERY_MS) {
        this.loggedAtMs = nowMs;
        this.logger.warn({ event: 'rate_limit_storage_unavailable', backend: this.backend, message: (error as Error).message });
      }
      return null;
    }
  }
}

function halved(ours: TakeResult, { quota }: Take): TakeResult {
  const isAllowed = ours.remaining >= Math.floor(quota.limit / 2);
  return isAllowed ? ours : { ...ours, isAllowed, isPrecaution: true, remaining: 0, retryAfterMs: quota.windowMs / quota.limit };
}
