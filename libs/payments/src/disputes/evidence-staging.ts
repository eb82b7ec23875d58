import { Injectable } from '@nestjs/common';
import { Database } from '#platform';
import { EVIDENCE_FIELDS } from '../domain/dispute-evidence.js';
import { PaymentGateway } from '../payment-gateway.js';
import { type ChangeSource } from '../payment.js';
import { DisputeMirror } from './dispute-mirror.js';
import { type Dispute } from './dispute.js';
import { EvidenceRepository } from './evidence.repository.js';

/** What came of staging a draft. */
export type StagingOutcome =
  { readonly kind: 'staged' } | { readonly kind: 'unknown' } | { readonly kind: 'refused'; readonly code: string };

/** Lays a draft down at Stripe, where it is seen and can still be changed: nothing is submitted. */
@Injectable()
export class EvidenceStaging {
  constructor(
    private readonly database: Database,
    private readonly evidence: EvidenceRepository,
    private readonly mirror: DisputeMirror,
    private readonly gateway: PaymentGateway,
  ) {}

  /**
   * Stages the present version. Safe to repeat: the same draft is the same state at Stripe.
   *
   * @returns `unknown` when Stripe did not answer, and the keeper tries again; `refused` with Stripe's code when it does not take the draft, which
   *   stays here to be changed.
   */
  async stage(dispute: Dispute, source: ChangeSource): Promise<StagingOutcome> {
    const evidence = await this.evidence.read(this.database, dispute);
    if (evidence === null) return { kind: 'staged' };
    const answer = await this.gateway.stageEvidence(dispute.stripeDisputeId, evidence);
    if (answer.outcome === 'unknown' || answer.outcome === 'not_sent') return { kind: 'unknown' };
    if (answer.outcome === 'failed') return { kind: 'refused', code: answer.code };
    if (answer.outcome === 'declined') return { kind: 'refused', code: answer.decline.code };
    const fields = EVIDENCE_FIELDS.filter((field) => evidence.fields[field] !== undefined);
    await this.database.transaction(async (transaction) => {
      await this.mirror.applyAnswer(transaction, answer.object, source);
      await this.evidence.markStaged(transaction, dispute, dispute.evidenceVersion, fields);
    });
    return { kind: 'staged' };
  }
}
