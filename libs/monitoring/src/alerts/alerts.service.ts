import { Injectable } from '@nestjs/common';
import { DomainError } from '#kernel';
import { Database } from '#platform';
import { type AuditContext, AuditLog } from '#security';
import { type Alert, AlertsRepository } from './alerts.repository.js';

/** There is no open alert of that id. */
export class AlertNotFoundError extends DomainError {
  constructor() {
    super('not_found', 'alert_not_found', 'There is no open alert of that id.');
  }
}

/** Alerts as operators see and acknowledge them. */
@Injectable()
export class AlertsService {
  constructor(
    private readonly database: Database,
    private readonly repository: AlertsRepository,
    private readonly auditLog: AuditLog,
  ) {}

  /** Open ones first, then the newest. */
  list(limit: number): Promise<Alert[]> {
    return this.repository.list(limit);
  }

  /** Says that somebody works on it: it is not told again. @throws AlertNotFoundError */
  acknowledge(id: string, by: AuditContext): Promise<Alert> {
    return this.database.transaction(async (transaction) => {
      const alert = await this.repository.acknowledge(transaction, id, by.actor);
      if (alert === null) throw new AlertNotFoundError();
      await this.auditLog.record(transaction, { ...by, merchantId: null, action: 'alert_acknowledged', objectId: id });
      return alert;
    });
  }
}
