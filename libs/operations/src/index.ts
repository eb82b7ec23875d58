/** Operations: what keeps the books and the machines in order. */
export { ReconciliationCoreModule, ReconciliationModule } from './reconciliation/reconciliation.module.js';
export { ReconciliationService, type RepairResult } from './reconciliation/reconciliation.service.js';
