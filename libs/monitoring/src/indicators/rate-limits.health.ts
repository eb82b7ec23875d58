import { Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { RateLimitStorage } from '#security';

/** Where rate limits are counted: Redis when it is configured. Without it each process counts for itself, so it only degrades. */
@Injectable()
export class RateLimitsHealth {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly storage: RateLimitStorage,
  ) {}

  check(): HealthIndicatorResult {
    const { backend, isAvailable } = this.storage;
    const indicator = this.indicators.check(backend === 'redis' ? 'redis' : 'rateLimits');
    return isAvailable ? indicator.up({ backend }) : indicator.degraded({ backend });
  }
}
