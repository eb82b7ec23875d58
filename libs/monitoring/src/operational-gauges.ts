/** Brings the gauges up to date when somebody asks for them. */
import { Injectable } from '@nestjs/common';
import { register } from 'prom-client';
import { SECOND_MS } from '#kernel';
import { Database, EVERY_TENANT, runAsTenant } from '#platform';
import { DatabaseGauges } from './database-gauges.js';
import { HealthReport } from './health-report.js';
import { CertificateHealth } from './indicators/certificate.health.js';
import { EventLoopHealth } from './indicators/event-loop.health.js';
import { certificateRemainingRatio, databasePoolConnections, dependencyHealth, eventLoopDelaySeconds } from './metrics.js';

const HEALTH_VALUES = { up: 1, degraded: 0.5, down: 0 } as const;

/** Reads what no event announces: pool, queues, ages, health. */
@Injectable()
export class OperationalGauges {
  constructor(
    private readonly database: Database,
    private readonly databaseGauges: DatabaseGauges,
    private readonly health: HealthReport,
    private readonly eventLoop: EventLoopHealth,
    private readonly certificate: CertificateHealth,
  ) {}

  /** Everything in Prometheus's text format. */
  async exposition(): Promise<{ readonly contentType: string; readonly text: string }> {
    await this.refresh();
    return { contentType: register.contentType, text: await register.metrics() };
  }

  /** Reads every gauge, of the whole deployment whoever asks: the figures are kept and the next one to ask may be another. */
  refresh(): Promise<void> {
    return runAsTenant(EVERY_TENANT, () => this.read());
  }

  private async read(): Promise<void> {
    const { inUse, idle, waiting } = this.database.poolUsage();
    for (const [state, count] of Object.entries({ in_use: inUse, idle, waiting })) databasePoolConnections.set({ state }, count);
    eventLoopDelaySeconds.set(this.eventLoop.delayMs / SECOND_MS);
    certificateRemainingRatio.set(this.certificate.remainingRatio);
    const { details } = await this.health.read();
    for (const [dependency, { status }] of Object.entries(details)) dependencyHealth.set({ dependency }, HEALTH_VALUES[status]);
    await this.databaseGauges.refresh();
  }
}
