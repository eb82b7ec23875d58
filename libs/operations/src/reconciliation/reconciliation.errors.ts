/** The refusals of reconciliation; codes are documented in docs/api.md. */
import { DomainError } from '#kernel';

/** There is no such run. */
export class ReconciliationRunNotFoundError extends DomainError {
  constructor() {
    super('not_found', 'reconciliation_run_not_found', 'There is no such reconciliation run.');
  }
}

/** There is no such break, or it is another merchant's. */
export class ReconciliationBreakNotFoundError extends DomainError {
  constructor() {
    super('not_found', 'reconciliation_break_not_found', 'There is no such reconciliation break.');
  }
}

/** The day is not over at Stripe, or too long ago. */
export class ReconciliationDayError extends DomainError {
  constructor() {
    super('invalid', 'reconciliation_day_invalid', 'Name a day up to today, as 2026-11-01.', { param: 'day' });
  }
}
