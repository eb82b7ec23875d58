/** Makes backups, keeps them for their time, and proves that they can be restored. */
import type { Readable } from 'node:stream';
import { Injectable, Logger } from '@nestjs/common';
import pg from 'pg';
import { assert, Clock, DAY_MS, MINUTE_MS } from '#kernel';
import { AppConfig } from '#platform';
import { decryptBackup, encryptBackup } from './backup-cipher.js';
import { BackupRunsRepository } from './backup-runs.repository.js';
import { type RestoredFolder, type RestoreTarget, unpackBaseBackup } from './base-backup.js';
import { backupInstant, backupName, backupSegment, BackupsOffError, type BackupStore, createBackupStore } from './backup-store.js';
import { readFromTool, type ToolCall, writeToTool } from './postgres-tools.js';
import { openWalArchive, type WalArchive } from './wal-archive.js';

/** A backup as it was made. */
export interface MadeBackup {
  readonly name: string;
  readonly bytes: number;
}

// The keys under which what names persons is sealed (migration 053). No backup of the database holds them: an erased person's key would live on in
// each until its time is over. They have a file of their own, of which there is only the newest.
const KEYS_TABLE = 'public.personal_data_keys';
const KEYS_FILE = 'personal-data-keys.upp-keys';

/** The daily backup. */
@Injectable()
export class BackupsService {
  private readonly logger = new Logger('Backups');
  private readonly store: BackupStore | null;
  private readonly archive: WalArchive | null;

  constructor(
    private readonly config: AppConfig,
    private readonly runs: BackupRunsRepository,
    private readonly clock: Clock,
  ) {
    this.store = createBackupStore(config.backups, 'backups');
    this.archive = config.backups.isOn ? openWalArchive(config.backups) : null;
  }

  /** Makes today's backup unless that is done, then removes those whose time is over. @returns 0: the next look finds nothing to do. */
  async makeDue(): Promise<number> {
    if (this.store === null || !(await this.runs.claim('backup', this.config.backups.hourUtc))) return 0;
    await this.make().catch((error: unknown) => {
      this.logger.error({ event: 'backup_failed', reason: (error as Error).message });
    });
    return 0;
  }

  /**
   * Makes a backup now.
   *
   * @throws BackupsOffError @throws PostgresToolError when PostgreSQL's programs refuse; the failure is also noted for alerts.
   */
  async make(): Promise<MadeBackup> {
    const store = this.requireStore();
    const { method } = this.config.backups;
    const renewal = setInterval(() => void this.runs.renew('backup').catch(() => undefined), MINUTE_MS);
    try {
      // Read before the backup begins: nothing that was archived earlier is needed for it.
      const name = backupName(this.clock.now(), method === 'logical' ? method : `${method}-${await this.presentSegment()}`);
      const bytes = await store.put(name, readFromTool(this.dumpCall()), encryptBackup(this.secret));
      // After the database: of everybody in it there must be a key, or the word that it was destroyed.
      if (this.config.backups.method === 'logical') await store.put(KEYS_FILE, readFromTool(this.keysCall()), encryptBackup(this.secret));
      await this.runs.finish('backup', { name, bytes, error: null });
      this.logger.log({ event: 'backup_made', name, bytes });
      await this.removeOld(store);
      return { name, bytes };
    } catch (error) {
      await this.runs.finish('backup', { name: null, bytes: null, error: (error as Error).message });
      throw error;
    } finally {
      clearInterval(renewal);
    }
  }

  /** The names of the backups, oldest first. */
  list(): Promise<string[]> {
    return this.requireStore().list();
  }

  /**
   * Restores a logical backup into an empty database, with the newest keys of persons: who was erased since stays unreadable, and the worker erases
   * them anew.
   *
   * @throws BackupUnreadableError @throws PostgresToolError
   */
  async restore(name: string, databaseUrl: string): Promise<void> {
    const store = this.requireStore();
    const content = await store.get(name);
    await ensureApplicationRole(databaseUrl);
    await this.restoreFrom(content, databaseUrl);
    const keys = await store.get(KEYS_FILE).catch(() => null);
    if (keys === null) this.logger.error({ event: 'personal_data_keys_missing', name: KEYS_FILE });
    else await this.restoreFrom(keys, databaseUrl);
  }

