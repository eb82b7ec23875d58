/** Operations: what keeps the books and the machines in order. */
export { ReconciliationCoreModule, ReconciliationModule } from './reconciliation/reconciliation.module.js';
export type { RepairResult } from './reconciliation/reconciliation-repairs.js';
export { ReconciliationService } from './reconciliation/reconciliation.service.js';
