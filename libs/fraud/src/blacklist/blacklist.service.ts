import { Injectable } from '@nestjs/common';
import { Clock, DAY_MS, HOUR_MS, newId } from '#kernel';
import { Database, type Queryable } from '#platform';
import { AuditLog, type AuditContext } from '#security';
import { ListEntryExistsError, ListEntryNotFoundError, ListImportInvalidError, ListValueInvalidError } from '../fraud.errors.js';
import { parseListCsv, type ImportedEntry } from './blacklist-csv.js';
import {
  BlacklistRepository,
  type BlacklistEntry,
  type BlacklistPage,
  type ListSource,
  type NewBlacklistEntry,
  type PastHits,
} from './blacklist.repository.js';
import { ListKeys } from './list-keys.js';
import { type EntryMode, maskListValue, normaliseListValue, type ListKind } from './list-value.js';

/** What an import did, or with a dry run would do. */
export interface ImportOutcome {
  readonly isDryRun: boolean;
  readonly entries: number;
  /** Added now; 0 in a dry run. */
  readonly added: number;
  /** Already in their list. */
  readonly duplicates: number;
  /** Payments of the last 30 days that these values would have met, by currency. */
  readonly pastHits: readonly PastHits[];
}

/** How long the first, second and every further automatic block of one value lasts. */
const AUTOMATIC_BLOCK_MS = [HOUR_MS, DAY_MS, 7 * DAY_MS] as const;
/** A value that kept quiet this long starts from the shortest block again. */
const ESCALATION_MEMORY_MS = 30 * DAY_MS;

/** The lists: who is blocked, watched or trusted. */
@Injectable()
export class BlacklistService {
  constructor(
    private readonly database: Database,
    private readonly repository: BlacklistRepository,
    private readonly keys: ListKeys,
    private readonly auditLog: AuditLog,
    private readonly clock: Clock,
  ) {}

  /** A page of active entries, the newest first. */
  list(merchantId: string, page: BlacklistPage): Promise<BlacklistEntry[]> {
    return this.repository.list(merchantId, page);
  }

  /** @throws ListValueInvalidError @throws ListEntryExistsError with the id of the entry that is there. */
  async add(merchantId: string, request: ImportedEntry, by: AuditContext, mode: EntryMode = 'live'): Promise<BlacklistEntry> {
    if (request.expiresAt !== null && request.expiresAt <= this.clock.now()) throw new ListValueInvalidError('future instant', 'expiresAt');
    const entry = this.entryOf(merchantId, request, { source: 'manual', createdBy: by.actor, escalation: 0, mode });
    return this.database.transaction(async (transaction) => {
      if (!(await this.repository.insert(transaction, entry))) {
        throw new ListEntryExistsError((await this.repository.findActiveId(transaction, entry)) ?? '');
      }
      await this.audit(transaction, entry, 'list_entry_added', by);
      return this.repository.get(transaction, merchantId, entry.id);
    });
  }

  /** Ends an entry; its row stays as a tombstone. @throws ListEntryNotFoundError */
  async remove(merchantId: string, id: string, by: AuditContext): Promise<BlacklistEntry> {
    return this.database.transaction(async (transaction) => {
      const entry = await this.repository.remove(transaction, merchantId, id, by.actor);
      if (entry === null) throw new ListEntryNotFoundError();
      await this.auditLog.record(transaction, { ...by, merchantId, action: 'list_entry_removed', objectId: id });
      return entry;
    });
  }

  /**
   * Lets an entry act, or only count whom it would have met.
   *
   * @throws ListEntryNotFoundError @throws ListEntryExistsError when the value has another entry in that mode.
   */
  async setMode(merchantId: string, id: string, mode: EntryMode, by: AuditContext): Promise<BlacklistEntry> {
    return this.database.transaction(async (transaction) => {
      const entry = await this.repository.setMode(transaction, merchantId, id, mode);
      if (entry === null) throw new ListEntryNotFoundError();
      if ('taken' in entry) throw new ListEntryExistsError(entry.taken);
      await this.auditLog.record(transaction, { ...by, merchantId, action: 'list_entry_mode_changed', objectId: id, changes: { mode } });
      return entry;
    });
  }

  /** What an entry has met or, in shadow, would have met in 30 days, and how right that was. @throws ListEntryNotFoundError */
  async pastHits(merchantId: string, id: string): Promise<PastHits[]> {
    const key = await this.repository.findKey(merchantId, id);
    if (key === null) throw new ListEntryNotFoundError();
    const isNetwork = key.kind === 'cidr';
    return this.repository.countPastHits(merchantId, isNetwork ? [] : [`${key.kind}:${key.value}`], isNetwork ? [key.value] : []);
  }

