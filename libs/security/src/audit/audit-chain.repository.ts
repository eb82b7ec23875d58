/** The tables `audit_chain` and `audit_checkpoints`, and `audit_log` as they see it. */
import { Injectable } from '@nestjs/common';
import { Database, type Queryable } from '#platform';

/** A line of the audit log, every column as text, as it is hashed. */
export interface AuditLine {
  readonly sequence: number;
  readonly merchantId: string | null;
  readonly actor: string;
  readonly action: string;
  readonly objectId: string | null;
  readonly changes: string | null;
  readonly reason: string | null;
  readonly requestId: string | null;
  readonly ip: string | null;
  readonly createdAt: string;
}

/** The newest link. */
export interface ChainHead {
  readonly position: number;
  readonly hash: Buffer;
}

/** A link beside its line; the line's columns are null when the line is gone. */
export interface ChainLink extends ChainHead {
  readonly line: AuditLine | null;
}

/** A signed head. */
export interface Checkpoint extends ChainHead {
  readonly signature: Buffer;
  readonly keyId: string;
  readonly createdAt: Date;
}

// Any number will do, as long as every release uses the same one.
const SEALER_LOCK = 7_284_911_050;

// Microseconds and jsonb's own text: both are the same in every session, whatever its settings.
const LINE = `a.sequence, a.merchant_id as "merchantId", a.actor, a.action, a.object_id as "objectId", a.changes::text as changes, a.reason,
  a.request_id as "requestId", host(a.ip) as ip, to_char(a.created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "createdAt"`;

/** Reads and writes of the chain. */
@Injectable()
export class AuditChainRepository {
  constructor(private readonly database: Database) {}

  /** Runs `work` alone among all sealers; null when another one is at it. */
  async asOnlySealer<T>(work: (transaction: Queryable) => Promise<T>): Promise<T | null> {
    return this.database.transaction(async (transaction) => {
      const [lock] = await transaction.query<{ isHeld: boolean }>('select pg_try_advisory_xact_lock($1) as "isHeld"', [SEALER_LOCK]);
      return lock?.isHeld === true ? work(transaction) : null;
    });
  }

  async head(queryable: Queryable = this.database): Promise<ChainHead | null> {
    const rows = await queryable.query<ChainHead & Record<string, unknown>>(
      'select position, hash from audit_chain order by position desc limit 1',
    );
    return rows[0] ?? null;
  }

  /**
   * Lines without a link, in the order of the chain.
   *
   * Transaction numbers start anew when a dump is restored into another server: the last sealed number is then above all present ones, and the
   * search starts from the beginning once.
   */
  nextLines(transaction: Queryable, limit: number): Promise<AuditLine[]> {
    return transaction.query<AuditLine & Record<string, unknown>>(
      `with sealed as (
         select a.transaction_id, a.sequence from audit_chain c join audit_log a using (sequence) order by c.position desc limit 1
       ), start as (
         select transaction_id, sequence from sealed where transaction_id < pg_snapshot_xmax(pg_current_snapshot())
         union all select '0'::xid8, 0 order by 1 desc limit 1
       )
       select ${LINE} from audit_log a
        where (a.transaction_id, a.sequence) > (select transaction_id, sequence from start)
          and a.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
          and not exists (select 1 from audit_chain c where c.sequence = a.sequence)
        order by a.transaction_id, a.sequence limit $1`,
      [limit],
    );
  }

  async append(transaction: Queryable, links: readonly { position: number; sequence: number; hash: Buffer }[]): Promise<void> {
    await transaction.query(
      `insert into audit_chain (position, sequence, hash)
       select * from unnest($1::bigint[], $2::bigint[], $3::bytea[])`,
      [links.map((link) => link.position), links.map((link) => link.sequence), links.map((link) => link.hash)],
    );
  }

  /** Links from a position on, in order, each beside its line. */
  async links(from: number, limit: number): Promise<ChainLink[]> {
    const rows = await this.database.query<ChainHead & AuditLine & { isMissing: boolean }>(
      `select c.position, c.hash, a.sequence is null as "isMissing", ${LINE}
         from audit_chain c left join audit_log a on a.sequence = c.sequence
        where c.position >= $1 order by c.position limit $2`,
      [from, limit],
    );
    return rows.map(({ position, hash, isMissing, ...line }) => ({ position, hash, line: isMissing ? null : line }));
  }

  /** The hash at a position, or null. */
  async hashAt(position: number): Promise<Buffer | null> {
    const rows = await this.database.query<{ hash: Buffer }>('select hash from audit_chain where position = $1', [position]);
    return rows[0]?.hash ?? null;
  }

  /** The first line that is older than ten minutes and has no link. */
  async firstUnsealed(): Promise<number | null> {
    const rows = await this.database.query<{ sequence: number }>(
      `select a.sequence from audit_log a left join audit_chain c using (sequence)
        where c.sequence is null and a.created_at < now() - interval '10 minutes' order by a.sequence limit 1`,
    );
    return rows[0]?.sequence ?? null;
  }

  async insertCheckpoint(transaction: Queryable, checkpoint: Checkpoint): Promise<void> {
    await transaction.query(
      'insert into audit_checkpoints (position, hash, signature, key_id, created_at) values ($1, $2, $3, $4, $5) on conflict do nothing',
      [checkpoint.position, checkpoint.hash, checkpoint.signature, checkpoint.keyId, checkpoint.createdAt],
    );
  }

  async lastCheckpoint(queryable: Queryable = this.database): Promise<Checkpoint | null> {
    const rows = await queryable.query<Checkpoint & Record<string, unknown>>(`${CHECKPOINTS} order by position desc limit 1`);
    return rows[0] ?? null;
  }

  /** Checkpoints after a position up to another, in order. */
  checkpoints(after: number, to: number): Promise<Checkpoint[]> {
    return this.database.query<Checkpoint & Record<string, unknown>>(
      `${CHECKPOINTS} where position > $1 and position <= $2 order by position`,
      [after, to],
    );
  }
}

const CHECKPOINTS = 'select position, hash, signature, key_id as "keyId", created_at as "createdAt" from audit_checkpoints';
