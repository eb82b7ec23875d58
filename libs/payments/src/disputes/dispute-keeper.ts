import { Injectable, Logger } from '@nestjs/common';
import { isDisputeClosed, needsResponse } from '../domain/dispute-status.js';
import { PaymentGateway } from '../payment-gateway.js';
import { type ChangeSource } from '../payment.js';
import { DisputeAnswers } from './dispute-answers.service.js';
import { DisputeEvidenceService } from './dispute-evidence.service.js';
import { type Dispute } from './dispute.js';
import { DisputesRepository } from './disputes.repository.js';
import { EvidenceAssembler } from './evidence-assembler.js';
import { EvidenceStaging } from './evidence-staging.js';

// One claim's worth: each look takes at most three calls of 9 s, and all end before the lease does.
const BATCH_SIZE = 10;
const LEASE_SECONDS = 60;
const SOURCE: ChangeSource = { source: 'completer', sourceId: null };
/** Looks after which evidence is assembled without what the processor would say of the charge. */
const PATIENCE = 4;

/** Does for disputes what no request waits for: evidence for those that arrived, staging that failed, answers whose outcome nobody knows. */
@Injectable()
export class DisputeKeeper {
  private readonly logger = new Logger(DisputeKeeper.name);

  constructor(
    private readonly disputes: DisputesRepository,
    private readonly evidence: DisputeEvidenceService,
    private readonly assembler: EvidenceAssembler,
    private readonly staging: EvidenceStaging,
    private readonly answers: DisputeAnswers,
    private readonly gateway: PaymentGateway,
  ) {}

  /** Looks at the disputes that are due; a job of the worker. @returns How many there were. */
  async lookDue(): Promise<number> {
    const due = await this.disputes.claimDue(BATCH_SIZE, LEASE_SECONDS);
    await Promise.all(
      due.map(async (dispute) => {
        try {
          if (await this.look(dispute)) await this.disputes.rest(dispute);
        } catch (error) {
          // Its lease runs out and it is looked at again; the others must not wait for it.
          this.logger.error({ event: 'dispute_look_failed', disputeId: dispute.id, error });
        }
      }),
    );
    return due.length;
  }

  /** @returns Whether nothing is left to do. */
  private async look(dispute: Dispute): Promise<boolean> {
    if (dispute.responseState === 'sending') return this.answers.complete(dispute, SOURCE);
    if (isDisputeClosed(dispute.status)) return true;
    if (dispute.evidenceVersion === 0) return this.assemble(dispute);
    // The first version is nobody's wish yet: it is staged once a person has looked at it.
    const isWished = dispute.evidenceVersion > 1 && dispute.evidenceStagedVersion < dispute.evidenceVersion;
    return !isWished || !needsResponse(dispute.status) || (await this.staging.stage(dispute, SOURCE)).kind !== 'unknown';
  }

  private async assemble(dispute: Dispute): Promise<boolean> {
    const charge = await this.gateway.describeDisputedCharge(dispute.stripeDisputeId);
    const isKnown = charge.outcome === 'succeeded' || charge.outcome === 'failed';
    if (!isKnown && dispute.checkCount < PATIENCE) return false;
    const facts = charge.outcome === 'succeeded' ? charge.object : null;
    await this.evidence.keepAssembled(dispute, await this.assembler.assemble(dispute, facts));
    return true;
  }
}
