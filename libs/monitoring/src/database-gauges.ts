import { Injectable, Logger } from '@nestjs/common';
import { Clock, SECOND_MS } from '#kernel';
import { BackupRunsRepository } from '#operations';
import { DisputeDeadlinesRepository, PaymentsRepository } from '#payments';
import {
  backupAgeSeconds,
  databaseGaugesUp,
  disputesUnanswered,
  queueDue,
  queueOldestSeconds,
  restoreDrillAgeSeconds,
  unknownOutcomeOldestSeconds,
  unknownOutcomes,
  webhookDead,
} from './metrics.js';
import { QueuesRepository } from './queues.repository.js';

// However many scrapers there are, the database is asked this often.
const READ_EVERY_MS = 15 * SECOND_MS;

/** The gauges whose truth lies in the database. */
@Injectable()
export class DatabaseGauges {
  private readonly logger = new Logger('DatabaseGauges');
  private readAtMs = -READ_EVERY_MS;

  constructor(
    private readonly queues: QueuesRepository,
    private readonly payments: PaymentsRepository,
    private readonly deadlines: DisputeDeadlinesRepository,
    private readonly backups: BackupRunsRepository,
    private readonly clock: Clock,
  ) {}

  /** Reads them again when they are older than 15 s. */
  async refresh(): Promise<void> {
    const nowMs = this.clock.monotonicMs();
    if (nowMs - this.readAtMs < READ_EVERY_MS) return;
    this.readAtMs = nowMs;
    try {
      await this.read();
      databaseGaugesUp.set(1);
    } catch (error) {
      // The scrape goes on: what this process counts itself is needed most when the database is away.
      databaseGaugesUp.set(0);
      this.logger.error({ event: 'database_gauges_failed', error });
    }
  }

  private async read(): Promise<void> {
    for (const { queue, due, oldestSeconds } of await this.queues.listQueues()) {
      queueDue.set({ queue }, due);
      queueOldestSeconds.set({ queue }, oldestSeconds);
    }
    webhookDead.set(await this.queues.countDeadWebhooks());
    const { count, oldestSeconds } = await this.payments.unknownOutcomes();
    unknownOutcomes.set(count);
    unknownOutcomeOldestSeconds.set(oldestSeconds);
    for (const [hoursLeft, open] of Object.entries(await this.deadlines.countByHoursLeft()))
      disputesUnanswered.set({ hours_left: hoursLeft }, open);
    const { backupAgeSeconds: backup, drillAgeSeconds: drill } = await this.backups.ages();
    if (backup === null) backupAgeSeconds.remove();
    else backupAgeSeconds.set(backup);
    if (drill === null) restoreDrillAgeSeconds.remove();
    else restoreDrillAgeSeconds.set(drill);
  }
}
