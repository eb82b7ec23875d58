/** The states of a dispute as Stripe knows them, and which news may move it: one table for webhooks, our own calls and the books. */

/** Every state; `won`, `prevented` and `warning_closed` end a dispute, `lost` ends it unless it is appealed. */
export const DISPUTE_STATUSES = [
  'warning_needs_response',
  'warning_under_review',
  'warning_closed',
  'needs_response',
  'under_review',
  'won',
  'lost',
  'prevented',
] as const;

/** A state of a dispute. */
export type DisputeStatus = (typeof DISPUTE_STATUSES)[number];

/** Where a dispute stands: after a loss that was appealed it needs a response, and is under review, once more. */
export interface DisputePosition {
  readonly status: DisputeStatus;
  readonly isAppeal: boolean;
}

/**
 * The way of a dispute, one stage after the other; any may be skipped. An inquiry (`warning_…`) can become a dispute even after it was closed, a
 * loss can be appealed, and a loss can turn out to be won. What is won or prevented stays so.
 */
const WAY = [
  'warning_needs_response',
  'warning_under_review',
  'warning_closed',
  'needs_response',
  'under_review',
  'lost',
  'appeal_needs_response',
  'appeal_under_review',
  'appeal_lost',
  'won',
  'prevented',
] as const;

/**
 * What is to be done with news of a dispute.
 *
 * - `move`: it goes forward. `stay`: it is there already
 * - `late`: the news is from before; only its movements of money still count
 * - `fetch`: two truths fit, and only the object itself can tell
 */
export type DisputeMove = 'move' | 'stay' | 'late' | 'fetch';

/**
 * Decides what news does to a dispute. It only ever goes forward along {@link WAY}, so that late and repeated events change nothing.
 *
 * @param evidence - `hint` for an event's own body, which may be old; `snapshot` for an object that was fetched just now.
 */
export function nextDisputeStatus(current: DisputePosition, seen: DisputePosition, evidence: 'hint' | 'snapshot'): DisputeMove {
  if (current.status === 'won' || current.status === 'prevented') return seen.status === current.status ? 'stay' : 'late';
  // Stripe calls the loss of an appeal `lost` like the first one: an event cannot say which of the two it tells of.
  if (seen.status === 'lost' && current.isAppeal) {
    if (current.status === 'lost') return 'stay';
    return evidence === 'hint' ? 'fetch' : 'move';
  }
  const step = stageOf(seen) - stageOf(current);
  return step > 0 ? 'move' : step === 0 ? 'stay' : 'late';
}

/** Whether somebody at the merchant's must still say something. */
export function needsResponse(status: DisputeStatus): boolean {
  return status === 'needs_response' || status === 'warning_needs_response';
}

/** Whether a dispute is over, as far as anybody knows. */
export function isDisputeClosed(status: DisputeStatus): boolean {
  return status === 'won' || status === 'lost' || status === 'warning_closed' || status === 'prevented';
}

/** Whether the bank only asks: no money has moved. */
export function isInquiry(status: DisputeStatus): boolean {
  return status.startsWith('warning_');
}

/** The states in which the amount counts as disputed: the payer's bank has it, or has kept it. */
export const DISPUTED_STATUSES = ['needs_response', 'under_review', 'lost'] as const satisfies readonly DisputeStatus[];

function stageOf({ status, isAppeal }: DisputePosition): number {
  const isAppealed = isAppeal && (status === 'needs_response' || status === 'under_review' || status === 'lost');
  return WAY.indexOf(isAppealed ? `appeal_${status}` : status);
}
