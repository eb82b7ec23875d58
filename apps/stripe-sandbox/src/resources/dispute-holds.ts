/** Whether a charge's money is with the payer's bank. */
import { type Account } from '../account.js';

/** Whether a dispute holds a charge's money: such a charge cannot be refunded. */
export function holdsMoney(account: Account, chargeId: string): boolean {
  for (const dispute of account.disputes.all()) {
    if (dispute.charge === chargeId && dispute.status !== 'won' && !dispute.status.startsWith('warning_')) return true;
  }
  return false;
}
