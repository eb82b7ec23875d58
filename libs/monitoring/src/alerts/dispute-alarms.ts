import { Injectable, Logger } from '@nestjs/common';
import { NotificationsService } from '#operations';
import { type DisputeAlarm, DisputeDeadlinesRepository } from '#payments';
import { AppConfig, Database } from '#platform';

const BATCH_SIZE = 100;

/** How each alarm is told. */
const WORDS = {
  '7_days': { severity: 'warning', words: 'is due within 7 days' },
  '3_days': { severity: 'warning', words: 'is due within 3 days' },
  '24_hours': { severity: 'critical', words: 'is due within 24 hours' },
  overdue: { severity: 'critical', words: 'was not submitted in time' },
} as const;

/** Tells that the time to answer a dispute runs out: 7 days, 3 days and 24 hours before, and when it is over. Each once. */
@Injectable()
export class DisputeAlarms {
  private readonly logger = new Logger('DisputeAlarms');

  constructor(
    private readonly config: AppConfig,
    private readonly database: Database,
    private readonly deadlines: DisputeDeadlinesRepository,
    private readonly notifications: NotificationsService,
  ) {}

  /** Raises what is due; a job of the worker. An alarm and what is told of it commit together. @returns How many were raised. */
  raiseDue(): Promise<number> {
    return this.database.transaction(async (transaction) => {
      const alarms = await this.deadlines.raiseDue(transaction, BATCH_SIZE);
      for (const alarm of alarms) {
        const { disputeId, evidenceDueBy } = alarm;
        transaction.afterCommit(() => {
          this.logger.warn({ event: 'dispute_deadline', disputeId, alarm: alarm.alarm, evidenceDueBy: evidenceDueBy.toISOString() });
        });
        // Merchants are told in any case; whoever switched alerts off does not want to be.
        if (this.config.alerts.isOn) await this.notifications.tellOperators(transaction, messageOf(alarm));
      }
      return alarms.length;
    });
  }
}

function messageOf(alarm: DisputeAlarm): Parameters<NotificationsService['tellOperators']>[1] {
  const { disputeId, paymentId, merchantId, amountMinor, currency, reason, evidenceDueBy } = alarm;
  const { severity, words } = WORDS[alarm.alarm];
  const dueBy = evidenceDueBy.toISOString();
  return {
    subject: `[${severity}] dispute_due (${disputeId})`,
    text:
      `Evidence of dispute ${disputeId} ${words}: ${dueBy}\n\n` +
      `Payment ${paymentId} of merchant ${merchantId}, ${String(amountMinor)} minor units of ${currency}, reason: ${reason}\n` +
      'What to do: docs/operations.md, "UppDisputeDueSoon"',
    facts: {
      object: 'dispute_alarm',
      state: 'open',
      rule: 'dispute_due',
      severity,
      alarm: alarm.alarm,
      disputeId,
      paymentId,
      merchantId,
      dueBy,
    },
    dedupeKey: `${disputeId}:${alarm.alarm}:${dueBy}`,
  };
}
