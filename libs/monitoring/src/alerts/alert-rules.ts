/** What is worth waking somebody for, as pure rules over what was read. docs/operations.md has a section for each. */
import type { FailedRun } from '#operations';
import type { AlertsConfig } from '#platform';
import type { QueueState } from '../queues.repository.js';

/** Something that is wrong now. */
export interface AlertFinding {
  /** The name of the rule; with `subject` it is one alert, however often it is found. */
  readonly rule: string;
  /** What is concerned: a queue, a host; empty for the whole deployment. */
  readonly subject: string;
  readonly severity: 'warning' | 'critical';
  readonly summary: string;
}

/** Requests of one process within the last minutes. */
export interface RequestFigures {
  readonly requests: number;
  readonly failed: number;
  /** Milliseconds; the upper bound of the histogram's bucket. */
  readonly p99Ms: number;
}

/** What the deployment looks like now. */
export interface DeploymentReadings {
  /** Of the last quarter of an hour. */
  readonly payments: { readonly made: number; readonly succeeded: number; readonly failed: number };
  readonly queues: readonly QueueState[];
  readonly deadWebhooks: number;
  /** Of Stripe's list of events. */
  readonly backFillBehindSeconds: number;
  /** Open differences between Stripe's books and ours. */
  readonly breaks: readonly { readonly kind: string; readonly count: number }[];
  readonly unknownOutcomeSeconds: number;
  readonly stripe: 'reachable' | 'key_refused' | 'unreachable' | null;
  /** Share of the certificate's lifetime that is left; 1 without one. */
  readonly certificateRatio: number;
  readonly criticalIncidents: number;
  /** Seconds; null while backups, drills, or base backups are switched off. */
  readonly backupAgeSeconds: number | null;
  readonly drillAgeSeconds: number | null;
  readonly walAgeSeconds: number | null;
  readonly failedRuns: readonly FailedRun[];
  /** The feature that has moved farthest from what the acting fraud model learned; null while none has drifted. */
  readonly modelDrift: { readonly feature: string; readonly stabilityIndex: number } | null;
}

// Fewer requests in five minutes say nothing about a share.
const MIN_REQUESTS = 20;
const DAY_SECONDS = 86_400;
const HOUR_SECONDS = 3_600;
const WAL_AGE_SECONDS = 300;
// Stripe forgets an event after 30 days: five are left to act.
const BACK_FILL_LOSING_SECONDS = 25 * DAY_SECONDS;
// What somebody did at Stripe without us, and fees, are no errors.
const HARMLESS_BREAKS: readonly string[] = ['foreign', 'fee_only'];

/** What is wrong with one process. */
export function processFindings({ requests, failed, p99Ms }: RequestFigures, host: string, limits: AlertsConfig): AlertFinding[] {
  if (requests < MIN_REQUESTS) return [];
  const percent = (100 * failed) / requests;
  const summary = `${percent.toFixed(1)} % of ${requests} requests failed within five minutes`;
  const findings: AlertFinding[] = [];
  if (percent > limits.errorCriticalPercent) findings.push({ rule: 'error_rate_critical', subject: host, severity: 'critical', summary });
  else if (percent > limits.errorWarningPercent) findings.push({ rule: 'error_rate_high', subject: host, severity: 'warning', summary });
  if (p99Ms > limits.responseP99Ms) {
    findings.push({
      rule: 'responses_slow',
      subject: host,
      severity: 'warning',
      summary: `One of a hundred requests takes up to ${p99Ms} ms`,
    });
  }
  return findings;
}

