/** The refusals of disputes; codes are documented in docs/api.md. */
import { DomainError } from '#kernel';

/** There is no such dispute, or it is another merchant's or mode's: the caller cannot tell which. */
export class DisputeNotFoundError extends DomainError {
  override readonly name = 'DisputeNotFoundError';

  constructor() {
    super('not_found', 'dispute_not_found', 'There is no such dispute.');
  }
}

/** The payer's bank has the money, or asks for it: a refund would pay it twice, or needs somebody who may decide that. */
export class ChargeDisputedError extends DomainError {
  override readonly name = 'ChargeDisputedError';

  /** @param dispute - `isChargeRefundable` says whether `force` can help. */
  constructor(dispute: { readonly id: string; readonly status: string; readonly isChargeRefundable: boolean }) {
    super(
      'conflict',
      'charge_disputed',
      dispute.isChargeRefundable
        ? 'The payment is disputed. Who may answer disputes can refund it with force.'
        : 'The payment is disputed and its money is with the bank: it cannot be refunded.',
      { details: { dispute }, advice: dispute.isChargeRefundable ? 'fix' : 'do_not_retry' },
    );
  }
}
