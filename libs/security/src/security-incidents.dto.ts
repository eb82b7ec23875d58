/** What clients send to and get from /api/admin/security-incidents. */
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { SECOND_MS } from '#kernel';
import { PageQuery } from '#platform';
import type { SecurityIncident } from './security-incidents.repository.js';

/** Which incidents. */
export class IncidentQuery extends PageQuery {
  @ApiPropertyOptional({ enum: ['open', 'acknowledged'] })
  @IsOptional()
  @IsIn(['open', 'acknowledged'])
  status?: 'open' | 'acknowledged';
}

/** One incident with the number of its repetitions. */
export class IncidentResponse {
  @ApiProperty({ enum: ['security_incident'] })
  object: 'security_incident';

  @ApiProperty({ example: 'inc_01jd8y3v5kq2e9c7x4m6n0r1st' })
  id: string;

  @ApiProperty({ example: 'rate_limit_exceeded' })
  type: string;

  @ApiProperty({ enum: ['low', 'medium', 'high', 'critical'] })
  severity: string;

  @ApiProperty({ type: String, nullable: true })
  merchantId: string | null;

  @ApiProperty({ type: String, nullable: true })
  subject: string | null;

  @ApiProperty({ type: String, nullable: true })
  ip: string | null;

  @ApiProperty({ type: String, nullable: true })
  userAgent: string | null;

  @ApiProperty({ type: 'object', additionalProperties: true })
  details: Record<string, unknown>;

  /** Until when what it concerns is blocked for it; null when it is not, or not any more. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  blockedUntil: string | null;

  @ApiProperty({ type: 'integer', minimum: 1 })
  count: number;

  @ApiProperty({ format: 'date-time' })
  firstSeenAt: string;

  @ApiProperty({ format: 'date-time' })
  lastSeenAt: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  acknowledgedAt: string | null;

  @ApiProperty({ type: String, nullable: true })
  acknowledgedBy: string | null;
}

/** A page of incidents. */
export class IncidentListResponse {
  @ApiProperty({ enum: ['list'] })
  object: 'list';

  @ApiProperty({ type: [IncidentResponse] })
  data: IncidentResponse[];

  @ApiProperty()
  hasMore: boolean;
}

/** The admin's view of an incident at an instant. */
export function incidentResponseOf(incident: SecurityIncident, now: Date): IncidentResponse {
  const { id, type, severity, merchantId, subject, ip, userAgent, details, count } = incident;
  return {
    object: 'security_incident',
    id,
    type,
    severity,
    merchantId,
    subject,
    ip,
    userAgent,
    details,
    blockedUntil: blockedUntil(incident, now)?.toISOString() ?? null,
    count,
    firstSeenAt: incident.firstSeenAt.toISOString(),
    lastSeenAt: incident.lastSeenAt.toISOString(),
    acknowledgedAt: incident.resolvedAt?.toISOString() ?? null,
    acknowledgedBy: incident.resolvedBy,
  };
}

/** A block begins with the breach that the incident saw last: while it lasts, requests are refused without a further report. */
function blockedUntil({ details, lastSeenAt }: SecurityIncident, now: Date): Date | null {
  const seconds = details['blockedSeconds'];
  if (typeof seconds !== 'number' || seconds <= 0) return null;
  const end = new Date(lastSeenAt.getTime() + seconds * SECOND_MS);
  return end > now ? end : null;
}