  private restoreFrom(content: Readable, databaseUrl: string): Promise<void> {
    const args = ['--no-owner', '--exit-on-error', '--dbname', new URL(databaseUrl).pathname.slice(1)];
    return writeToTool(
      { program: 'pg_restore', args, folder: this.config.backups.toolsFolder, databaseUrl },
      content,
      decryptBackup(this.config.backups.encryptionKeys),
    );
  }

  /**
   * Unpacks a base backup into an empty folder, from which a server of the same version starts and replays the WAL.
   *
   * @throws RestoreRefusedError @throws BackupUnreadableError @throws PostgresToolError
   */
  async restoreServer(name: string, target: RestoreTarget): Promise<RestoredFolder> {
    const store = this.requireStore();
    const firstSegment = backupSegment(name);
    assert(this.archive, 'it is where the backups are');
    assert(firstSegment !== null, 'the name of a base backup says where its WAL begins');
    return unpackBaseBackup(() => store.get(name), decryptBackup(this.config.backups.encryptionKeys), target, { archive: this.archive, firstSegment });
  }

  private async removeOld(store: BackupStore): Promise<void> {
    const oldestMs = this.clock.now().getTime() - this.config.backups.keepDays * DAY_MS;
    for (const name of await store.list()) {
      const madeAt = backupInstant(name);
      if (madeAt !== null && madeAt.getTime() < oldestMs) await store.remove(name);
    }
    const oldestSegment = (await store.list()).map(backupSegment).find((segment) => segment !== null);
    if (oldestSegment !== undefined) await this.archive?.removeBefore(oldestSegment);
  }

  private dumpCall(): ToolCall {
    const { method, toolsFolder } = this.config.backups;
    const databaseUrl = this.config.database.directUrl;
    return method === 'logical'
      ? {
          program: 'pg_dump',
          args: ['--format=custom', '--no-owner', `--exclude-table-data=${KEYS_TABLE}`],
          folder: toolsFolder,
          databaseUrl,
        }
      : {
          program: 'pg_basebackup',
          args: ['--pgdata=-', '--format=tar', '--gzip', '--wal-method=fetch', '--checkpoint=fast', '--no-password'],
          folder: toolsFolder,
          databaseUrl,
        };
  }

  private async presentSegment(): Promise<string> {
    const client = new pg.Client({ connectionString: this.config.database.directUrl });
    await client.connect();
    try {
      const { rows } = await client.query<{ name: string }>('select pg_walfile_name(pg_current_wal_insert_lsn()) as name');
      return rows[0]?.name ?? '';
    } finally {
      await client.end();
    }
  }

  private keysCall(): ToolCall {
    const args = ['--format=custom', '--data-only', `--table=${KEYS_TABLE}`];
    return { ...this.dumpCall(), program: 'pg_dump', args };
  }

  private requireStore(): BackupStore {
    if (this.store === null) throw new BackupsOffError();
    return this.store;
  }

  private get secret(): string {
    const { encryptionKey } = this.config.backups;
    assert(encryptionKey, 'the configuration refuses a place for backups without a key');
    return encryptionKey;
  }
}

/** Roles are the server's and in no backup of a database: the one that the restored grants name must be there before them (migration 060). */
async function ensureApplicationRole(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    // Who may not make it restores where it is, or where the original had none either; otherwise pg_restore says that it is missing.
    await client.query(`do $$ begin
      if not exists (select from pg_roles where rolname = 'upp_app') then create role upp_app nologin; end if;
      if not pg_has_role(current_user, 'upp_app', 'member') then execute format('grant upp_app to %I', current_user); end if;
    exception when insufficient_privilege then null;
    end $$`);
  } finally {
    await client.end();
  }
}
