import { Injectable, Optional } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { CertificateService } from '#ssl';

/** The certificate of the own HTTPS listener, if this process has one. Never down: an expired certificate is mended by renewing it, not by restarting. */
@Injectable()
export class CertificateHealth {
  constructor(
    private readonly indicators: HealthIndicatorService,
    @Optional() private readonly certificates?: CertificateService,
  ) {}

  /** Share of the lifetime that is left; 1 without TLS of our own. */
  get remainingRatio(): number {
    return this.certificates?.status()?.remainingRatio ?? 1;
  }

  check(): HealthIndicatorResult {
    const indicator = this.indicators.check('certificate');
    const status = this.certificates?.status() ?? null;
    if (status === null) return indicator.up({ mode: 'off' });
    const { mode, state, names, notAfter, remainingRatio, problem } = status;
    const details = { mode, state, names, notAfter, remainingRatio: Math.round(remainingRatio * 1_000) / 1_000, problem };
    return state === 'ok' ? indicator.up(details) : indicator.degraded(details);
  }
}
