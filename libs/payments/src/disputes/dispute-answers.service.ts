import { Injectable } from '@nestjs/common';
import { assertNever } from '#kernel';
import { crashPoint, Database, type Queryable } from '#platform';
import { type AuditContext, AuditLog } from '#security';
import { isDisputeClosed, needsResponse } from '../domain/dispute-status.js';
import { type GatewayAnswer, type GatewayDispute, PaymentGateway } from '../payment-gateway.js';
import { type ChangeSource, type PaymentCaller, sourceOf } from '../payment.js';
import { DisputeEvidenceService } from './dispute-evidence.service.js';
import { DisputeMirror } from './dispute-mirror.js';
import { type Dispute, type DisputeResponse } from './dispute.js';
import { DisputeAnsweredError, DisputeAnswerNotSentError, DisputeAnswerRefusedError, DisputeStateError } from './disputes.errors.js';
import { DisputesRepository } from './disputes.repository.js';
import { disputeResponseOf } from './dto/dispute.response.js';

/** A request ends within this; then the keeper may look after what it began. */
const CHECK_AFTER_SECONDS = 30;

/**
 * The one act by which a dispute is answered: its evidence is submitted, or it is accepted. Neither can be taken back.
 *
 * | step | committed before it | after a crash behind it |
 * | --- | --- | --- |
 * | ask Stripe | the act, who did it, and by its count the call's key | the dispute at Stripe tells; else the same call with the same key |
 * | apply its answer | | the dispute at Stripe tells |
 */
@Injectable()
export class DisputeAnswers {
  constructor(
    private readonly database: Database,
    private readonly disputes: DisputesRepository,
    private readonly evidence: DisputeEvidenceService,
    private readonly mirror: DisputeMirror,
    private readonly gateway: PaymentGateway,
    private readonly auditLog: AuditLog,
  ) {}

  /**
   * Submits the evidence as the caller has read it, for good.
   *
   * @returns The dispute; with `responseState` `sending` when Stripe's answer is not known, which the keeper finds out.
   * @throws DisputeAnsweredError to everybody but the first @throws DisputeStateError @throws EvidencePastDueError @throws EvidenceVersionError
   * @throws EvidenceMissingError @throws DisputeAnswerRefusedError @throws DisputeAnswerNotSentError
   */
  async submit(caller: PaymentCaller, dispute: Dispute, evidenceVersion: number, by: AuditContext): Promise<Dispute> {
    const recorded = await this.record(dispute, 'submit', caller, by, async (locked, transaction) => {
      this.evidence.refuseUnlessAnswerable(locked);
      await this.evidence.requireFinal(transaction, locked, evidenceVersion);
    });
    return this.sendFirst(recorded, sourceOf(caller));
  }

  /** Accepts the dispute: the payer keeps the money. @throws as {@link submit} */
  async close(caller: PaymentCaller, dispute: Dispute, by: AuditContext): Promise<Dispute> {
    const recorded = await this.record(dispute, 'close', caller, by, (locked) => {
      if (locked.response !== null) throw new DisputeAnsweredError(disputeResponseOf(locked));
      if (!needsResponse(locked.status)) throw new DisputeStateError(disputeResponseOf(locked));
      return Promise.resolve();
    });
    return this.sendFirst(recorded, sourceOf(caller));
  }

  /** Finds out what became of an answer whose process died or whose reply was lost. @returns Whether it is known now. */
  async complete(dispute: Dispute, source: ChangeSource): Promise<boolean> {
    const seen = await this.gateway.retrieveDispute(dispute.stripeDisputeId);
    if (seen.outcome !== 'succeeded') return false;
    if (isAnswered(dispute, seen.object)) {
      await this.settle(dispute, seen, source);
      return true;
    }
    // The same key gives the first outcome; later Stripe may have forgotten it, and a person may answer anew.
    if (!dispute.isResendable) {
      await this.release(dispute, 'unconfirmed', source);
      return true;
    }
    const answer = await this.send(dispute);
    // Stripe replays a stored 500 for ever, and the look has shown that nothing was done: the next try has a key of its own.
    if (answer.outcome === 'unknown' && (answer.call.httpStatus ?? 0) >= 500) await this.disputes.renewAnswerKey(dispute);
    if (answer.outcome === 'unknown' || answer.outcome === 'not_sent') return false;
    await this.settle(dispute, answer, source);
    return true;
  }

