import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { SecurityCoreModule } from '#security';
import { HealthController } from './health.controller.js';
import { type HealthCheck, HealthChecks, HealthReport } from './health-report.js';
import { DatabaseHealth } from './indicators/database.health.js';
import { DiskHealth } from './indicators/disk.health.js';
import { EventLoopHealth } from './indicators/event-loop.health.js';
import { MemoryHealth } from './indicators/memory.health.js';
import { MigrationsHealth } from './indicators/migrations.health.js';
import { StripeHealth } from './indicators/stripe.health.js';
import { WebhookInboxHealth } from './indicators/webhook-inbox.health.js';

const CHECKS = [DatabaseHealth, MigrationsHealth, WebhookInboxHealth, StripeHealth, DiskHealth, MemoryHealth, EventLoopHealth];

/** Health and metrics. */
@Module({
  imports: [TerminusModule.forRoot({ logger: false }), SecurityCoreModule],
  controllers: [HealthController],
  providers: [
    ...CHECKS,
    { provide: HealthChecks, inject: CHECKS, useFactory: (...checks: HealthCheck[]) => new HealthChecks(checks) },
    HealthReport,
  ],
})
export class MonitoringModule {}
