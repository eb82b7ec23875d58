/** Chains the lines of the audit log, off the requests' path. A job of the worker. */
import { Injectable, Logger } from '@nestjs/common';
import { Clock, HOUR_MS } from '#kernel';
import type { Queryable } from '#platform';
import { AuditChainRepository, type ChainHead } from './audit-chain.repository.js';
import { chainHash, GENESIS_HASH } from './chain-hash.js';
import { CheckpointSigner } from './checkpoint-signer.js';

const BATCH = 1_000;
const CHECKPOINT_EVERY_MS = HOUR_MS;

/** Gives each new line its link, and signs the head once an hour. Any number of workers may run it: one works, the others return. */
@Injectable()
export class AuditSealer {
  private readonly logger = new Logger('AuditSealer');

  constructor(
    private readonly repository: AuditChainRepository,
    private readonly signer: CheckpointSigner,
    private readonly clock: Clock,
  ) {}

  /** @returns How many lines were sealed; more than 0 means that there may be more. */
  async sealNext(): Promise<number> {
    const sealed = await this.repository.asOnlySealer(async (transaction) => {
      const head = (await this.repository.head(transaction)) ?? { position: 0, hash: GENESIS_HASH };
      const lines = await this.repository.nextLines(transaction, BATCH);
      let { position, hash } = head;
      const links = lines.map((line) => ({ position: ++position, sequence: line.sequence, hash: (hash = chainHash(hash, line)) }));
      if (links.length > 0) await this.repository.append(transaction, links);
      const checkpoint = await this.checkpointWhenDue(transaction, { position, hash });
      return { count: links.length, checkpoint };
    });
    // After the commit, and outside the database: shipped logs are the copy that nobody with the database's password can change.
    if (sealed?.checkpoint) this.logger.log({ event: 'audit_checkpoint', ...sealed.checkpoint });
    return sealed?.count ?? 0;
  }

  private async checkpointWhenDue(transaction: Queryable, head: ChainHead): Promise<{ position: number; hash: string } | null> {
    const last = await this.repository.lastCheckpoint(transaction);
    const now = this.clock.now();
    const isDue = last === null || now.getTime() - last.createdAt.getTime() >= CHECKPOINT_EVERY_MS;
    if (!isDue || head.position === 0 || head.position === last?.position) return null;
    await this.repository.insertCheckpoint(transaction, { ...this.signer.sign(head), createdAt: now });
    return { position: head.position, hash: head.hash.toString('hex') };
  }
}
