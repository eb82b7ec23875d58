/** The refusals of disputes; codes are documented in docs/api.md. */
import { DomainError } from '#kernel';

/** There is no such dispute, or it is another merchant's or mode's: the caller cannot tell which. */
export class DisputeNotFoundError extends DomainError {
  constructor() {
    super('not_found', 'dispute_not_found', 'There is no such dispute.');
  }
}

/** The payer's bank has the money, or asks for it: a refund would pay it twice, or needs somebody who may decide that. */
export class ChargeDisputedError extends DomainError {
  /** @param dispute - `isChargeRefundable` says whether `force` can help. */
  constructor({ id, status, isChargeRefundable }: { readonly id: string; readonly status: string; readonly isChargeRefundable: boolean }) {
    super(
      'conflict',
      'charge_disputed',
      isChargeRefundable
        ? 'The payment is disputed. Who may answer disputes can refund it with force.'
        : 'The payment is disputed and its money is with the bank: it cannot be refunded.',
      { details: { dispute: { id, status, isChargeRefundable } }, advice: isChargeRefundable ? 'fix' : 'do_not_retry' },
    );
  }
}

/** The dispute waits for no answer; `dispute` is its current state. */
export class DisputeStateError extends DomainError {
  constructor(dispute: { readonly status: string }) {
    super('conflict', 'dispute_unexpected_state', `A dispute that is ${dispute.status} takes no answer.`, {
      details: { dispute },
      advice: 'do_not_retry',
    });
  }
}

/** The dispute was answered already, which can be done once; `dispute` says how. */
export class DisputeAnsweredError extends DomainError {
  constructor(dispute: unknown) {
    super('conflict', 'dispute_already_answered', 'The dispute was answered already.', { details: { dispute }, advice: 'do_not_retry' });
  }
}

/** The time for an answer is over. */
export class EvidencePastDueError extends DomainError {
  constructor(dueBy: Date) {
    super('conflict', 'evidence_past_due', `Evidence was due by ${dueBy.toISOString()}.`, { advice: 'do_not_retry' });
  }
}

/** The draft is another one than the caller has read; `evidenceVersion` is that of the present one. */
export class EvidenceVersionError extends DomainError {
  constructor(evidenceVersion: number) {
    super('conflict', 'evidence_version_conflict', 'The evidence was changed meanwhile: read it again.', {
      param: 'evidenceVersion',
      details: { evidenceVersion },
    });
  }
}

/** There is nothing to submit. */
export class EvidenceMissingError extends DomainError {
  constructor() {
    super('unprocessable', 'evidence_missing', 'There is no evidence yet.');
  }
}

/** The payer was erased, and the evidence with them. */
export class EvidenceErasedError extends DomainError {
  constructor() {
    super('conflict', 'evidence_erased', 'The payer was erased on request, and what named them in the evidence with them.', {
      advice: 'do_not_retry',
    });
  }
}

/** All fields together are longer than Stripe takes. */
export class EvidenceTooLongError extends DomainError {
  constructor(length: number, limit: number) {
    super('unprocessable', 'evidence_too_long', `The evidence has ${String(length)} characters, and may have ${String(limit)}.`, {
      details: { length, limit },
    });
  }
}

/** Stripe holds these fields already: they can be replaced, not taken back. */
export class EvidenceStagedError extends DomainError {
  constructor(fields: readonly string[]) {
    super('unprocessable', 'evidence_staged', `Stripe has ${fields.join(', ')} staged: what is staged can be replaced, not removed.`, {
      details: { fields },
    });
  }
}

/** The earlier payments do not show by the network's rules that the disputed one was the payer's. */
export class CompellingEvidenceError extends DomainError {
  constructor(problems: readonly string[]) {
    super('unprocessable', 'compelling_evidence_invalid', 'The earlier payments do not meet the rules of the network.', {
      param: 'compelling',
      details: { problems },
    });
  }
}

/** Stripe refused what it was sent; nothing has changed there. */
export class DisputeAnswerRefusedError extends DomainError {
  constructor(gatewayCode: string, dispute: unknown) {
    super('unprocessable', 'dispute_answer_refused', 'Stripe does not accept this for the dispute.', { details: { gatewayCode, dispute } });
  }
}

/** Stripe takes no requests now, and nothing was sent. */
export class DisputeAnswerNotSentError extends DomainError {
  constructor(retryAfterSeconds: number) {
    super('unavailable', 'dispute_answer_not_sent', 'Stripe takes no requests now, and nothing was sent: try again.', {
      retryAfterSeconds,
      advice: 'retry',
    });
  }
}
