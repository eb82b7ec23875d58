import { Module } from '@nestjs/common';
import { SecurityCoreModule } from '#security';
import { BackupRunsRepository } from './backups/backup-runs.repository.js';
import { BackupsService } from './backups/backups.service.js';
import { RestoreDrillService } from './backups/restore-drill.service.js';
import { Mailer } from './mailer.js';
import { NotificationsRepository } from './notifications.repository.js';
import { NotificationsService } from './notifications.service.js';
import { RetentionService } from './retention.service.js';

/** Notifications, backups and retention; without routes. */
@Module({
  imports: [SecurityCoreModule],
  providers: [
    BackupRunsRepository,
    BackupsService,
    Mailer,
    NotificationsRepository,
    NotificationsService,
    RestoreDrillService,
    RetentionService,
  ],
  exports: [BackupRunsRepository, BackupsService, NotificationsService, RestoreDrillService, RetentionService],
})
export class OperationsModule {}
