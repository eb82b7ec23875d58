/** The write-ahead log between the base backups: with it, a server is restored as it was at any instant. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { BackupsConfig } from '#platform';
import { decryptBackup, encryptBackup } from './backup-cipher.js';
import { BackupsOffError, type BackupStore, createBackupStore, SUFFIX } from './backup-store.js';

/** The archive refuses a file, or lacks one. */
export class WalArchiveError extends Error {
  override readonly name = 'WalArchiveError';
}

/** WAL that was copied from the archive. */
export interface CopiedWal {
  readonly segments: number;
  /** The first segment that is missing before the newest; what comes after it cannot be replayed. */
  readonly missing: string | null;
}

// Timeline, then the place in the log in two parts of eight digits each.
const SEGMENT = /^[0-9A-F]{24}$/;
const HISTORY = /^[0-9A-F]{8}\.history$/;
// What a backup leaves beside the segments, and a segment that a promoted server did not fill.
const OTHER = /^[0-9A-F]{24}\.([0-9A-F]{8}\.backup|partial)$/;
const SEGMENT_BYTES = 16 * 1_048_576;
const SEGMENTS_PER_LOG = 0x1_0000_0000 / SEGMENT_BYTES;

/** Segments under their own names, compressed and encrypted. */
export class WalArchive {
  constructor(
    private readonly store: BackupStore,
    /** Of what is archived from now on, then of what is older. */
    private readonly secrets: readonly [string, ...string[]],
  ) {}

  /**
   * Stores one file of the server, which keeps it until this has returned. Safe to repeat.
   *
   * @throws WalArchiveError when another content has that name already: two servers write into one archive. Nothing is overwritten.
   */
  async put(file: string): Promise<void> {
    const name = path.basename(file);
    if (![SEGMENT, HISTORY, OTHER].some((kind) => kind.test(name))) throw new WalArchiveError(`${name} is no file of the WAL`);
    const content = await readFile(file);
    const stored = `${name}${SUFFIX}`;
    if (!(await this.store.has(stored))) {
      await this.store.put(stored, Readable.from([await promisify(gzip)(content, { level: 1 })]), encryptBackup(this.secrets[0]));
    } else if (!(await this.get(stored)).equals(content)) {
      throw new WalArchiveError(`the archive holds another ${name}: each server needs a place of its own`);
    }
  }

  /** Copies what is needed from a segment on into a folder, for `restore_command`. @throws BackupUnreadableError */
  async copyTo(folder: string, from: string): Promise<CopiedWal> {
    const names = (await this.names()).filter((name) => HISTORY.test(name) || isNeeded(name, from));
    const missing = firstMissing(names, from);
    const wanted = missing === null ? names : names.filter((name) => HISTORY.test(name) || segmentPlace(name) < segmentPlace(missing));
    for (const name of wanted) await writeFile(path.join(folder, name), await this.get(`${name}${SUFFIX}`), { mode: 0o600 });
    return { segments: wanted.filter((name) => SEGMENT.test(name)).length, missing };
  }

  /** Removes what no backup needs that begins at `segment` or later. History files stay: they are small, and name the branches. */
  async removeBefore(segment: string): Promise<void> {
    for (const name of await this.names()) {
      if (!HISTORY.test(name) && segmentPlace(name) < segmentPlace(segment)) await this.store.remove(`${name}${SUFFIX}`);
    }
  }

  private async names(): Promise<string[]> {
    return (await this.store.list()).map((name) => name.slice(0, -SUFFIX.length));
  }

  private async get(stored: string): Promise<Buffer> {
    const content = await buffer((await this.store.get(stored)).pipe(decryptBackup(this.secrets)));
    return promisify(gunzip)(content);
  }
}

/** The place in the log that a segment holds, on whichever timeline. */
export function segmentPlace(segment: string): number {
  return Number.parseInt(segment.slice(8, 16), 16) * SEGMENTS_PER_LOG + Number.parseInt(segment.slice(16, 24), 16);
}

function isNeeded(name: string, from: string): boolean {
  return SEGMENT.test(name) && segmentPlace(name) >= segmentPlace(from);
}

/** Segments follow each other without gaps, also from one timeline to the next. */
function firstMissing(names: readonly string[], from: string): string | null {
  const places = new Set(names.filter((name) => SEGMENT.test(name)).map(segmentPlace));
  const last = Math.max(...places, segmentPlace(from) - 1);
  for (let place = segmentPlace(from); place <= last; place++) {
    if (!places.has(place)) return segmentAt(from.slice(0, 8), place);
  }
  return null;
}

function segmentAt(timeline: string, place: number): string {
  const hex = (value: number): string => value.toString(16).toUpperCase().padStart(8, '0');
  return `${timeline}${hex(Math.floor(place / SEGMENTS_PER_LOG))}${hex(place % SEGMENTS_PER_LOG)}`;
}

/** The archive that the configuration names. @throws BackupsOffError when it names none. */
export function openWalArchive(config: BackupsConfig): WalArchive {
  const store = createBackupStore(config, 'wal');
  const [secret, ...former] = config.encryptionKeys;
  if (store === null || secret === undefined) throw new BackupsOffError();
  return new WalArchive(store, [secret, ...former]);
}
