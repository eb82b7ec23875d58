import { Injectable, Logger } from '@nestjs/common';
import type { Gauge } from 'prom-client';
import { Clock, SECOND_MS } from '#kernel';
import { BackupRunsRepository } from '#operations';
import { DisputeDeadlinesRepository, PaymentsRepository } from '#payments';
import {
  backFillBehindSeconds,
  backupAgeSeconds,
  backupRunFailed,
  databaseGaugesUp,
  disputesUnanswered,
  queueDue,
  queueOldestSeconds,
  reconciliationBreaks,
  restoreDrillAgeSeconds,
  unknownOutcomeOldestSeconds,
  unknownOutcomes,
  walArchiveAgeSeconds,
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
    backFillBehindSeconds.set(await this.queues.backFillBehindSeconds());
    // What is settled by now is gone; the kinds are few.
    reconciliationBreaks.reset();
    for (const { kind, count } of await this.queues.countBreaks()) reconciliationBreaks.set({ kind }, count);
    const { count, oldestSeconds } = await this.payments.unknownOutcomes();
    unknownOutcomes.set(count);
    unknownOutcomeOldestSeconds.set(oldestSeconds);
    for (const [hoursLeft, open] of Object.entries(await this.deadlines.countByHoursLeft()))
      disputesUnanswered.set({ hours_left: hoursLeft }, open);
    await this.readBackups();
  }

  private async readBackups(): Promise<void> {
    const ages = await this.backups.ages();
    setOrRemove(backupAgeSeconds, ages.backupAgeSeconds);
    setOrRemove(restoreDrillAgeSeconds, ages.drillAgeSeconds);
    setOrRemove(walArchiveAgeSeconds, ages.walAgeSeconds);
    if (ages.backupAgeSeconds === null) return;
    const failed = (await this.backups.failures()).map(({ kind }) => kind);
    for (const kind of ['backup', 'drill'] as const) backupRunFailed.set({ kind }, failed.includes(kind) ? 1 : 0);
  }
}

function setOrRemove(gauge: Gauge, value: number | null): void {
  if (value === null) gauge.remove();
  else gauge.set(value);
}
