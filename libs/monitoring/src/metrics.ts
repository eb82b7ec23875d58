/** What is read when Prometheus asks, rather than counted when it happens. Values from the database are the same on every replica: use max(). */
import { Gauge, register } from 'prom-client';

/** Connections of this process's pool. */
export const databasePoolConnections = new Gauge({
  name: 'upp_database_pool_connections',
  help: 'Connections of the pool by state; "waiting" are requests that wait for one.',
  labelNames: ['state'] as const,
});

/** Rows of the leased tables that are due. */
export const queueDue = new Gauge({
  name: 'upp_queue_due',
  help: 'Entries of a queue whose time has come, the ones being worked on included.',
  labelNames: ['queue'] as const,
});

/** How long the oldest due row has waited. */
export const queueOldestSeconds = new Gauge({
  name: 'upp_queue_oldest_seconds',
  help: 'For how long the oldest due entry of a queue has waited.',
  labelNames: ['queue'] as const,
});

/** Dead letters of the webhook inbox. */
export const webhookDead = new Gauge({
  name: 'upp_webhook_dead',
  help: 'Webhook events whose last attempt failed and that wait for a person.',
});

/** How far the back-fill of Stripe's events is behind; Stripe forgets after 30 days. */
export const backFillBehindSeconds = new Gauge({
  name: 'upp_webhook_back_fill_behind_seconds',
  help: "Seconds of Stripe's events that the back-fill has not read yet.",
});

/** Open differences of the reconciliation. */
export const reconciliationBreaks = new Gauge({
  name: 'upp_reconciliation_breaks',
  help: "Open differences between Stripe's books and ours, by kind.",
  labelNames: ['kind'] as const,
});

/** Payments of which nobody knows whether money moved. */
export const unknownOutcomes = new Gauge({
  name: 'upp_payment_unknown_outcomes',
  help: 'Payments of which nobody knows yet whether money has moved.',
});

/** The product's time to certainty. */
export const unknownOutcomeOldestSeconds = new Gauge({
  name: 'upp_payment_unknown_outcome_oldest_seconds',
  help: 'Age of the oldest unknown outcome of a payment.',
});

/** Disputes that wait for an answer, by how much time is left. */
export const disputesUnanswered = new Gauge({
  name: 'upp_disputes_unanswered',
  help: 'Disputes that wait for evidence, by the hours that are left: overdue, up to 24, 72 or 168, later.',
  labelNames: ['hours_left'] as const,
});

/** Event-loop delay as health sees it. */
export const eventLoopDelaySeconds = new Gauge({
  name: 'upp_event_loop_delay_seconds',
  help: '99th percentile of the event-loop delay within the last 10 to 20 seconds.',
});

/** Health as numbers. */
export const dependencyHealth = new Gauge({
  name: 'upp_dependency_health',
  help: 'Health of what this process depends on: 1 up, 0.5 degraded, 0 down.',
  labelNames: ['dependency'] as const,
});

/** The share of the certificate's lifetime that is left. */
export const certificateRemainingRatio = new Gauge({
  name: 'upp_certificate_remaining_ratio',
  help: 'Share of the lifetime of the certificate in use that is left; 1 where this process terminates no TLS.',
});

/** Age of the newest backup that was made whole. */
export const backupAgeSeconds = new Gauge({
  name: 'upp_backup_age_seconds',
  help: 'Age of the newest good backup; of the deployment itself while there is none. Absent where backups are switched off.',
});

/** Age of the last restore that proved a backup. */
export const restoreDrillAgeSeconds = new Gauge({
  name: 'upp_restore_drill_age_seconds',
  help: 'Time since a backup was last restored and verified; since the first backup while none was. Absent where drills are switched off.',
});

/** How long the WAL has waited. */
export const walArchiveAgeSeconds = new Gauge({
  name: 'upp_wal_archive_age_seconds',
  help: 'For how long a full segment of the WAL has waited to be archived, 0 while none does. Absent unless BACKUP_METHOD is base.',
});

/** Whether the last run ended badly. */
export const backupRunFailed = new Gauge({
  name: 'upp_backup_run_failed',
  help: 'Whether the newest run of that kind, backup or drill, failed: 1 or 0. Absent where backups are switched off.',
  labelNames: ['kind'] as const,
});

/** Whether the gauges from the database could be read. */
export const databaseGaugesUp = new Gauge({
  name: 'upp_database_gauges_up',
  help: 'Whether the gauges that come from the database could be read: 1 or 0.',
});

// Gauges that end in "_total" by name: promtool refuses them, and the resource types say the same.
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** Removes what prom-client's defaults name against Prometheus's own rules. */
export function removeMisnamedDefaults(): void {
  for (const name of MISNAMED) register.removeSingleMetric(name);
}
