import { ArrayMaxSize, IsArray, IsBoolean, IsEmail, IsIn, IsInt, IsOptional, IsString, IsUrl, Max, Min } from 'class-validator';
import { type ConfigProblem, type Deployment, Env } from './env.js';

/** Mail by SMTP. */
export class MailConfig {
  /** Name or address of the SMTP server; without it no mail is sent. */
  @Env('SMTP_HOST')
  @IsOptional()
  @IsString()
  host: string | null = null;

  /** Port of the SMTP server: 587 with STARTTLS, 465 with TLS from the first byte. */
  @Env('SMTP_PORT')
  @IsInt()
  @Min(1)
  @Max(65_535)
  port: number = 587;

  /** How the connection is protected: `starttls` (demanded, never optional), `tls`, or `none` for a server on this machine. */
  @Env('SMTP_TLS')
  @IsIn(['starttls', 'tls', 'none'])
  tls: string = 'starttls';

  /** User name at the SMTP server; without it none is given. */
  @Env('SMTP_USER')
  @IsOptional()
  @IsString()
  user: string | null = null;

  /** Password at the SMTP server. */
  @Env('SMTP_PASSWORD', { isSecret: true })
  @IsOptional()
  @IsString()
  password: string | null = null;

  /** PEM file of the authority behind the server's certificate, when the machine does not trust it by itself. */
  @Env('SMTP_CA_FILE')
  @IsOptional()
  @IsString()
  caFile: string | null = null;

  /** Sender of every mail. */
  @Env('MAIL_FROM')
  @IsEmail()
  from: string = 'upp@localhost.localdomain';

  /** Milliseconds for connection, greeting and each answer of the server. */
  @Env('SMTP_TIMEOUT_MS')
  @IsInt()
  @Min(500)
  @Max(60_000)
  timeoutMs: number = 10_000;

  /** Mails in an hour at most; what is more waits, and is put together into one. */
  @Env('MAIL_MAX_PER_HOUR')
  @IsInt()
  @Min(1)
  @Max(10_000)
  maxPerHour: number = 60;

  /** Settings that are fine alone and wrong together. */
  *contradictions({ environment }: Deployment): Generator<ConfigProblem> {
    if ((this.user === null) !== (this.password === null)) {
      yield { variable: 'SMTP_PASSWORD', reason: 'and SMTP_USER are set together or not at all' };
    }
    if (environment === 'production' && this.tls === 'none' && this.password !== null) {
      yield { variable: 'SMTP_TLS', reason: 'none would send SMTP_PASSWORD in the clear' };
    }
  }
}

/** The alerts that the product raises by itself, for deployments without Prometheus and beside it. */
export class AlertsConfig {
  /** Whether the worker watches over the product and tells when something is wrong. */
  @Env('ALERTS')
  @IsBoolean()
  isOn: boolean = true;

  /** Who gets alerts by mail. */
  @Env('ALERT_MAIL_TO')
  @IsArray()
  @ArrayMaxSize(20)
  @IsEmail({}, { each: true })
  mailTo: string[] = [];

  /** Where alerts are posted as JSON: a chat's or a pager's webhook. */
  @Env('ALERT_WEBHOOK_URL', { isSecret: true })
  @IsOptional()
  @IsUrl({ require_tld: false, require_protocol: true, protocols: ['http', 'https'] })
  webhookUrl: string | null = null;

  /** Seconds between two looks. */
  @Env('ALERT_INTERVAL_SECONDS')
  @IsInt()
  @Min(1)
  @Max(3_600)
  intervalSeconds: number = 30;

  /** Hours after which an alert that still lasts is told again. */
  @Env('ALERT_REPEAT_HOURS')
  @IsInt()
  @Min(1)
  @Max(168)
  repeatHours: number = 4;

  /** Percent of payments that must succeed within a quarter of an hour. */
  @Env('ALERT_PAYMENT_SUCCESS_PERCENT')
  @IsInt()
  @Min(1)
  @Max(100)
  paymentSuccessPercent: number = 95;

  /** Payments in that time below which their success says nothing. */
  @Env('ALERT_PAYMENT_MINIMUM')
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  paymentMinimum: number = 10;

  /** Percent of failed requests of one process within five minutes: warning. */
  @Env('ALERT_ERROR_WARNING_PERCENT')
  @IsInt()
  @Min(1)
  @Max(100)
  errorWarningPercent: number = 5;

  /** Percent of failed requests of one process within five minutes: critical. */
  @Env('ALERT_ERROR_CRITICAL_PERCENT')
  @IsInt()
  @Min(1)
  @Max(100)
  errorCriticalPercent: number = 10;

  /** Milliseconds within which 99 of 100 requests of one process must be answered. */
  @Env('ALERT_RESPONSE_P99_MS')
  @IsInt()
  @Min(10)
  @Max(60_000)
  responseP99Ms: number = 2_000;

  /** Seconds that a due entry of a queue may wait. */
  @Env('ALERT_QUEUE_SECONDS')
  @IsInt()
  @Min(10)
  @Max(86_400)
  queueSeconds: number = 120;

  /** Seconds for which the outcome of a payment may be unknown. */
  @Env('ALERT_UNKNOWN_OUTCOME_SECONDS')
  @IsInt()
  @Min(60)
  @Max(604_800)
  unknownOutcomeSeconds: number = 3_600;

  /** Settings that are fine alone and wrong together. */
  *contradictions({ environment }: Deployment): Generator<ConfigProblem> {
    if (this.errorCriticalPercent < this.errorWarningPercent) {
      yield { variable: 'ALERT_ERROR_CRITICAL_PERCENT', reason: 'must not be below ALERT_ERROR_WARNING_PERCENT' };
    }
    if (environment === 'production' && this.webhookUrl?.startsWith('http:') === true) {
      yield { variable: 'ALERT_WEBHOOK_URL', reason: 'must be https in production' };
    }
  }
}
