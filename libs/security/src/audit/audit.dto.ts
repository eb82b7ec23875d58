/** What clients send to and get from /api/admin/audit. */
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsOptional } from 'class-validator';
import { IsSafeInteger, IsText, PageQuery } from '#platform';
import type { AuditRecord } from './audit-log.js';
import type { AuditVerification } from './audit-verifier.js';

/** Which lines. `startingAfter` is the number of the last line of the page before. */
export class AuditQuery extends PageQuery {
  /** The object that was changed. */
  @ApiPropertyOptional({ example: 'pay_01jd8y3v5kq2e9c7x4m6n0r1st', minLength: 1, maxLength: 64 })
  @IsOptional()
  @IsText(1, 64)
  objectId?: string;

  @ApiPropertyOptional({ example: 'refund_created', minLength: 1, maxLength: 64 })
  @IsOptional()
  @IsText(1, 64)
  action?: string;
}

/** Where a verification begins. */
export class VerifyQuery {
  /** Position in the chain; 1 is the first link. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, default: 1 })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value))
  @IsSafeInteger(1)
  from: number = 1;
}

/** One line. */
export class AuditRecordResponse {
  @ApiProperty({ enum: ['audit_record'] })
  object: 'audit_record';

  /** Number of the line; later lines have higher ones. */
  @ApiProperty({ type: String, example: '1042' })
  id: string;

  @ApiProperty({ type: String, nullable: true })
  merchantId: string | null;

  @ApiProperty({ example: 'user:usr_01jd8y3v5kq2e9c7x4m6n0r1st' })
  actor: string;

  @ApiProperty({ example: 'api_key_revoked' })
  action: string;

  @ApiProperty({ type: String, nullable: true })
  objectId: string | null;

  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  changes: Record<string, unknown> | null;

  @ApiProperty({ type: String, nullable: true })
  reason: string | null;

  @ApiProperty({ type: String, nullable: true })
  requestId: string | null;

  @ApiProperty({ type: String, nullable: true })
  ip: string | null;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;
}

/** A page of lines, the newest first. */
export class AuditListResponse {
  @ApiProperty({ enum: ['list'] })
  object: 'list';

  @ApiProperty({ type: [AuditRecordResponse] })
  data: AuditRecordResponse[];

  @ApiProperty()
  hasMore: boolean;
}

/** The first broken place of the chain. */
export class BrokenLinkResponse {
  @ApiProperty({ example: 'line_changed' })
  fault: string;

  @ApiProperty({ type: 'integer', nullable: true })
  position: number | null;

  @ApiProperty({ type: 'integer', nullable: true })
  sequence: number | null;
}

/** The outcome of a verification of at most 50 000 links. */
export class VerificationResponse {
  @ApiProperty({ enum: ['audit_verification'] })
  object: 'audit_verification';

  @ApiProperty()
  isIntact: boolean;

  @ApiProperty({ type: BrokenLinkResponse, nullable: true })
  firstBroken: BrokenLinkResponse | null;

  @ApiProperty({ type: 'integer' })
  checkedLinks: number;

  @ApiProperty({ type: 'integer' })
  checkedCheckpoints: number;

  /** Where to go on, as `from`; null when the end was reached. */
  @ApiProperty({ type: 'integer', nullable: true })
  nextPosition: number | null;

  /** Ed25519, for an auditor who keeps checkpoints elsewhere. */
  @ApiProperty()
  publicKey: string;
}

/** The admin's view of a line. */
export function auditRecordResponseOf(record: AuditRecord): AuditRecordResponse {
  const { sequence, createdAt, ...rest } = record;
  return { object: 'audit_record', id: String(sequence), ...rest, createdAt: createdAt.toISOString() };
}

/** The admin's view of a verification. */
export function verificationResponseOf(verification: AuditVerification, publicKey: string): VerificationResponse {
  return { object: 'audit_verification', ...verification, publicKey };
}