  /**
   * Blocks a value by itself: 1 h, then 24 h, then 7 d. A permanent entry stays permanent, and no entry is ever shortened.
   *
   * @param transaction - The caller's, so that the block and its cause commit together.
   * @throws ListValueInvalidError
   */
  async blockAutomatically(
    transaction: Queryable,
    block: {
      readonly merchantId: string;
      readonly kind: ListKind;
      readonly value: string;
      readonly reason: string;
      readonly source: Exclude<ListSource, 'manual'>;
    },
  ): Promise<BlacklistEntry> {
    const { merchantId, kind, value, reason, source } = block;
    const now = this.clock.now().getTime();
    const actor = `system:${source}`;
    const draft = this.entryOf(
      merchantId,
      { kind, value, list: 'block', reason, expiresAt: null },
      { source, createdBy: actor, escalation: 0, mode: 'live' },
    );
    const before = await this.repository.findEscalation(transaction, draft, new Date(now - ESCALATION_MEMORY_MS));
    const escalation = before === null ? 0 : Math.min(before + 1, AUTOMATIC_BLOCK_MS.length - 1);
    const expiresAt = new Date(now + (AUTOMATIC_BLOCK_MS[escalation] ?? HOUR_MS));
    const entry = await this.repository.insertOrLengthen(transaction, { ...draft, escalation, expiresAt });
    await this.auditLog.record(transaction, {
      actor,
      merchantId,
      action: 'list_entry_added',
      objectId: entry.id,
      reason,
      changes: { kind, expiresAt },
    });
    return entry;
  }

  /**
   * Adds the entries of a CSV file, all or none; a dry run only tells what they would have met.
   *
   * @throws ListImportInvalidError naming every line at fault.
   */
  async importCsv(merchantId: string, csv: string, isDryRun: boolean, by: AuditContext): Promise<ImportOutcome> {
    const { entries: imported, problems } = parseListCsv(csv, this.clock.now());
    if (problems.length > 0) throw new ListImportInvalidError(problems);
    const entries = imported.map((each) =>
      this.entryOf(merchantId, each, { source: 'manual', createdBy: by.actor, escalation: 0, mode: 'live' }),
    );
    const keys = entries.filter(({ kind }) => kind !== 'cidr').map(({ kind, value }) => `${kind}:${value}`);
    const networks = entries.filter(({ kind }) => kind === 'cidr').map(({ value }) => value);
    const pastHits = await this.repository.countPastHits(merchantId, keys, networks);
    if (isDryRun) return { isDryRun, entries: entries.length, added: 0, duplicates: await this.countDuplicates(entries), pastHits };
    const added = await this.database.transaction(async (transaction) => {
      let count = 0;
      for (const entry of entries) if (await this.repository.insert(transaction, entry)) count++;
      await this.auditLog.record(transaction, { ...by, merchantId, action: 'list_imported', changes: { added: count } });
      return count;
    });
    return { isDryRun, entries: entries.length, added, duplicates: entries.length - added, pastHits };
  }

  private async countDuplicates(entries: readonly NewBlacklistEntry[]): Promise<number> {
    let count = 0;
    for (const entry of entries) if ((await this.repository.findActiveId(this.database, entry)) !== null) count++;
    return count;
  }

  private entryOf(
    merchantId: string,
    request: ImportedEntry,
    origin: Pick<NewBlacklistEntry, 'source' | 'createdBy' | 'escalation' | 'mode'>,
  ): NewBlacklistEntry {
    const { kind, list, reason, expiresAt } = request;
    const normalised = normaliseListValue(kind, request.value);
    if (normalised === null) throw new ListValueInvalidError(kind);
    const { value } = this.keys.keyOf(kind, normalised);
    const id = newId('blacklistEntry', this.clock.now().getTime());
    return { id, merchantId, list, kind, value, masked: maskListValue(kind, normalised), reason, expiresAt, ...origin };
  }

  private audit(transaction: Queryable, entry: NewBlacklistEntry, action: string, by: AuditContext): Promise<void> {
    const { id: objectId, merchantId, list, kind, masked, expiresAt, reason } = entry;
    return this.auditLog.record(transaction, { ...by, merchantId, action, objectId, reason, changes: { list, kind, masked, expiresAt } });
  }
}
