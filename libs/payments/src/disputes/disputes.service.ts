import { Injectable } from '@nestjs/common';
import { isId } from '#kernel';
import { type AuditContext } from '#security';
import { type DisputeEvidence } from '../domain/dispute-evidence.js';
import { type PaymentCaller, sourceOf } from '../payment.js';
import { DisputeAnswers } from './dispute-answers.service.js';
import { DisputeEvidenceService, type EvidenceChange } from './dispute-evidence.service.js';
import { type Dispute, type DisputeMovement } from './dispute.js';
import { DisputeAnswerRefusedError, DisputeNotFoundError } from './disputes.errors.js';
import { type DisputePage, DisputesRepository } from './disputes.repository.js';
import { disputeResponseOf } from './dto/dispute.response.js';
import { EvidenceStaging } from './evidence-staging.js';

/** What merchants and analysts see of disputes, and do about them. */
@Injectable()
export class DisputesService {
  constructor(
    private readonly disputes: DisputesRepository,
    private readonly evidence: DisputeEvidenceService,
    private readonly staging: EvidenceStaging,
    private readonly answers: DisputeAnswers,
  ) {}

  /** One page, newest first; one row more than `limit` is fetched to know whether there are more. */
  async list(caller: PaymentCaller, page: DisputePage): Promise<{ readonly data: Dispute[]; readonly hasMore: boolean }> {
    const rows = await this.disputes.list(caller, { ...page, limit: page.limit + 1 });
    return { data: rows.slice(0, page.limit), hasMore: rows.length > page.limit };
  }

  /** @throws DisputeNotFoundError */
  async get(caller: PaymentCaller, id: string): Promise<Dispute> {
    const dispute = isId('dispute', id) ? await this.disputes.find(caller, id) : null;
    if (!dispute) throw new DisputeNotFoundError();
    return dispute;
  }

  /** The money of a dispute in the order in which Stripe booked it. @throws DisputeNotFoundError */
  async listMovements(caller: PaymentCaller, id: string): Promise<DisputeMovement[]> {
    return this.disputes.listMovements((await this.get(caller, id)).id);
  }

  /** The draft of its evidence. @throws DisputeNotFoundError */
  async readEvidence(caller: PaymentCaller, id: string): Promise<{ readonly dispute: Dispute; readonly evidence: DisputeEvidence }> {
    const dispute = await this.get(caller, id);
    return { dispute, evidence: await this.evidence.read(dispute) };
  }

  /**
   * Changes the draft and lays it down at Stripe, where nothing is submitted by that. Without an answer from Stripe the keeper stages it later.
   *
   * @throws DisputeAnswerRefusedError when Stripe does not take the draft, which is kept @throws as `DisputeEvidenceService.change`
   */
  async stageEvidence(
    caller: PaymentCaller,
    id: string,
    change: EvidenceChange,
    by: AuditContext,
  ): Promise<{ readonly dispute: Dispute; readonly evidence: DisputeEvidence }> {
    const changed = await this.evidence.change(await this.get(caller, id), change, by);
    const outcome = await this.staging.stage(changed, sourceOf(caller));
    if (outcome.kind === 'refused') throw new DisputeAnswerRefusedError(outcome.code, disputeResponseOf(changed));
    return this.readEvidence(caller, id);
  }

  /** Submits the evidence for good. @throws as `DisputeAnswers.submit` */
  async submit(caller: PaymentCaller, id: string, evidenceVersion: number, by: AuditContext): Promise<Dispute> {
    return this.answers.submit(caller, await this.get(caller, id), evidenceVersion, by);
  }

  /** Accepts the dispute. @throws as `DisputeAnswers.close` */
  async close(caller: PaymentCaller, id: string, by: AuditContext): Promise<Dispute> {
    return this.answers.close(caller, await this.get(caller, id), by);
  }
}
