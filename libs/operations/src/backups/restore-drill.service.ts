/** Restores the newest backup beside everything that serves, verifies what is in it, and throws it away. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Injectable, Logger } from '@nestjs/common';
import pg from 'pg';
import { AppConfig } from '#platform';
import { AuditVerifier } from '#security';
import { BackupRunsRepository } from './backup-runs.repository.js';
import { BackupsService } from './backups.service.js';
import { RestoredServer } from './restored-server.js';
import { DrillFailedError, verifyRestored } from './verify-restored.js';

/** What a drill has proved. */
export interface DrillReport {
  readonly backup: string;
  readonly payments: number;
  readonly durationMs: number;
}

const FOLDER_PREFIX = 'upp-drill-';

/** The daily proof. */
@Injectable()
export class RestoreDrillService {
  private readonly logger = new Logger('RestoreDrill');

  constructor(
    private readonly config: AppConfig,
    private readonly backups: BackupsService,
    private readonly runs: BackupRunsRepository,
    private readonly audit: AuditVerifier,
  ) {}

  /** Proves today's backup unless that is done. @returns 0: the next look finds nothing to do. */
  async proveDue(): Promise<number> {
    const { isOn, isDrillOn, drillHourUtc } = this.config.backups;
    if (!isOn || !isDrillOn || !(await this.runs.claim('drill', drillHourUtc))) return 0;
    await this.prove().catch((error: unknown) => {
      this.logger.error({ event: 'restore_drill_failed', reason: (error as Error).message });
    });
    return 0;
  }

  /**
   * Restores and verifies the newest backup now.
   *
   * @throws DrillFailedError @throws BackupUnreadableError @throws PostgresToolError
   */
  async prove(): Promise<DrillReport> {
    const startedMs = performance.now();
    const { method } = this.config.backups;
    try {
      const backup = (await this.backups.list()).filter((name) => name.includes(`-${method}`)).at(-1);
      if (backup === undefined) throw new DrillFailedError('there is no backup yet');
      const verify = (url: string): Promise<number> => verifyRestored(url, this.config, this.audit);
      const payments = method === 'logical' ? await this.inDatabase(backup, verify) : await this.inServer(backup, verify);
      await this.runs.finish('drill', { name: backup, bytes: null, error: null });
      const report = { backup, payments, durationMs: Math.round(performance.now() - startedMs) };
      this.logger.log({ event: 'restore_drill_passed', ...report });
      return report;
    } catch (error) {
      await this.runs.finish('drill', { name: null, bytes: null, error: (error as Error).message });
      throw error;
    }
  }

  private async inDatabase(backup: string, work: (url: string) => Promise<number>): Promise<number> {
    const server = this.config.backups.drillDatabaseUrl ?? this.config.database.directUrl;
    const name = `upp_drill_${randomBytes(6).toString('hex')}`;
    const url = new URL(server);
    url.pathname = `/${name}`;
    await onServer(server, `create database ${name}`);
    try {
      await this.backups.restore(backup, url.href);
      return await work(url.href);
    } finally {
      await onServer(server, `drop database if exists ${name} with (force)`);
    }
  }

  private async inServer(backup: string, work: (url: string) => Promise<number>): Promise<number> {
    const parent = this.config.backups.drillFolder ?? os.tmpdir();
    await removeAbandoned(parent);
    const own = await mkdtemp(path.join(parent, `${FOLDER_PREFIX}${process.pid}-`));
    let server: RestoredServer | undefined;
    try {
      const folder = path.join(own, 'data');
      const { wal } = await this.backups.restoreServer(backup, { folder, until: null });
      if (wal.missing !== null) throw new DrillFailedError(`the WAL segment ${wal.missing} is missing: nothing after it can be restored`);
      const { toolsFolder: tools } = this.config.backups;
      server = await RestoredServer.start({ folder, tools, originalUrl: this.config.database.directUrl });
      return await work(server.url);
    } finally {
      await server?.stop();
      await rm(own, { recursive: true, force: true });
    }
  }
}

/** What a killed drill left: each folder's name holds the process that made it. */
async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const pid = name.startsWith(FOLDER_PREFIX) ? Number.parseInt(name.slice(FOLDER_PREFIX.length), 10) : Number.NaN;
    if (!Number.isNaN(pid) && !isAlive(pid)) await rm(path.join(parent, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function onServer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
