/** What fraud refuses, and why. */
import { DomainError } from '#kernel';

/** The value is not one of its kind. */
export class ListValueInvalidError extends DomainError {
  override readonly name = 'ListValueInvalidError';

  constructor(kind: string, param = 'value') {
    super('invalid', 'list_value_invalid', `The value is not a ${kind} that can be listed.`, { param });
  }
}

/** The value already stands in that list; `details.entryId` names the entry. */
export class ListEntryExistsError extends DomainError {
  override readonly name = 'ListEntryExistsError';

  constructor(entryId: string) {
    super('conflict', 'list_entry_exists', 'The value already has an active entry in this list.', { details: { entryId } });
  }
}

/** There is no active entry of that id for this merchant. */
export class ListEntryNotFoundError extends DomainError {
  override readonly name = 'ListEntryNotFoundError';

  constructor() {
    super('not_found', 'list_entry_not_found', 'There is no such active entry.');
  }
}

/** The file cannot be imported; `details.problems` names each line at fault. */
export class ListImportInvalidError extends DomainError {
  override readonly name = 'ListImportInvalidError';

  constructor(problems: readonly { readonly line: number; readonly problem: string }[]) {
    super('invalid', 'list_import_invalid', 'The file cannot be imported; nothing was added.', { param: 'csv', details: { problems } });
  }
}

/** There is no such review for this merchant in this mode. */
export class ReviewNotFoundError extends DomainError {
  override readonly name = 'ReviewNotFoundError';

  constructor() {
    super('not_found', 'review_not_found', 'There is no such review.');
  }
}

/** Somebody, or the clock, decided first; `details` names the decision that stands. */
export class ReviewClosedError extends DomainError {
  override readonly name = 'ReviewClosedError';

  constructor(closedReason: string, closedAt: Date | null) {
    super('conflict', 'review_closed', `The review was closed before: ${closedReason}.`, {
      details: { closedReason, closedAt: closedAt?.toISOString() ?? null },
    });
  }
}

/** Somebody else works on the review. */
export class ReviewClaimedError extends DomainError {
  override readonly name = 'ReviewClaimedError';

  constructor(claimedBy: string | null, claimedUntil: Date | null) {
    super('conflict', 'review_claimed', 'Somebody else has claimed the review.', {
      details: { claimedBy, claimedUntil: claimedUntil?.toISOString() ?? null },
    });
  }
}

/** The amount needs four eyes, and these two have approved already. */
export class SecondApproverRequiredError extends DomainError {
  override readonly name = 'SecondApproverRequiredError';

  constructor() {
    super('conflict', 'second_approver_required', 'Another person must approve this amount as well.');
  }
}

/** No money has moved yet, so that there is nothing to refund. */
export class ReviewNotRefundableError extends DomainError {
  override readonly name = 'ReviewNotRefundableError';

  constructor() {
    super('conflict', 'review_not_refundable', 'The payment is held before any money moved: reject it instead.');
  }
}

/** A review is put aside until a time that has passed. */
export class SnoozeInvalidError extends DomainError {
  override readonly name = 'SnoozeInvalidError';

  constructor() {
    super('invalid', 'parameter_invalid', 'The time must be in the future.', { param: 'until' });
  }
}

/** The rule set would not work; `details.problems` names everything that is wrong. */
export class RuleSetInvalidError extends DomainError {
  override readonly name = 'RuleSetInvalidError';

  constructor(problems: readonly string[]) {
    super('invalid', 'rule_set_invalid', 'The rule set cannot be saved; see problems.', { param: 'document', details: { problems } });
  }
}

/** There is no such version for this merchant. */
export class RuleSetNotFoundError extends DomainError {
  override readonly name = 'RuleSetNotFoundError';

  constructor() {
    super('not_found', 'rule_set_not_found', 'There is no such version of a rule set.');
  }
}

/** Somebody saved a version at the same moment. */
export class RuleSetTakenError extends DomainError {
  override readonly name = 'RuleSetTakenError';

  constructor() {
    super('conflict', 'rule_set_taken', 'Another version was saved at the same moment: look at it, then save again.', { advice: 'retry' });
  }
}

/** There is no such assessment for this merchant in this mode. */
export class AssessmentNotFoundError extends DomainError {
  override readonly name = 'AssessmentNotFoundError';

  constructor() {
    super('not_found', 'assessment_not_found', 'There is no such assessment.');
  }
}

/** The model may not act; `details.obstacles` says why. */
export class ModelNotPromotableError extends DomainError {
  override readonly name = 'ModelNotPromotableError';

  constructor(obstacles: readonly string[]) {
    super('conflict', 'model_not_promotable', `The model cannot be promoted: ${obstacles.join('; ')}.`, { details: { obstacles } });
  }
}

/** No model of that version acts or looks on. */
export class ModelNotFoundError extends DomainError {
  override readonly name = 'ModelNotFoundError';

  constructor() {
    super('not_found', 'model_not_found', 'No model of that version acts or looks on.');
  }
}
