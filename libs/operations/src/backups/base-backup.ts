/** A base backup becomes a folder from which PostgreSQL starts, replays the WAL, and stops at the instant that was asked for. */
import { appendFile, chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Readable, Transform } from 'node:stream';
import { writeToTool } from './postgres-tools.js';
import type { CopiedWal, WalArchive } from './wal-archive.js';

/** The place for a restored server does not do. */
export class RestoreRefusedError extends Error {
  override readonly name = 'RestoreRefusedError';
}

/** A server that was restored but not yet started. */
export interface RestoredFolder {
  /** Major version of the PostgreSQL that can start it. */
  readonly major: string;
  readonly wal: CopiedWal;
}

/** How far a restored server replays. */
export interface RestoreTarget {
  /** Empty or absent. */
  readonly folder: string;
  /** The last instant that is still wanted; null: everything there is. */
  readonly until: Date | null;
}

/**
 * Unpacks a backup and puts the WAL beside it, in `<folder>-wal`.
 *
 * @param open - Opens the backup, once the place has been found to do.
 * @param firstSegment - Where the backup's own WAL begins.
 * @throws RestoreRefusedError @throws BackupUnreadableError @throws PostgresToolError
 */
export async function unpackBaseBackup(
  open: () => Promise<Readable>,
  cipher: Transform,
  { folder, until }: RestoreTarget,
  { archive, firstSegment }: { readonly archive: WalArchive; readonly firstSegment: string },
): Promise<RestoredFolder> {
  const walFolder = `${folder}-wal`;
  // They become words of a command in the server's configuration.
  if (!path.isAbsolute(folder) || !/^[\w./-]+$/.test(folder)) {
    throw new RestoreRefusedError('give the whole path of the folder, of letters, digits, dots, hyphens and slashes');
  }
  for (const each of [folder, walFolder]) {
    if ((await readdir(each).catch(() => [])).length > 0) throw new RestoreRefusedError(`${each} is not empty: a restore never overwrites`);
    await mkdir(each, { recursive: true, mode: 0o700 });
    await chmod(each, 0o700);
  }
  await writeToTool({ program: 'tar', args: ['-xzf', '-', '--no-same-owner', '-C', folder], folder: null }, await open(), cipher);
  const wal = await archive.copyTo(walFolder, firstSegment);
  const settings = [
    '# Of the restore; PostgreSQL heeds it until it has ended.',
    `restore_command = 'cp "${walFolder}/%f" "%p"'`,
    ...(until === null
      ? []
      : [`recovery_target_time = '${until.toISOString().replace('T', ' ').replace('Z', '+00')}'`, `recovery_target_action = 'promote'`]),
  ];
  await appendFile(path.join(folder, 'postgresql.auto.conf'), `${settings.join('\n')}\n`);
  await writeFile(path.join(folder, 'recovery.signal'), '');
  return { major: (await readFile(path.join(folder, 'PG_VERSION'), 'utf8')).trim(), wal };
}
