/** Recomputes the audit chain and names the first thing that is wrong. */
import { Injectable } from '@nestjs/common';
import type { Database } from '#platform';
import { SecurityIncidents } from '../security-incidents.js';
import { AuditChainRepository, type ChainLink } from './audit-chain.repository.js';
import { chainHash, GENESIS_HASH } from './chain-hash.js';
import { CheckpointSigner } from './checkpoint-signer.js';

/**
 * What is wrong with a chain.
 *
 * - `line_changed`: a line is not what was sealed. `line_missing`: a sealed line is gone. `link_missing`: a link is gone.
 * - `checkpoint_forged`: a signature is not ours. `checkpoint_contradicted`: the chain was rewritten after it was signed.
 * - `chain_cut`: links after the last checkpoint's position are missing up to it.
 * - `line_unsealed`: a line that is older than ten minutes has no link: slipped in, or the sealer stands still.
 */
export type ChainFault =
  'line_changed' | 'line_missing' | 'link_missing' | 'checkpoint_forged' | 'checkpoint_contradicted' | 'chain_cut' | 'line_unsealed';

/** The first broken place. */
export interface BrokenLink {
  readonly fault: ChainFault;
  /** Position in the chain; null for a line that has none. */
  readonly position: number | null;
  /** The line's number, where it is known. */
  readonly sequence: number | null;
}

/** The outcome of a verification. */
export interface AuditVerification {
  readonly isIntact: boolean;
  readonly firstBroken: BrokenLink | null;
  /** Links that were recomputed. */
  readonly checkedLinks: number;
  readonly checkedCheckpoints: number;
  /** Where to go on; null when the end was reached. */
  readonly nextPosition: number | null;
}

/** Where to begin and how far to go. */
export interface VerificationRange {
  /** Position, from 1. */
  readonly from: number;
  readonly maxLinks: number;
}

const BATCH = 2_000;

/** Verifies; what it finds broken is also a critical incident. */
@Injectable()
export class AuditVerifier {
  constructor(
    private readonly repository: AuditChainRepository,
    private readonly signer: CheckpointSigner,
    private readonly incidents: SecurityIncidents,
  ) {}

  async verify(range: VerificationRange = { from: 1, maxLinks: Number.MAX_SAFE_INTEGER }): Promise<AuditVerification> {
    const verification = await this.walk(range);
    if (verification.firstBroken !== null) {
      const { fault, position, sequence } = verification.firstBroken;
      this.incidents.report({ type: 'audit_chain_broken', severity: 'critical', subject: fault, details: { position, sequence } });
    }
    return verification;
  }

  /** Verifies the chain of another database, such as a restored backup; what is broken there is an incident here. */
  verifyIn(database: Database): Promise<AuditVerification> {
    return new AuditVerifier(new AuditChainRepository(database), this.signer, this.incidents).verify();
  }

  private async walk({ from, maxLinks }: VerificationRange): Promise<AuditVerification> {
    let position = from;
    let checkedLinks = 0;
    let checkedCheckpoints = 0;
    const done = (firstBroken: BrokenLink | null, nextPosition: number | null): AuditVerification => ({
      isIntact: firstBroken === null,
      firstBroken,
      checkedLinks,
      checkedCheckpoints,
      nextPosition,
    });
    let hash = from === 1 ? GENESIS_HASH : await this.repository.hashAt(from - 1);
    if (hash === null) return done({ fault: 'link_missing', position: from - 1, sequence: null }, null);

    while (checkedLinks < maxLinks) {
      const links = await this.repository.links(position, Math.min(BATCH, maxLinks - checkedLinks));
      if (links.length === 0) return done(await this.atTheEnd(position - 1), null);
      for (const link of links) {
        const broken = faultOf(link, position, hash);
        if (broken !== null) return done(broken, null);
        ({ hash } = link);
        position += 1;
        checkedLinks += 1;
      }
      const checkpoints = await this.checkpointFault(links);
      checkedCheckpoints += checkpoints.count;
      if (checkpoints.broken !== null) return done(checkpoints.broken, null);
    }
    return done(null, position);
  }

  private async checkpointFault(links: readonly ChainLink[]): Promise<{ count: number; broken: BrokenLink | null }> {
    const [first] = links;
    const last = links.at(-1);
    if (first === undefined || last === undefined) return { count: 0, broken: null };
    const checkpoints = await this.repository.checkpoints(first.position - 1, last.position);
    for (const [index, checkpoint] of checkpoints.entries()) {
      const { position } = checkpoint;
      if (!this.signer.isGenuine(checkpoint)) {
        return { count: index, broken: { fault: 'checkpoint_forged', position, sequence: null } };
      }
      const link = links[position - first.position];
      if (link?.hash.equals(checkpoint.hash) !== true) {
        return { count: index, broken: { fault: 'checkpoint_contradicted', position, sequence: link?.line?.sequence ?? null } };
      }
    }
    return { count: checkpoints.length, broken: null };
  }

  private async atTheEnd(lastPosition: number): Promise<BrokenLink | null> {
    const last = await this.repository.lastCheckpoint();
    if (last !== null && last.position > lastPosition) return { fault: 'chain_cut', position: lastPosition + 1, sequence: null };
    const sequence = await this.repository.firstUnsealed();
    return sequence === null ? null : { fault: 'line_unsealed', position: null, sequence };
  }
}

function faultOf(link: ChainLink, expectedPosition: number, previous: Buffer): BrokenLink | null {
  if (link.position !== expectedPosition) return { fault: 'link_missing', position: expectedPosition, sequence: null };
  if (link.line === null) return { fault: 'line_missing', position: link.position, sequence: null };
  if (chainHash(previous, link.line).equals(link.hash)) return null;
  return { fault: 'line_changed', position: link.position, sequence: link.line.sequence };
}
