import { Injectable } from '@nestjs/common';
import { Database, type Queryable } from '#platform';
import { KNOWN_COUNTS } from '../labelled-counts.js';
import { type EntryMode, type ListKind, type ListName } from './list-value.js';

/** An entry as it may be shown: personal values masked. */
export interface BlacklistEntry {
  readonly id: string;
  readonly list: ListName;
  readonly mode: EntryMode;
  readonly kind: ListKind;
  readonly masked: string;
  readonly reason: string;
  readonly source: ListSource;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly removedAt: Date | null;
  readonly escalation: number;
  readonly hitCount: number;
  readonly lastHitAt: Date | null;
}

/** Where an entry comes from. */
export type ListSource = 'manual' | 'rule' | 'dispute' | 'rate_limit';

/** A row to be added. */
export interface NewBlacklistEntry extends Pick<
  BlacklistEntry,
  'id' | 'list' | 'mode' | 'kind' | 'masked' | 'reason' | 'source' | 'createdBy' | 'expiresAt' | 'escalation'
> {
  readonly merchantId: string;
  /** Normalised; hashed when personal. */
  readonly value: string;
}

/** Which entries a page holds. */
export interface BlacklistPage {
  readonly limit: number;
  readonly startingAfter: string | null;
  readonly list: ListName | null;
  readonly kind: ListKind | null;
}

/** What entries would have met in the past, in one currency. */
export interface PastHits {
  readonly currency: string;
  readonly payments: number;
  readonly amountMinor: number;
  /** Labelled payments; one that a person looked at instead of its being blocked counts for as many as it stands for. */
  readonly knownFrauds: number;
  readonly knownLegitimate: number;
}

const COLUMNS = `id, list, mode, kind, masked, reason, source, created_by as "createdBy", created_at as "createdAt", expires_at as "expiresAt",
  removed_at as "removedAt", escalation, hit_count as "hitCount", last_hit_at as "lastHitAt"`;

/** SQL of `blacklist`. Entries are never deleted: removal is a tombstone, and expiry is decided when an entry is read. */
@Injectable()
export class BlacklistRepository {
  constructor(private readonly database: Database) {}

  /** Adds an entry unless the value has an active one in that list. @returns Whether it was added. */
  async insert(transaction: Queryable, entry: NewBlacklistEntry): Promise<boolean> {
    await this.buryExpired(transaction, entry);
    const rows = await transaction.query(
      `insert into blacklist (id, merchant_id, list, kind, value, masked, network, reason, source, created_by, expires_at, escalation, mode)
       values ($1, $2, $3, $4::text, $5::text, $6, case when $4::text = 'cidr' then network($5::text::inet) end, $7, $8, $9, $10, $11, $12)
       on conflict (merchant_id, kind, value, list, mode) where removed_at is null do nothing returning id`,
      this.valuesOf(entry),
    );
    return rows.length > 0;
  }

  /**
   * Adds an automatic block or lengthens the one there is. A permanent entry stays as it is, and no entry is ever shortened.
   *
   * @returns The entry in force now.
   */
  async insertOrLengthen(transaction: Queryable, entry: NewBlacklistEntry): Promise<BlacklistEntry> {
    await this.buryExpired(transaction, entry);
    const [row] = await transaction.query<BlacklistEntry & Record<string, unknown>>(
      `insert into blacklist (id, merchant_id, list, kind, value, masked, network, reason, source, created_by, expires_at, escalation, mode)
       values ($1, $2, $3, $4::text, $5::text, $6, case when $4::text = 'cidr' then network($5::text::inet) end, $7, $8, $9, $10, $11, $12)
       on conflict (merchant_id, kind, value, list, mode) where removed_at is null do update set
         -- greatest() ignores null, which here is for ever.
         expires_at = case when blacklist.expires_at is not null then greatest(blacklist.expires_at, excluded.expires_at) end,
         escalation = greatest(blacklist.escalation, excluded.escalation)
       returning ${COLUMNS}`,
      this.valuesOf(entry),
    );
    if (row === undefined) throw new Error('an upsert returned no row');
    return row;
  }

  /** How often the value was blocked automatically since then, whether or not those blocks have ended. */
  async findEscalation(
    transaction: Queryable,
    key: { merchantId: string; kind: ListKind; value: string },
    since: Date,
  ): Promise<number | null> {
    const [row] = await transaction.query<{ escalation: number | null }>(
      `select max(escalation) as escalation from blacklist
       where merchant_id = $1 and kind = $2 and value = $3 and list = 'block' and source <> 'manual' and created_at > $4`,
      [key.merchantId, key.kind, key.value, since],
    );
    return row?.escalation ?? null;
  }

  /** The active entry of a value. */
  async findActiveId(transaction: Queryable, { merchantId, kind, value, list, mode }: NewBlacklistEntry): Promise<string | null> {
    const [row] = await transaction.query<{ id: string }>(
      `select id from blacklist where merchant_id = $1 and kind = $2 and value = $3 and list = $4 and mode = $5 and removed_at is null`,
      [merchantId, kind, value, list, mode],
    );
    return row?.id ?? null;
  }

