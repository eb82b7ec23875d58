import { IsInt, IsString, Max, Min } from 'class-validator';
import { Env } from './env.js';

/** Health and metrics. */
export class MonitoringConfig {
  /** Port of a second listener for /ping, /health and the metrics, without any credential: for a private network only. 0 opens none. */
  @Env('MONITORING_PORT')
  @IsInt()
  @Min(0)
  @Max(65_535)
  port: number = 0;

  /** Address of that listener. */
  @Env('MONITORING_HOST')
  @IsString()
  host: string = '127.0.0.1';

  /** Milliseconds of a database round trip above which health is degraded. */
  @Env('HEALTH_DATABASE_DEGRADED_MS')
  @IsInt()
  @Min(1)
  @Max(10_000)
  databaseDegradedMs: number = 1_000;

  /** Milliseconds after which a database that does not answer is down. */
  @Env('HEALTH_DATABASE_DOWN_MS')
  @IsInt()
  @Min(100)
  @Max(30_000)
  databaseDownMs: number = 2_000;

  /** Milliseconds between two looks at Stripe in the background; 0 looks never. Health itself never calls Stripe. */
  @Env('HEALTH_STRIPE_PROBE_INTERVAL_MS')
  @IsInt()
  @Min(0)
  @Max(3_600_000)
  stripeProbeIntervalMs: number = 30_000;

  /** The folder whose disk is watched: where backups, certificates or the database lie. */
  @Env('HEALTH_DISK_PATH')
  @IsString()
  diskPath: string = '.';

  /** Percent of that disk below which health is degraded. */
  @Env('HEALTH_DISK_MIN_FREE_PERCENT')
  @IsInt()
  @Min(0)
  @Max(99)
  diskMinFreePercent: number = 10;

  /** Percent of the memory that the container may use above which health is degraded. */
  @Env('HEALTH_MEMORY_MAX_PERCENT')
  @IsInt()
  @Min(1)
  @Max(100)
  memoryMaxPercent: number = 90;

  /** Milliseconds of event-loop delay, 99th percentile of the last seconds, above which health is degraded. */
  @Env('HEALTH_EVENT_LOOP_DELAY_MS')
  @IsInt()
  @Min(10)
  @Max(60_000)
  eventLoopDelayMs: number = 250;

  /** Seconds that the oldest webhook event may wait before health is degraded. */
  @Env('HEALTH_WEBHOOK_INBOX_SECONDS')
  @IsInt()
  @Min(1)
  @Max(86_400)
  webhookInboxSeconds: number = 60;
}
