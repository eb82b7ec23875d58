import { statfs } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { AppConfig } from '#platform';

/** The space left on the disk of HEALTH_DISK_PATH. */
@Injectable()
export class DiskHealth {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly config: AppConfig,
  ) {}

  async check(): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check('disk');
    const { diskPath, diskMinFreePercent } = this.config.monitoring;
    try {
      const { bavail, blocks } = await statfs(diskPath);
      // Some file systems of containers count no blocks at all: nothing can run full there.
      const freePercent = blocks === 0 ? 100 : Math.floor((100 * bavail) / blocks);
      return freePercent < diskMinFreePercent ? indicator.degraded({ freePercent }) : indicator.up({ freePercent });
    } catch {
      return indicator.degraded('HEALTH_DISK_PATH cannot be read');
    }
  }
}