  /** @returns The entry as it was, or null when there is no active one. */
  async remove(transaction: Queryable, merchantId: string, id: string, removedBy: string): Promise<BlacklistEntry | null> {
    const [row] = await transaction.query<BlacklistEntry & Record<string, unknown>>(
      `update blacklist set removed_at = now(), removed_by = $3
       where merchant_id = $1 and id = $2 and removed_at is null and (expires_at is null or expires_at > now()) returning ${COLUMNS}`,
      [merchantId, id, removedBy],
    );
    return row ?? null;
  }

  /**
   * Lets an active entry act or look on.
   *
   * @returns The entry as it is then; `taken` when the value has another one in that mode; null when there is no such entry.
   */
  async setMode(
    transaction: Queryable,
    merchantId: string,
    id: string,
    mode: EntryMode,
  ): Promise<BlacklistEntry | { readonly taken: string } | null> {
    const [entry] = await transaction.query<NewBlacklistEntry & Record<string, unknown>>(
      `select merchant_id as "merchantId", value, ${COLUMNS} from blacklist
       where merchant_id = $1 and id = $2 and removed_at is null and (expires_at is null or expires_at > now()) for update`,
      [merchantId, id],
    );
    if (entry === undefined) return null;
    await this.buryExpired(transaction, entry);
    const other = await this.findActiveId(transaction, { ...entry, mode });
    if (other !== null && other !== id) return { taken: other };
    await transaction.query('update blacklist set mode = $2 where id = $1', [id, mode]);
    return this.get(transaction, merchantId, id);
  }

  /** The key of an active entry, as attempts keep it. */
  async findKey(merchantId: string, id: string): Promise<{ readonly kind: ListKind; readonly value: string } | null> {
    const [row] = await this.database.query<{ kind: ListKind; value: string }>(
      'select kind, value from blacklist where merchant_id = $1 and id = $2 and removed_at is null',
      [merchantId, id],
    );
    return row ?? null;
  }

  async get(transaction: Queryable, merchantId: string, id: string): Promise<BlacklistEntry> {
    const [row] = await transaction.query<BlacklistEntry & Record<string, unknown>>(
      `select ${COLUMNS} from blacklist where merchant_id = $1 and id = $2`,
      [merchantId, id],
    );
    if (row === undefined) throw new Error('an entry that was just written is not there');
    return row;
  }

  /** A page of active entries, the newest first. */
  list(merchantId: string, page: BlacklistPage): Promise<BlacklistEntry[]> {
    return this.database.query<BlacklistEntry & Record<string, unknown>>(
      `select ${COLUMNS} from blacklist
       where merchant_id = $1 and removed_at is null and (expires_at is null or expires_at > now())
         and ($2::text is null or id < $2) and ($3::text is null or list = $3) and ($4::text is null or kind = $4)
       order by id desc limit $5`,
      [merchantId, page.startingAfter, page.list, page.kind, page.limit],
    );
  }

  /**
   * What values would have met in the last 30 days, and how right that would have been by what is known today.
   *
   * Of would-be blocks only the few that a person looked at have labels: each counts for as many as it stands for.
   */
  countPastHits(merchantId: string, keys: readonly string[], networks: readonly string[]): Promise<PastHits[]> {
    return this.database.query<PastHits & Record<string, unknown>>(
      `select currency, count(*) as payments, sum(amount_minor)::bigint as "amountMinor",
              ${KNOWN_COUNTS}
       from fraud_attempts attempt left join lateral (
         select is_fraud, coalesce((
           select (contributions #>> '{exploration,weight}')::float8 from fraud_assessments
            where payment_id = attempt.payment_id order by id desc limit 1), 1) as weight
         from fraud_labels where payment_id = attempt.payment_id order by sequence desc limit 1) as label on true
       where merchant_id = $1 and attempted_at > now() - interval '30 days'
         and (list_keys && $2::text[] or exists (select 1 from unnest($3::inet[]) as network where network >>= attempt.ip))
       group by currency order by currency`,
      [merchantId, keys, networks],
    );
  }

  /** An entry whose time is over must not keep its value from being added again. */
  private async buryExpired(transaction: Queryable, { merchantId, kind, value, list }: NewBlacklistEntry): Promise<void> {
    await transaction.query(
      `update blacklist set removed_at = expires_at, removed_by = 'system:expiry'
       where merchant_id = $1 and kind = $2 and value = $3 and list = $4 and removed_at is null and expires_at <= now()`,
      [merchantId, kind, value, list],
    );
  }

  private valuesOf(entry: NewBlacklistEntry): unknown[] {
    const { id, merchantId, list, kind, value, masked, reason, source, createdBy, expiresAt, escalation, mode } = entry;
    return [id, merchantId, list, kind, value, masked, reason, source, createdBy, expiresAt, escalation, mode];
  }
}
