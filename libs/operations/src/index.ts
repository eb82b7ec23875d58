/** Operations: what keeps a deployment going besides serving requests. */
export { BackupUnreadableError } from './backups/backup-cipher.js';
export { type BackupAges, BackupRunsRepository } from './backups/backup-runs.repository.js';
export { BackupsOffError, BackupsService, type MadeBackup } from './backups/backups.service.js';
export { PostgresToolError } from './backups/postgres-tools.js';
export { DrillFailedError, type DrillReport, RestoreDrillService } from './backups/restore-drill.service.js';
export { NotificationsService, type OperatorMessage } from './notifications.service.js';
export { OperationsModule } from './operations.module.js';
export { RetentionService } from './retention.service.js';
