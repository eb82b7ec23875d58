/** Writes security incidents down, off the request's path and without letting an attacker fill the table. */
import { createHash } from 'node:crypto';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Clock, DomainError, newId, SECOND_MS } from '#kernel';
import { Database, DatabaseUnavailableError } from '#platform';
import { AuditLog } from './audit/audit-log.js';
import type { IncidentReport } from './domain/incident.js';
import { networkOf } from './domain/network.js';
import { incidentsTotal } from './metrics.js';
import type { AuditActor } from './request-origin.js';
import {
  type IncidentFilter,
  type PendingIncident,
  type SecurityIncident,
  SecurityIncidentsRepository,
} from './security-incidents.repository.js';

// A flood of one kind costs one row and one statement a second; a crash loses at most this much.
const FLUSH_AFTER_MS = SECOND_MS;
// Different incidents that wait for the database at most; more than that is itself one incident, visible in the metric.
const MAX_PENDING = 1_000;
const MAX_FACT_LENGTH = 500;

/** There is no such incident for this merchant. */
export class IncidentNotFoundError extends DomainError {
  constructor() {
    super('not_found', 'incident_not_found', 'There is no such incident.');
  }
}

/** Collects reports for up to a second and writes each distinct one once. */
@Injectable()
export class SecurityIncidents implements OnApplicationShutdown {
  private readonly logger = new Logger('SecurityIncidents');
  private readonly pending = new Map<string, PendingIncident>();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly repository: SecurityIncidentsRepository,
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
  ) {}

  /** Takes note of an incident. It returns at once and never fails: the request has its own answer. */
  report(given: IncidentReport): void {
    const report = printable(given);
    incidentsTotal.inc({ type: report.type, severity: report.severity });
    const now = this.clock.now();
    const fingerprint = fingerprintOf(report);
    const key = fingerprint.toString('latin1');
    const known = this.pending.get(key);
    if (known !== undefined) {
      known.count += 1;
      known.lastSeenAt = now;
      return;
    }
    if (this.pending.size >= MAX_PENDING) return;
    this.pending.set(key, { id: newId('incident', now.getTime()), report, fingerprint, firstSeenAt: now, lastSeenAt: now, count: 1 });
    this.schedule();
  }

  /** A page of incidents, the newest first. `merchantId` null reads those of the whole deployment. */
  list(filter: IncidentFilter): Promise<SecurityIncident[]> {
    return this.repository.list(filter);
  }

  /** Closes an incident. @throws IncidentNotFoundError when this merchant has none of that id. */
  acknowledge(id: string, merchantId: string | null, by: AuditActor): Promise<SecurityIncident> {
    return this.database.transaction(async (transaction) => {
      const incident = await this.repository.resolve(transaction, id, merchantId, by.actor);
      if (incident === null) throw new IncidentNotFoundError();
      await this.auditLog.record(transaction, { ...by, merchantId: incident.merchantId, action: 'incident_acknowledged', objectId: id });
      return incident;
    });
  }

  /** Writes what waits now. */
  flush(): Promise<void> {
    this.running = this.running.then(() => this.writePending());
    return this.running;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.flush();
    clearTimeout(this.timer);
  }

  private schedule(): void {
    if (this.timer !== undefined) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.flush();
    }, FLUSH_AFTER_MS).unref();
  }

  private async writePending(): Promise<void> {
    for (const [key, incident] of [...this.pending]) {
      this.pending.delete(key);
      try {
        await this.repository.upsert(incident);
      } catch (error) {
        this.logger.error({ event: 'incident_not_written', type: incident.report.type, error });
        // Only what the database could not take now is tried again: one that it will never take must not stand in the way of the others.
        if (!(error instanceof DatabaseUnavailableError)) continue;
        if (!this.pending.has(key) && this.pending.size < MAX_PENDING) this.pending.set(key, incident);
        this.schedule();
        return;
      }
    }
  }
}

function fingerprintOf({ type, subject, merchantId, ip }: IncidentReport): Buffer {
  // The network, not the address: one IPv6 customer owns 2^64 addresses and would be as many incidents.
  const parts = [type, merchantId ?? '', subject ?? '', ip === undefined ? '' : networkOf(ip)];
  return createHash('sha256').update(JSON.stringify(parts)).digest();
}

/** Facts of an incident come from whoever caused it: control characters and halves of surrogate pairs, which PostgreSQL refuses, become '?'. */
function printable(report: IncidentReport): IncidentReport {
  return JSON.parse(JSON.stringify(report), (_key, value: unknown) =>
    typeof value === 'string'
      ? value
          .toWellFormed()
          .replace(/\p{Cc}/gu, '?')
          .slice(0, MAX_FACT_LENGTH)
      : value,
  ) as IncidentReport;
}
