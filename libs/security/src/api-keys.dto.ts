/** What clients send to and get from /api/admin/api-keys. */
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsArray, IsIn, IsISO8601, IsOptional, Matches } from 'class-validator';
import { IsSafeInteger, IsText } from '#platform';
import type { ApiKey } from './api-keys.repository.js';
import { KEY_SCOPES, type Scope } from './domain/scopes.js';

/** A key to be made. */
export class CreateApiKeyDto {
  /** For people: where the key is used. */
  @ApiProperty({ example: 'checkout server', minLength: 1, maxLength: 100 })
  @IsText(1, 100)
  name: string;

  /** The rights of a restricted key; without them the key is a secret key with all rights a key may hold. */
  @ApiPropertyOptional({ enum: KEY_SCOPES, isArray: true, minItems: 1, uniqueItems: true })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayUnique()
  @IsIn(KEY_SCOPES, { each: true })
  scopes?: Scope[];

  /** Networks that may use the key; any when there are none. */
  @ApiPropertyOptional({ type: [String], example: ['192.0.2.0/24'], maxItems: 50 })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(50)
  @IsText(1, 50, { each: true })
  allowedCidrs?: string[];

  @ApiPropertyOptional({ format: 'date-time', example: '2027-11-23T00:00:00Z' })
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  @Matches(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/)
  expiresAt?: string;
}

/** The overlap of a rotation. */
export class RotateApiKeyDto {
  /** Hours for which the old key stays in force, 0 to 168. */
  @ApiPropertyOptional({ type: 'integer', minimum: 0, maximum: 168, default: 24 })
  @IsOptional()
  @IsSafeInteger(0, 168)
  overlapHours: number = 24;
}

/** A key as it may be shown. */
export class ApiKeyResponse {
  @ApiProperty({ enum: ['api_key'] })
  object: 'api_key';

  @ApiProperty({ example: 'key_01jd8y3v5kq2e9c7x4m6n0r1st' })
  id: string;

  @ApiProperty()
  name: string;

  @ApiProperty({ enum: ['secret', 'restricted'] })
  kind: string;

  @ApiProperty()
  livemode: boolean;

  @ApiProperty({ minLength: 4, maxLength: 4 })
  last4: string;

  @ApiProperty({ type: [String] })
  scopes: string[];

  @ApiProperty({ type: [String] })
  allowedCidrs: string[];

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  expiresAt: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  revokedAt: string | null;

  /** To the hour. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  lastUsedAt: string | null;

  @ApiProperty()
  createdBy: string;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;

  /** Only in the answer to a creation or rotation: the key itself. It is shown once and stored nowhere. */
  @ApiPropertyOptional({ example: 'upp_test_sk_…' })
  key?: string;
}

/** A page of keys. */
export class ApiKeyListResponse {
  @ApiProperty({ enum: ['list'] })
  object: 'list';

  @ApiProperty({ type: [ApiKeyResponse] })
  data: ApiKeyResponse[];

  @ApiProperty()
  hasMore: boolean;
}

/** The client's view of a key. */
export function apiKeyResponseOf(apiKey: ApiKey, text?: string): ApiKeyResponse {
  const { id, name, kind, livemode, last4, scopes, allowedCidrs, createdBy } = apiKey;
  return {
    object: 'api_key',
    id,
    name,
    kind,
    livemode,
    last4,
    scopes,
    allowedCidrs,
    expiresAt: apiKey.expiresAt?.toISOString() ?? null,
    revokedAt: apiKey.revokedAt?.toISOString() ?? null,
    lastUsedAt: apiKey.lastUsedAt?.toISOString() ?? null,
    createdBy,
    createdAt: apiKey.createdAt.toISOString(),
    ...(text === undefined ? {} : { key: text }),
  };
}
