/** What clients send to and get from /api/admin/rate-limits. */
import { ApiProperty } from '@nestjs/swagger';
import { IsSafeInteger } from '#platform';
import { type RateLimitPolicy, TUNABLE_RATE_LIMITS } from '../domain/rate-limit-policy.js';
import type { MerchantRateLimit } from './merchant-rate-limits.repository.js';

/** A limit for one merchant. */
export class SetRateLimitDto {
  /** Requests in the limit's window. */
  @ApiProperty({ type: 'integer', minimum: 1, maximum: 1_000_000, example: 30 })
  @IsSafeInteger(1, 1_000_000)
  limit: number;
}

/** A limit as it holds for the merchant. */
export class RateLimitResponse {
  @ApiProperty({ enum: ['rate_limit'] })
  object: 'rate_limit';

  /** As in the `RateLimit-Policy` header. */
  @ApiProperty({ enum: TUNABLE_RATE_LIMITS })
  name: string;

  /** Requests in the window, per device or per client network. */
  @ApiProperty({ type: 'integer', example: 10 })
  limit: number;

  @ApiProperty({ type: 'integer', example: 60 })
  windowSeconds: number;

  /** Whose number it is. */
  @ApiProperty({ enum: ['deployment', 'merchant'] })
  source: 'deployment' | 'merchant';

  @ApiProperty({ type: String, nullable: true, example: 'user:usr_01jd8y3v5kq2e9c7x4m6n0r1st' })
  updatedBy: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  updatedAt: string | null;
}

/** The limits of a merchant. */
export class RateLimitListResponse {
  @ApiProperty({ enum: ['list'] })
  object: 'list';

  @ApiProperty({ type: [RateLimitResponse] })
  data: RateLimitResponse[];

  @ApiProperty()
  hasMore: boolean;
}

/** The admin's view of a limit. */
export function rateLimitResponseOf({ name, limit, windowMs }: RateLimitPolicy, own: MerchantRateLimit | undefined): RateLimitResponse {
  return {
    object: 'rate_limit',
    name,
    limit: own?.limit ?? limit,
    windowSeconds: windowMs / 1_000,
    source: own === undefined ? 'deployment' : 'merchant',
    updatedBy: own?.updatedBy ?? null,
    updatedAt: own?.updatedAt.toISOString() ?? null,
  };
}
