import { createHash } from 'node:crypto';
import { type RiskAssessment } from './domain/risk-score.js';
import { type FraudAttempt } from './fraud-attempt.js';

/** How many of the payments that points would block are looked at by a person instead. */
export interface ExplorationSettings {
  /** 0 … 20. */
  readonly percent: number;
  /** Minor units; null where none is looked at. */
  readonly upToMinor: number | null;
}

/** A would-be block that a person looks at. */
export interface Exploration {
  /** For how many would-be blocks it stands when frauds are counted and models are trained: one over the share that is looked at. */
  readonly weight: number;
}

/**
 * Whether this block is one of the few that go to review, so that it becomes known how right blocks are: of a payment that was blocked nobody
 * ever learns what it was.
 *
 * Only what points alone would block: never what a list or another floor blocks, nor what could not be judged. The same payment always gets the
 * same answer, so that a repeated transaction does, too.
 */
export function explorationOf(
  { paymentId, amount }: Pick<FraudAttempt, 'paymentId' | 'amount'>,
  { decision, isDegraded, findings }: RiskAssessment,
  { percent, upToMinor }: ExplorationSettings,
): Exploration | null {
  if (decision !== 'block' || isDegraded || percent === 0) return null;
  if (upToMinor === null || amount.amountMinor > upToMinor) return null;
  if (findings.some(({ mode, floor }) => mode === 'live' && floor !== null)) return null;
  return lotOf(paymentId) < percent / 100 ? { weight: 100 / percent } : null;
}

/** A number of [0, 1) that nobody who does not choose the payment's id can choose. */
function lotOf(paymentId: string): number {
  return createHash('sha256').update(`exploration:${paymentId}`).digest().readUInt32BE() / 2 ** 32;
}
