import { IsInt, Max, Min } from 'class-validator';
import { Env } from './env.js';

const MAX_DAYS = 3_650;

/** For how long what is no longer needed is kept. Payments, refunds, disputes and the audit log are never removed here. */
export class RetentionConfig {
  /** Days of idempotency keys with their answers. Clients may repeat a request this long. */
  @Env('RETENTION_IDEMPOTENCY_DAYS')
  @IsInt()
  @Min(3)
  @Max(MAX_DAYS)
  idempotencyDays: number = 30;

  /** Days of the exact bytes of Stripe's webhook events, once they are done. Stripe itself shows them for 30. */
  @Env('RETENTION_WEBHOOK_PAYLOAD_DAYS')
  @IsInt()
  @Min(30)
  @Max(MAX_DAYS)
  webhookPayloadDays: number = 90;

  /** Days of webhook events and of their attempts, with the bytes or without. */
  @Env('RETENTION_WEBHOOK_DAYS')
  @IsInt()
  @Min(30)
  @Max(MAX_DAYS)
  webhookDays: number = 400;

  /** Days of ended or expired sessions. */
  @Env('RETENTION_SESSION_DAYS')
  @IsInt()
  @Min(1)
  @Max(MAX_DAYS)
  sessionDays: number = 30;

  /** Days of resolved security incidents. */
  @Env('RETENTION_INCIDENT_DAYS')
  @IsInt()
  @Min(30)
  @Max(MAX_DAYS)
  incidentDays: number = 400;

  /** Days of alerts that are over and of notifications that were sent. */
  @Env('RETENTION_ALERT_DAYS')
  @IsInt()
  @Min(1)
  @Max(MAX_DAYS)
  alertDays: number = 90;

  /** Days of payment attempts as the fraud rules count them; the rules look back 30. */
  @Env('RETENTION_FRAUD_ATTEMPT_DAYS')
  @IsInt()
  @Min(31)
  @Max(MAX_DAYS)
  fraudAttemptDays: number = 120;

  /** Rows removed by one statement: small, so that it holds its locks for milliseconds. */
  @Env('RETENTION_BATCH_ROWS')
  @IsInt()
  @Min(10)
  @Max(10_000)
  batchRows: number = 500;
}
