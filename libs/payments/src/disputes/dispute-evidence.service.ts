import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { Database, type Queryable } from '#platform';
import { type AuditContext, AuditLog } from '#security';
import {
  changeEvidence,
  type CompellingEvidence,
  type DisputeEvidence,
  EVIDENCE_TOTAL_LENGTH,
  evidenceLength,
  type EvidenceField,
} from '../domain/dispute-evidence.js';
import { isDisputeClosed, needsResponse } from '../domain/dispute-status.js';
import { isPrior, priorOf } from '../domain/evidence-assembly.js';
import { type Dispute } from './dispute.js';
import {
  CompellingEvidenceError,
  DisputeAnsweredError,
  DisputeStateError,
  EvidenceMissingError,
  EvidencePastDueError,
  EvidenceStagedError,
  EvidenceTooLongError,
  EvidenceVersionError,
} from './disputes.errors.js';
import { DisputesRepository } from './disputes.repository.js';
import { disputeResponseOf } from './dto/dispute.response.js';
import { EvidenceRepository } from './evidence.repository.js';
import { PayerHistories } from './payer-history.js';

/** The request itself stages the draft at once; should its process die, the keeper does. */
const STAGE_AFTER_SECONDS = 30;
const EMPTY: DisputeEvidence = { fields: {}, compelling: null };

/** What is to be changed of a draft. */
export interface EvidenceChange {
  /** null removes a field. */
  readonly fields: Readonly<Partial<Record<EvidenceField, string | null>>>;
  /** undefined leaves it as it is. */
  readonly compelling:
    | {
        readonly priorPaymentIds: readonly string[];
        readonly merchandiseOrServices: CompellingEvidence['merchandiseOrServices'];
        readonly productDescription: string;
      }
    | null
    | undefined;
  /** The version that the caller has read; null to change whatever is there. */
  readonly evidenceVersion: number | null;
}

/** The draft of a dispute's evidence: assembled once from our own books, then a person's to change until it is submitted. */
@Injectable()
export class DisputeEvidenceService {
  constructor(
    private readonly database: Database,
    private readonly disputes: DisputesRepository,
    private readonly evidence: EvidenceRepository,
    private readonly histories: PayerHistories,
    private readonly auditLog: AuditLog,
    private readonly clock: Clock,
  ) {}

  /** The draft, empty while it is not assembled. */
  async read(dispute: Dispute): Promise<DisputeEvidence> {
    return (await this.evidence.read(this.database, dispute)) ?? EMPTY;
  }

  /** Stores the assembled draft, unless a person has written one meanwhile or the dispute is over. */
  async keepAssembled(dispute: Dispute, assembled: DisputeEvidence): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const locked = await this.disputes.lock(transaction, dispute.id);
      if (locked.evidenceVersion > 0 || isDisputeClosed(locked.status)) return;
      await this.evidence.write(transaction, locked, assembled, null);
    });
  }

  /**
   * Changes the draft. Nothing is sent for good.
   *
   * @returns The dispute with the new version.
   * @throws DisputeStateError @throws DisputeAnsweredError @throws EvidencePastDueError @throws EvidenceVersionError @throws EvidenceTooLongError
   * @throws EvidenceStagedError @throws CompellingEvidenceError @throws EvidenceErasedError
   */
  async change(dispute: Dispute, change: EvidenceChange, by: AuditContext): Promise<Dispute> {
    const wished = change.compelling;
    const compelling = wished === null || wished === undefined ? wished : await this.compellingOf(dispute, wished);
    return this.database.transaction(async (transaction) => {
      const locked = await this.disputes.lock(transaction, dispute.id);
      this.refuseUnlessAnswerable(locked);
      if (change.evidenceVersion !== null && change.evidenceVersion !== locked.evidenceVersion)
        throw new EvidenceVersionError(locked.evidenceVersion);
      const before = (await this.evidence.read(transaction, locked)) ?? EMPTY;
      const after = changeEvidence(before, change.fields, compelling);
      const removed = locked.evidenceStagedFields.filter((field) => after.fields[field as EvidenceField] === undefined);
      if (removed.length > 0) throw new EvidenceStagedError(removed);
      const length = evidenceLength(after);
      if (length > EVIDENCE_TOTAL_LENGTH) throw new EvidenceTooLongError(length, EVIDENCE_TOTAL_LENGTH);
      const changed = await this.evidence.write(transaction, locked, after, STAGE_AFTER_SECONDS);
      await this.auditLog.record(transaction, {
        ...by,
        merchantId: locked.merchantId,
        action: 'dispute_evidence_changed',
        objectId: locked.id,
        // Which fields, not what they say: that names people.
        changes: { version: changed.evidenceVersion, fields: Object.keys(change.fields), isCompellingChanged: compelling !== undefined },
      });
      return changed;
    });
  }

  /** Refuses what cannot be answered any more. */
  refuseUnlessAnswerable(dispute: Dispute): void {
    if (dispute.response !== null) throw new DisputeAnsweredError(disputeResponseOf(dispute));
    if (!needsResponse(dispute.status)) throw new DisputeStateError(disputeResponseOf(dispute));
    if (dispute.evidenceDueBy !== null && dispute.evidenceDueBy <= this.clock.now()) throw new EvidencePastDueError(dispute.evidenceDueBy);
  }

  /** Checks what is about to be submitted. @throws EvidenceVersionError unless it is the version that the caller has read @throws EvidenceMissingError */
  async requireFinal(transaction: Queryable, dispute: Dispute, evidenceVersion: number): Promise<void> {
    if (evidenceVersion !== dispute.evidenceVersion) throw new EvidenceVersionError(dispute.evidenceVersion);
    const evidence = await this.evidence.read(transaction, dispute);
    if (evidence === null || Object.keys(evidence.fields).length === 0) throw new EvidenceMissingError();
  }

  /** Two payments that a person chose, by the network's rules. */
  private async compellingOf(dispute: Dispute, wish: NonNullable<EvidenceChange['compelling']>): Promise<CompellingEvidence> {
    const { earlier, elements } = await this.histories.of(dispute);
    const found = wish.priorPaymentIds.map((id) => ({ id, payment: earlier.find(({ paymentId }) => paymentId === id) }));
    const problems = found.flatMap(({ id, payment }) => {
      if (payment === undefined) return [`${id} is no earlier payment of this payer`];
      return isPrior(payment, elements) ? [] : [`${id} is of another card, doubted, not 120 to 365 days older, or agrees in too little`];
    });
    const [first, second] = found.flatMap(({ payment }) => payment ?? []).map(priorOf);
    if (problems.length > 0 || first === undefined || second === undefined || first.paymentId === second.paymentId) {
      throw new CompellingEvidenceError(problems.length > 0 ? problems : ['two different payments are needed']);
    }
    const { merchandiseOrServices, productDescription } = wish;
    return { merchandiseOrServices, productDescription, disputed: elements, prior: [first, second] };
  }
}
