import { Global, Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import { OperationsModule } from '#operations';
import { PaymentsCoreModule } from '#payments';
import { SecurityCoreModule } from '#security';
import { AlertEngine } from './alerts/alert-engine.js';
import { AlertReadings, Surroundings } from './alerts/alert-readings.js';
import { AlertsController } from './alerts/alerts.controller.js';
import { AlertsRepository } from './alerts/alerts.repository.js';
import { AlertsService } from './alerts/alerts.service.js';
import { DisputeAlarms } from './alerts/dispute-alarms.js';
import { BusinessMetricsRepository } from './business-metrics.repository.js';
import { BusinessMetricsService } from './business-metrics.service.js';
import { DatabaseGauges } from './database-gauges.js';
import { HealthController } from './health.controller.js';
import { type HealthCheck, HealthChecks, HealthReport } from './health-report.js';
import { CertificateHealth } from './indicators/certificate.health.js';
import { DatabaseHealth } from './indicators/database.health.js';
import { DiskHealth } from './indicators/disk.health.js';
import { EventLoopHealth } from './indicators/event-loop.health.js';
import { MemoryHealth } from './indicators/memory.health.js';
import { MigrationsHealth } from './indicators/migrations.health.js';
import { RateLimitsHealth } from './indicators/rate-limits.health.js';
import { StripeHealth } from './indicators/stripe.health.js';
import { WebhookInboxHealth } from './indicators/webhook-inbox.health.js';
import { InternalListener } from './internal-listener.js';
import { BusinessMetricsController, PrometheusTextController } from './metrics.controller.js';
import { removeMisnamedDefaults } from './metrics.js';
import { OperationalGauges } from './operational-gauges.js';
import { OtlpMetrics } from './otlp-metrics.js';
import { QueuesRepository } from './queues.repository.js';

const CHECKS = [
  DatabaseHealth,
  MigrationsHealth,
  WebhookInboxHealth,
  StripeHealth,
  RateLimitsHealth,
  CertificateHealth,
  DiskHealth,
  MemoryHealth,
  EventLoopHealth,
];

/** Health and metrics. Global, because PrometheusModule makes its controller among its own providers. */
@Global()
@Module({
  imports: [
    TerminusModule.forRoot({ logger: false }),
    PrometheusModule.register({ controller: PrometheusTextController, path: 'metrics/prometheus' }),
    SecurityCoreModule,
    PaymentsCoreModule,
    OperationsModule,
  ],
  controllers: [HealthController, BusinessMetricsController],
  providers: [
    ...CHECKS,
    { provide: HealthChecks, inject: CHECKS, useFactory: (...checks: HealthCheck[]) => new HealthChecks(checks) },
    HealthReport,
    QueuesRepository,
    DatabaseGauges,
    OperationalGauges,
    BusinessMetricsRepository,
    BusinessMetricsService,
    InternalListener,
    OtlpMetrics,
    AlertsRepository,
    AlertsService,
    AlertReadings,
    Surroundings,
    AlertEngine,
    DisputeAlarms,
  ],
  exports: [OperationalGauges, AlertEngine, AlertsService, DisputeAlarms],
})
export class MonitoringModule {}

/** The admin's routes of monitoring, for the api alone. */
@Module({ imports: [MonitoringModule], controllers: [AlertsController] })
export class MonitoringAdminModule {}

// Once for the process, after PrometheusModule has made the defaults.
removeMisnamedDefaults();
