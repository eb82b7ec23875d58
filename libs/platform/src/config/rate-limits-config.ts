import { IsIn, IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { Env } from './env.js';

const MAX_LIMIT = 1_000_000;

/** How often. The windows are fixed, the numbers of requests are the operator's. */
export class RateLimitsConfig {
  /** Where requests are counted: `postgres`, shared by all replicas, or `memory`, for a single process. REDIS_URL goes before. */
  @Env('RATE_LIMIT_STORAGE')
  @IsIn(['postgres', 'memory'])
  storage: string = 'postgres';

  /** redis://user:password@host:6379/0 or rediss://…; counts requests in Redis or Valkey instead. */
  @Env('REDIS_URL', { isSecret: true })
  @IsOptional()
  @Matches(/^rediss?:\/\//)
  redisUrl: string | null = null;

  /** Requests of any kind by one client network in 15 minutes. */
  @Env('RATE_LIMIT_API_PER_15_MINUTES')
  @IsInt()
  @Min(1)
  @Max(MAX_LIMIT)
  apiPer15Minutes: number = 1_000;

  /** Payments by one device in a minute; for gaming, iot and service the next three hold instead. */
  @Env('RATE_LIMIT_PAYMENTS_PER_MINUTE')
  @IsInt()
  @Min(1)
  @Max(MAX_LIMIT)
  paymentsPerMinute: number = 10;

  /** Payments by one device in a minute, business type gaming. */
  @Env('RATE_LIMIT_GAMING_PAYMENTS_PER_MINUTE')
  @IsInt()
  @Min(1)
  @Max(MAX_LIMIT)
  gamingPaymentsPerMinute: number = 20;

  /** Payments by one device in a minute, business type iot. */
  @Env('RATE_LIMIT_IOT_PAYMENTS_PER_MINUTE')
  @IsInt()
  @Min(1)
  @Max(MAX_LIMIT)
  iotPaymentsPerMinute: number = 50;

  /** Payments by one device in a minute, business type service. */
  @Env('RATE_LIMIT_SERVICE_PAYMENTS_PER_MINUTE')
  @IsInt()
  @Min(1)
  @Max(MAX_LIMIT)
  servicePaymentsPerMinute: number = 3;

  /** Attempts to sign in with one e-mail address from one client network in 15 minutes. */
  @Env('RATE_LIMIT_SIGN_IN_PER_15_MINUTES')
  @IsInt()
  @Min(1)
  @Max(MAX_LIMIT)
  signInPer15Minutes: number = 5;

  /** Attempts to sign in with one e-mail address from everywhere in an hour; beyond it answers come slower, nobody is locked out. */
  @Env('RATE_LIMIT_SIGN_IN_PER_EMAIL_PER_HOUR')
  @IsInt()
  @Min(1)
  @Max(MAX_LIMIT)
  signInPerEmailPerHour: number = 20;

  /** Devices registered by one client network in an hour. */
  @Env('RATE_LIMIT_DEVICE_REGISTRATIONS_PER_HOUR')
  @IsInt()
  @Min(1)
  @Max(MAX_LIMIT)
  deviceRegistrationsPerHour: number = 5;
}
