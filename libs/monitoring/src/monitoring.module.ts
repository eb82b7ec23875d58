import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { SecurityCoreModule } from '#security';
import { HealthController } from './health.controller.js';
import { DatabaseHealth } from './indicators/database.health.js';
import { MigrationsHealth } from './indicators/migrations.health.js';
import { WebhookInboxHealth } from './indicators/webhook-inbox.health.js';

/** Health and metrics. */
@Module({
  imports: [TerminusModule.forRoot({ logger: false }), SecurityCoreModule],
  controllers: [HealthController],
  providers: [DatabaseHealth, MigrationsHealth, WebhookInboxHealth],
})
export class MonitoringModule {}
