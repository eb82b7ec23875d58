import { Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { AppConfig, Database } from '#platform';

/** The age of the oldest unprocessed webhook event. Never down: what was acknowledged is stored, and payments go on. */
@Injectable()
export class WebhookInboxHealth {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly database: Database,
    private readonly config: AppConfig,
  ) {}

  async check(): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check('webhookInbox');
    try {
      const [row] = await this.database.query<{ seconds: number }>(
        `select coalesce(extract(epoch from now() - min(next_attempt_at)), 0)::float8 as seconds from webhook_jobs where next_attempt_at <= now()`,
      );
      const oldestSeconds = Math.round(row?.seconds ?? 0);
      return oldestSeconds > this.config.monitoring.webhookInboxSeconds
        ? indicator.degraded({ oldestSeconds })
        : indicator.up({ oldestSeconds });
    } catch {
      return indicator.degraded('cannot be read');
    }
  }
}