/** What is wrong with the deployment. */
export function deploymentFindings(readings: DeploymentReadings, limits: AlertsConfig): AlertFinding[] {
  const found: AlertFinding[] = [];
  const add: Add = (severity, rule, summary, subject = '') => {
    found.push({ rule, subject, severity, summary });
  };
  const { payments, queues, deadWebhooks, unknownOutcomeSeconds, stripe, certificateRatio, criticalIncidents } = readings;
  const finished = payments.succeeded + payments.failed;
  if (payments.made > limits.paymentMinimum && finished > 0 && (100 * payments.succeeded) / finished < limits.paymentSuccessPercent) {
    add('warning', 'payment_success_low', `Only ${payments.succeeded} of ${finished} payments succeeded within 15 minutes`);
  }
  for (const { queue, due, oldestSeconds } of queues) {
    if (oldestSeconds > limits.queueSeconds) {
      add('critical', 'queue_stuck', `${due} entries wait, the oldest for ${Math.round(oldestSeconds)} s`, queue);
    }
  }
  if (deadWebhooks > 0) add('warning', 'webhook_dead', `${deadWebhooks} webhook events could not be processed and wait for a person`);
  if (unknownOutcomeSeconds > limits.unknownOutcomeSeconds) {
    add('critical', 'unknown_outcome_old', `For ${Math.round(unknownOutcomeSeconds)} s nobody has known whether a payment took place`);
  }
  if (stripe === 'unreachable') add('critical', 'stripe_unreachable', 'Stripe does not answer');
  if (stripe === 'key_refused') add('critical', 'stripe_unreachable', 'Stripe refuses STRIPE_SECRET_KEY');
  if (certificateRatio < 1 / 3) {
    add('warning', 'certificate_expiring', `Only ${Math.round(100 * certificateRatio)} % of the lifetime of the certificate is left`);
  }
  if (criticalIncidents > 0) add('critical', 'security_incident_critical', `${criticalIncidents} critical security incidents are open`);
  findLosses(readings, add);
  findBackups(readings, add);
  if (readings.modelDrift !== null) {
    const { feature, stabilityIndex } = readings.modelDrift;
    add(
      'warning',
      'fraud_model_drifted',
      `${feature} is no longer what the fraud model learned: stability index ${stabilityIndex.toFixed(2)}`,
    );
  }
  return found;
}

type Add = (severity: AlertFinding['severity'], rule: string, summary: string, subject?: string) => void;

/** What Stripe has done and this product may not know. */
function findLosses({ backFillBehindSeconds, breaks }: DeploymentReadings, add: Add): void {
  const days = Math.floor(backFillBehindSeconds / DAY_SECONDS);
  if (backFillBehindSeconds > BACK_FILL_LOSING_SECONDS) {
    add('critical', 'webhook_back_fill_losing', `Stripe's list of events was not read for ${days} days; after 30 it forgets`);
  } else if (backFillBehindSeconds > DAY_SECONDS) {
    add('warning', 'webhook_back_fill_late', "Stripe's list of events was not read for more than a day");
  }
  const harmful = breaks.filter(({ kind }) => !HARMLESS_BREAKS.includes(kind)).reduce((sum, { count }) => sum + count, 0);
  if (harmful > 0) add('warning', 'reconciliation_breaks', `${harmful} differences between Stripe's books and ours are open`);
}

function findBackups(readings: DeploymentReadings, add: Add): void {
  const { backupAgeSeconds, drillAgeSeconds } = readings;
  if (backupAgeSeconds !== null && backupAgeSeconds > DAY_SECONDS + HOUR_SECONDS) {
    add('critical', 'backup_old', `The last good backup is ${Math.round(backupAgeSeconds / HOUR_SECONDS)} hours old`);
  }
  if (drillAgeSeconds !== null && drillAgeSeconds > 2 * DAY_SECONDS) {
    add(
      'warning',
      'restore_drill_old',
      `For ${Math.round(drillAgeSeconds / HOUR_SECONDS)} hours no backup has been restored to see that it works`,
    );
  }
  if (readings.walAgeSeconds !== null && readings.walAgeSeconds > WAL_AGE_SECONDS) {
    add('critical', 'wal_archive_old', `For ${Math.round(readings.walAgeSeconds)} s the WAL has not been archived`);
  }
  for (const { kind, error } of readings.failedRuns) {
    add('critical', 'backup_failed', `${kind === 'backup' ? 'The backup' : 'The restore drill'} failed: ${error}`, kind);
  }
}
