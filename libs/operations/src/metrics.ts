/** What this library counts, in prom-client's default registry. Labels are closed sets. */
import { Counter } from 'prom-client';

/** Mails and webhook calls to operators. */
export const notificationsTotal = new Counter({
  name: 'upp_notifications_total',
  help: 'Mails and webhook calls to operators by what came of the attempt.',
  labelNames: ['channel', 'outcome'] as const,
});

/** Rows that retention has removed. */
export const retentionRowsTotal = new Counter({
  name: 'upp_retention_rows_total',
  help: 'Rows removed because their time was over, by table.',
  labelNames: ['table'] as const,
});
