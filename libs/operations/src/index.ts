/** Operations: what keeps the books and the machines in order. */
export { BackupUnreadableError } from './backups/backup-cipher.js';
export { type BackupAges, BackupRunsRepository, type FailedRun } from './backups/backup-runs.repository.js';
export { BackupsOffError } from './backups/backup-store.js';
export { BackupsService, type MadeBackup } from './backups/backups.service.js';
export type { RestoredFolder, RestoreTarget } from './backups/base-backup.js';
export { PostgresToolError } from './backups/postgres-tools.js';
export { type DrillReport, RestoreDrillService } from './backups/restore-drill.service.js';
export { DrillFailedError } from './backups/verify-restored.js';
export { NotificationsService, type OperatorMessage } from './notifications.service.js';
export { OperationsModule } from './operations.module.js';
export { RetentionService } from './retention.service.js';
export { ReconciliationCoreModule, ReconciliationModule } from './reconciliation/reconciliation.module.js';
export type { RepairResult } from './reconciliation/reconciliation-repairs.js';
export { ReconciliationService } from './reconciliation/reconciliation.service.js';
