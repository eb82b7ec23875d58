/** What must not happen inside a request, as a table: each job is asked for work again and again, and waits while there is none. */
import { type INestApplicationContext } from '@nestjs/common';
import { ModelsService, ReviewsService } from '#fraud';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '#kernel';
import { AlertEngine, DisputeAlarms } from '#monitoring';
import { BackupsService, NotificationsService, ReconciliationService, RestoreDrillService, RetentionService } from '#operations';
import { AppConfig } from '#platform';
import { DisputeKeeper, FraudWarnings, PaymentAccumulator, PaymentCompleter, RefundsService, SavedMethodCompleter } from '#payments';
import { AuditSealer, CustomerPrivacyService, ErasedEventsService, KeyRotation } from '#security';
import { WebhookBackFill, WebhookDispatcher, WebhookPayloads } from '#webhooks';

/** One kind of background work. */
export interface Job {
  /** For logs. */
  readonly name: string;
  /** Pause after a round without work, or after an error. */
  readonly pauseMs: number;
  /** One round. @returns How much was done; more than 0 means that the next round follows at once. */
  readonly run: () => Promise<number>;
}

/** Every job of the worker besides the webhook inbox, which has its own loop because it can also be kicked. */
export function jobsOf(app: INestApplicationContext): readonly Job[] {
  const completer = app.get(PaymentCompleter);
  const refunds = app.get(RefundsService);
  const disputes = app.get(DisputeKeeper);
  const warnings = app.get(FraudWarnings);
  const accumulator = app.get(PaymentAccumulator);
  const reviews = app.get(ReviewsService);
  const models = app.get(ModelsService);
  const sealer = app.get(AuditSealer);
  const dispatcher = app.get(WebhookDispatcher);
  const backFill = app.get(WebhookBackFill);
  const reconciliation = app.get(ReconciliationService);
  return [
    { name: 'complete payments', pauseMs: SECOND_MS, run: () => completer.completeDue() },
    { name: 'complete refunds', pauseMs: 2 * SECOND_MS, run: () => refunds.completeDue({ source: 'completer', sourceId: null }) },
    { name: 'look after disputes', pauseMs: 2 * SECOND_MS, run: () => disputes.lookDue() },
    { name: 'complete saved payment methods', pauseMs: 2 * SECOND_MS, run: () => app.get(SavedMethodCompleter).completeDue() },
    { name: 'watch the deadlines of disputes', pauseMs: MINUTE_MS, run: () => app.get(DisputeAlarms, { strict: false }).raiseDue() },
    { name: 'refund payments with a warning of fraud', pauseMs: 5 * SECOND_MS, run: () => warnings.reactDue() },
    { name: 'charge sums of small payments', pauseMs: SECOND_MS, run: () => accumulator.chargeDue() },
    { name: 'settle small payments', pauseMs: SECOND_MS, run: () => accumulator.settleDue() },
    { name: 'deliver notifications', pauseMs: 2 * SECOND_MS, run: () => app.get(NotificationsService, { strict: false }).deliverDue() },
    {
      name: 'watch for alerts',
      pauseMs: app.get(AppConfig).alerts.intervalSeconds * SECOND_MS,
      run: () => app.get(AlertEngine, { strict: false }).watchDeployment(),
    },
    { name: 'make backups', pauseMs: MINUTE_MS, run: () => app.get(BackupsService, { strict: false }).makeDue() },
    { name: 'prove backups', pauseMs: MINUTE_MS, run: () => app.get(RestoreDrillService, { strict: false }).proveDue() },
    { name: 'remove what is over', pauseMs: 10 * MINUTE_MS, run: () => app.get(RetentionService, { strict: false }).cleanUp() },
    { name: 'let go of old payloads', pauseMs: 10 * MINUTE_MS, run: () => app.get(WebhookPayloads, { strict: false }).emptyDue() },
    { name: 'expire reviews', pauseMs: MINUTE_MS, run: () => reviews.expireOverdue() },
    { name: 'measure the drift of the fraud model', pauseMs: DAY_MS, run: () => models.measureDrift().then(() => 0) },
    { name: 'carry out reviews', pauseMs: 15 * SECOND_MS, run: () => reviews.carryOutUndone() },
    { name: 'seal the audit log', pauseMs: 2 * SECOND_MS, run: () => sealer.sealNext() },
    { name: 'seal anew under a new key', pauseMs: 10 * MINUTE_MS, run: () => app.get(KeyRotation).resealNext() },
    { name: 'take erased people out of events', pauseMs: MINUTE_MS, run: () => app.get(ErasedEventsService).redactNext() },
    { name: 'erase anew after a restore', pauseMs: MINUTE_MS, run: () => app.get(CustomerPrivacyService).eraseBroughtBack() },
    { name: 'send merchants their webhooks', pauseMs: SECOND_MS, run: () => dispatcher.dispatchDue() },
    // Each round tells at once whether a list is due; what it offered is no reason to look again.
    { name: 'look for events that never arrived', pauseMs: MINUTE_MS, run: () => backFill.readDue().then(() => 0) },
    { name: "compare yesterday with Stripe's books", pauseMs: HOUR_MS, run: () => reconciliation.compareDue().then(() => 0) },
  ];
}