  /** The act in one transaction, under the dispute's lock: of two callers one passes. */
  private record(
    { id }: Dispute,
    response: DisputeResponse,
    caller: PaymentCaller,
    by: AuditContext,
    check: (locked: Dispute, transaction: Queryable) => Promise<void>,
  ): Promise<Dispute> {
    return this.database.transaction(async (transaction) => {
      const locked = await this.disputes.lock(transaction, id);
      await check(locked, transaction);
      const change = { response, responseState: 'sending', responseBy: by.actor, responseError: null } as const;
      const recorded = await this.disputes.change(
        transaction,
        locked,
        { ...change, responseCount: locked.responseCount + 1, checkAfterSeconds: CHECK_AFTER_SECONDS },
        sourceOf(caller),
      );
      const action = response === 'submit' ? 'dispute_evidence_submitted' : 'dispute_closed';
      const changes = { evidenceVersion: locked.evidenceVersion, status: locked.status };
      await this.auditLog.record(transaction, { ...by, merchantId: locked.merchantId, action, objectId: id, changes });
      return recorded;
    });
  }

  private async sendFirst(dispute: Dispute, source: ChangeSource): Promise<Dispute> {
    crashPoint('after_dispute_answer_recorded');
    const answer = await this.send(dispute);
    crashPoint('after_dispute_answer_sent');
    switch (answer.outcome) {
      case 'succeeded':
        return this.settle(dispute, answer, source);
      case 'failed':
      case 'declined':
        throw new DisputeAnswerRefusedError(codeOf(answer), disputeResponseOf(await this.settle(dispute, answer, source)));
      case 'not_sent':
        await this.release(dispute, null, source);
        throw new DisputeAnswerNotSentError(answer.retryAfterSeconds);
      case 'unknown':
        return dispute;
      default:
        return assertNever(answer, 'gateway answer');
    }
  }

  private async send(dispute: Dispute): Promise<GatewayAnswer<GatewayDispute>> {
    const key = `${dispute.livemode ? 'live' : 'test'}:dispute_${String(dispute.response)}:${dispute.id}:${String(dispute.responseCount)}`;
    if (dispute.response === 'close') return this.gateway.closeDispute(dispute.stripeDisputeId, key);
    // The draft cannot have changed since: it is refused while an answer is on record.
    return this.gateway.submitEvidence(dispute.stripeDisputeId, await this.evidence.read(dispute), key);
  }

  /** Applies what Stripe said, and ends the act with it. */
  private settle(
    { id }: Dispute,
    answer: Extract<GatewayAnswer<GatewayDispute>, { outcome: 'succeeded' | 'failed' | 'declined' }>,
    source: ChangeSource,
  ): Promise<Dispute> {
    return this.database.transaction(async (transaction) => {
      if (answer.outcome === 'succeeded') await this.mirror.applyAnswer(transaction, answer.object, source);
      const locked = await this.disputes.lock(transaction, id);
      if (locked.responseState !== 'sending') return locked;
      const change =
        answer.outcome === 'succeeded'
          ? ({ responseState: 'done' } as const)
          : { response: null, responseState: null, responseBy: null, responseError: codeOf(answer) };
      return this.disputes.change(transaction, locked, { ...change, checkAfterSeconds: null }, source);
    });
  }

  /** Nothing was done at Stripe: the dispute may be answered again. */
  private async release({ id }: Dispute, responseError: string | null, source: ChangeSource): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const locked = await this.disputes.lock(transaction, id);
      if (locked.responseState !== 'sending') return;
      const change = { response: null, responseState: null, responseBy: null, responseError, checkAfterSeconds: null };
      await this.disputes.change(transaction, locked, change, source);
    });
  }
}

/** Whether Stripe's dispute shows that the act was done there. */
function isAnswered(dispute: Dispute, seen: GatewayDispute): boolean {
  if (dispute.response === 'close') return isDisputeClosed(seen.status);
  // In an appeal the first submission still counts.
  return !needsResponse(seen.status) || (!seen.isAppeal && seen.evidenceSubmissionCount > 0);
}

function codeOf(answer: Extract<GatewayAnswer<unknown>, { outcome: 'failed' | 'declined' }>): string {
  return answer.outcome === 'failed' ? answer.code : answer.decline.code;
}
