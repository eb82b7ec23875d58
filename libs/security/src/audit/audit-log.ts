/** The audit log: what was done to money and to settings, by whom, in the transaction of the change itself. */
import { Injectable } from '@nestjs/common';
import { Database, type Queryable } from '#platform';

/** One line of the audit log. */
export interface AuditEntry {
  readonly merchantId: string | null;
  /** `actorOf(principal)`, or `system:<job>` for what the product does by itself. */
  readonly actor: string;
  /** Lower snake case, past tense: `refund_created`, `api_key_revoked`. */
  readonly action: string;
  readonly objectId?: string | null;
  /** The changed fields, before and after. No secrets; personal data only in sealed form. */
  readonly changes?: Readonly<Record<string, unknown>>;
  readonly reason?: string | null;
  readonly requestId?: string | null;
  readonly ip?: string | null;
}

/** A line as it was written. */
export interface AuditRecord {
  readonly sequence: number;
  readonly merchantId: string | null;
  readonly actor: string;
  readonly action: string;
  readonly objectId: string | null;
  readonly changes: Record<string, unknown> | null;
  readonly reason: string | null;
  readonly requestId: string | null;
  readonly ip: string | null;
  readonly createdAt: Date;
}

/** Which lines, and where a page begins. */
export interface AuditFilter {
  readonly merchantId: string | null;
  readonly objectId: string | null;
  readonly action: string | null;
  readonly before: number | null;
  readonly limit: number;
}

/** Appends to `audit_log`. A background sealer chains the lines later, so that a line costs one insert and no lock. */
@Injectable()
export class AuditLog {
  constructor(private readonly database: Database) {}

  /**
   * Writes the line in the caller's transaction: when it cannot be written, the change does not happen either.
   *
   * @param transaction - The transaction that makes the change.
   */
  async record(transaction: Queryable, entry: AuditEntry): Promise<void> {
    await transaction.query(
      `insert into audit_log (merchant_id, actor, action, object_id, changes, reason, request_id, ip)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        entry.merchantId,
        entry.actor,
        entry.action,
        entry.objectId ?? null,
        entry.changes === undefined ? null : JSON.stringify(entry.changes),
        entry.reason ?? null,
        entry.requestId ?? null,
        entry.ip ?? null,
      ],
    );
  }

  /** A page of lines, the newest first. `merchantId` null reads those of the whole deployment. */
  list(filter: AuditFilter): Promise<AuditRecord[]> {
    return this.database.query<AuditRecord & Record<string, unknown>>(
      `select sequence, merchant_id as "merchantId", actor, action, object_id as "objectId", changes, reason, request_id as "requestId",
              host(ip) as ip, created_at as "createdAt"
         from audit_log
        where ($1::text is null or merchant_id = $1) and ($2::text is null or object_id = $2)
          and ($3::text is null or action = $3) and ($4::bigint is null or sequence < $4)
        order by sequence desc limit $5`,
      [filter.merchantId, filter.objectId, filter.action, filter.before, filter.limit],
    );
  }
}
