import { readFileSync } from 'node:fs';
import os from 'node:os';
import { Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { AppConfig } from '#platform';

/** Where the kernel says what the container may use: cgroup v2, then v1. Both mean "no limit" with "max" or a number beyond the machine. */
const LIMIT_FILES = ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes'];

/** Resident memory against what the container, or else the machine, has: that is what the kernel kills for, not the heap's fill. */
@Injectable()
export class MemoryHealth {
  private readonly limitBytes = memoryLimitBytes();

  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly config: AppConfig,
  ) {}

  check(): HealthIndicatorResult {
    const indicator = this.indicators.check('memory');
    const usedBytes = process.memoryUsage.rss();
    const usedPercent = Math.round((100 * usedBytes) / this.limitBytes);
    const details = { usedBytes, limitBytes: this.limitBytes, usedPercent };
    return usedPercent > this.config.monitoring.memoryMaxPercent ? indicator.degraded(details) : indicator.up(details);
  }
}

/** Bytes that this process may use at most. */
export function memoryLimitBytes(files: readonly string[] = LIMIT_FILES): number {
  const machine = os.totalmem();
  for (const file of files) {
    try {
      const limit = Number(readFileSync(file, 'utf8').trim());
      if (Number.isFinite(limit) && limit > 0) return Math.min(limit, machine);
    } catch {
      // Not in a container of that kind; the next file or the machine tells.
    }
  }
  return machine;
}
