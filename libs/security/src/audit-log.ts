/** The audit log: what was done to money and to settings, by whom, in the transaction of the change itself. */
import { Injectable } from '@nestjs/common';
import type { Queryable } from '#platform';

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

/** Appends to `audit_log`. A background sealer chains the lines later, so that a line costs one insert and no lock. */
@Injectable()
export class AuditLog {
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
}
