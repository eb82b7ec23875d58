/** Looks whether something is wrong, opens and ends alerts, and has them told. */
import os from 'node:os';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock, MINUTE_MS, SECOND_MS } from '#kernel';
import { NotificationsService } from '#operations';
import { AppConfig, Database } from '#platform';
import { type AlertFinding, deploymentFindings, processFindings } from './alert-rules.js';
import { AlertReadings } from './alert-readings.js';
import { type Alert, AlertsRepository } from './alerts.repository.js';
import { RequestWindow } from './request-window.js';

const WINDOW_MS = 5 * MINUTE_MS;
/** Looks that must miss an alert before it is over: one slow look does not end it, and a dead process's alerts end too. */
const MISSED_LOOKS = 3;

/** Every process looks at itself; the worker's job looks at the deployment too. One alert is one row, whoever finds it. */
@Injectable()
export class AlertEngine implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('AlertEngine');
  private readonly window = new RequestWindow(WINDOW_MS);
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly config: AppConfig,
    private readonly database: Database,
    private readonly alerts: AlertsRepository,
    private readonly readings: AlertReadings,
    private readonly notifications: NotificationsService,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.config.alerts.isOn) return;
    this.timer = setInterval(() => {
      this.watchProcess().catch((error: unknown) => {
        this.logger.error({ event: 'alerts_not_evaluated', error });
      });
    }, this.config.alerts.intervalSeconds * SECOND_MS).unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** One look at this process's own requests. */
  async watchProcess(): Promise<void> {
    const figures = await this.window.read(this.clock.monotonicMs());
    await this.note(processFindings(figures, os.hostname(), this.config.alerts));
  }

  /** One look at the deployment, a job of the worker. @returns 0: there is no more work until the next look. */
  async watchDeployment(): Promise<number> {
    if (!this.config.alerts.isOn) return 0;
    await this.note(deploymentFindings(await this.readings.read(), this.config.alerts));
    await this.endUnseen();
    return 0;
  }

  private async note(findings: readonly AlertFinding[]): Promise<void> {
    for (const finding of findings) {
      await this.database.transaction(async (transaction) => {
        const alert = await this.alerts.note(transaction, finding, this.config.alerts.repeatHours);
        if (alert === null) return;
        this.logger.warn({
          event: 'alert_open',
          rule: alert.rule,
          subject: alert.subject,
          severity: alert.severity,
          summary: alert.summary,
        });
        const told = String(this.clock.now().getTime());
        await this.notifications.tellOperators(transaction, messageOf(alert, 'open', told));
      });
    }
  }

  private async endUnseen(): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const ended = await this.alerts.resolveUnseen(transaction, MISSED_LOOKS * this.config.alerts.intervalSeconds);
      for (const alert of ended) {
        this.logger.log({ event: 'alert_resolved', rule: alert.rule, subject: alert.subject });
        await this.notifications.tellOperators(transaction, messageOf(alert, 'resolved', ''));
      }
    });
  }
}

function messageOf(alert: Alert, state: 'open' | 'resolved', told: string): Parameters<NotificationsService['tellOperators']>[1] {
  const { id, rule, subject, severity, summary, openedAt } = alert;
  const what = subject === '' ? rule : `${rule} (${subject})`;
  return {
    subject: state === 'open' ? `[${severity}] ${what}` : `[resolved] ${what}`,
    text: `${summary}\n\nSince ${openedAt.toISOString()}\nWhat to do: docs/operations.md, "${rule}"\nAlert ${id}`,
    facts: { object: 'alert', id, state, rule, subject, severity, summary, openedAt: openedAt.toISOString() },
    dedupeKey: `${id}:${state}:${told}`,
  };
}
