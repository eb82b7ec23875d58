import { Module } from '@nestjs/common';
import { PaymentsCoreModule } from '#payments';
import { SecurityCoreModule } from '#security';
import { WebhooksCoreModule } from '#webhooks';
import { DayComparison } from './day-comparison.js';
import { ReconciliationController } from './reconciliation.controller.js';
import { ReconciliationRepository } from './reconciliation.repository.js';
import { ReconciliationRepairs } from './reconciliation-repairs.js';
import { ReconciliationService } from './reconciliation.service.js';

/** Reconciliation without its routes: for the worker. */
@Module({
  imports: [PaymentsCoreModule, SecurityCoreModule, WebhooksCoreModule],
  providers: [DayComparison, ReconciliationRepairs, ReconciliationRepository, ReconciliationService],
  exports: [ReconciliationService],
})
export class ReconciliationCoreModule {}

/** Reconciliation with its routes. */
@Module({ imports: [ReconciliationCoreModule], controllers: [ReconciliationController], exports: [ReconciliationCoreModule] })
export class ReconciliationModule {}
