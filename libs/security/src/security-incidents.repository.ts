/** The table `security_incidents`. */
import { Injectable } from '@nestjs/common';
import { Database, type Queryable } from '#platform';
import type { IncidentReport } from './domain/incident.js';

/** Repetitions of one incident that are written as one row. */
export interface PendingIncident {
  readonly id: string;
  readonly report: IncidentReport;
  readonly fingerprint: Buffer;
  readonly firstSeenAt: Date;
  lastSeenAt: Date;
  count: number;
}

/** One incident as the admin sees it. */
export interface SecurityIncident {
  readonly id: string;
  readonly merchantId: string | null;
  readonly type: string;
  readonly severity: string;
  readonly subject: string | null;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly details: Record<string, unknown>;
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
  readonly count: number;
  readonly resolvedAt: Date | null;
  readonly resolvedBy: string | null;
}

/** Which incidents, and where a page begins. */
export interface IncidentFilter {
  readonly merchantId: string | null;
  readonly isOpen: boolean | null;
  readonly before: string | null;
  readonly limit: number;
}

const COLUMNS = `id, merchant_id as "merchantId", type, severity, subject, host(ip) as ip, user_agent as "userAgent", details,
  first_seen_at as "firstSeenAt", last_seen_at as "lastSeenAt", count, resolved_at as "resolvedAt", resolved_by as "resolvedBy"`;

/** Reads and writes of incidents. */
@Injectable()
export class SecurityIncidentsRepository {
  constructor(private readonly database: Database) {}

  /** Adds to the open incident of the same fingerprint, or opens one. */
  async upsert({ id, report, fingerprint, firstSeenAt, lastSeenAt, count }: PendingIncident): Promise<void> {
    await this.database.query(
      `insert into security_incidents
         (id, merchant_id, type, severity, fingerprint, subject, ip, user_agent, details, first_seen_at, last_seen_at, count)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
       on conflict (fingerprint) where resolved_at is null do update
         set count = security_incidents.count + excluded.count,
             last_seen_at = greatest(security_incidents.last_seen_at, excluded.last_seen_at),
             ip = excluded.ip, user_agent = excluded.user_agent, details = excluded.details`,
      [
        id,
        report.merchantId ?? null,
        report.type,
        report.severity,
        fingerprint,
        report.subject ?? null,
        report.ip ?? null,
        report.userAgent?.slice(0, 500) ?? null,
        JSON.stringify(report.details ?? {}),
        firstSeenAt,
        lastSeenAt,
        count,
      ],
    );
  }

  /** A page of incidents, the newest first. `merchantId` null reads those of the whole deployment. */
  list(filter: IncidentFilter): Promise<SecurityIncident[]> {
    return this.database.query<SecurityIncident & Record<string, unknown>>(
      `select ${COLUMNS} from security_incidents
        where ($1::text is null or merchant_id = $1)
          and ($2::boolean is null or (resolved_at is null) = $2)
          and ($3::text is null or id < $3)
        order by id desc limit $4`,
      [filter.merchantId, filter.isOpen, filter.before, filter.limit],
    );
  }

  /** Closes an open incident; one that is closed already stays as it was. Null when there is none of this merchant. */
  async resolve(transaction: Queryable, id: string, merchantId: string | null, by: string): Promise<SecurityIncident | null> {
    const rows = await transaction.query<SecurityIncident & Record<string, unknown>>(
      `update security_incidents set resolved_at = coalesce(resolved_at, now()), resolved_by = coalesce(resolved_by, $3)
        where id = $1 and ($2::text is null or merchant_id = $2) returning ${COLUMNS}`,
      [id, merchantId, by],
    );
    return rows[0] ?? null;
  }
}
