/** Where backups, and the WAL between them, lie: a folder or a bucket. */
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rename, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import type { BackupsConfig } from '#platform';

/** A store of whole backups; one that is not whole is never seen under its name. */
export interface BackupStore {
  /** Stores a stream under a name, as `cipher` makes it. @returns Its size in bytes. */
  put(name: string, content: Readable, cipher: Transform): Promise<number>;
  get(name: string): Promise<Readable>;
  has(name: string): Promise<boolean>;
  /** The names in their order: those of backups begin with the instant they were made. */
  list(): Promise<string[]>;
  remove(name: string): Promise<void>;
}

/** No place for backups is configured. */
export class BackupsOffError extends Error {
  override readonly name = 'BackupsOffError';

  constructor() {
    super('set BACKUP_FOLDER or BACKUP_S3_BUCKET, and BACKUP_ENCRYPTION_KEY');
  }
}

/** What every name in a store ends with. */
export const SUFFIX = '.upp-backup';

/** The store that the configuration names, for whole backups or for the WAL; null while backups are off. */
export function createBackupStore(config: BackupsConfig, area: 'backups' | 'wal'): BackupStore | null {
  const below = area === 'wal' ? 'wal' : '';
  if (config.folder !== null) return new FolderStore(path.join(config.folder, below));
  return config.s3Bucket === null ? null : new S3Store(config, config.s3Bucket, `${config.s3Prefix}${below && `${below}/`}`);
}

class FolderStore implements BackupStore {
  constructor(private readonly folder: string) {}

  async put(name: string, content: Readable, cipher: Transform): Promise<number> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const target = path.join(this.folder, name);
    const partial = `${target}.partial`;
    try {
      await pipeline(content, cipher, createWriteStream(partial, { mode: 0o600 }));
      const file = await open(partial, 'r');
      // On the disk before it has its name: a power cut must not leave an empty backup that looks whole.
      await file.sync().finally(() => file.close());
      await rename(partial, target);
      return (await stat(target)).size;
    } finally {
      await rm(partial, { force: true });
    }
  }

  async get(name: string): Promise<Readable> {
    const target = path.join(this.folder, name);
    await stat(target);
    return createReadStream(target);
  }

  has(name: string): Promise<boolean> {
    return Promise.resolve(existsSync(path.join(this.folder, name)));
  }

  async list(): Promise<string[]> {
    const names = await readdir(this.folder).catch(() => []);
    return names.filter((name) => name.endsWith(SUFFIX)).sort();
  }

  async remove(name: string): Promise<void> {
    await rm(path.join(this.folder, name), { force: true });
  }
}

// S3 takes 10 000 parts of at least 5 MB: these hold 640 GB.
const PART_BYTES = 64 * 1_048_576;

class S3Store implements BackupStore {
  private client: Promise<S3Client> | undefined;

  constructor(
    private readonly config: BackupsConfig,
    private readonly bucket: string,
    private readonly prefix: string,
  ) {}

  async put(name: string, content: Readable, cipher: Transform): Promise<number> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'upp-backup-'));
    const file = path.join(folder, name);
    try {
      await pipeline(content, cipher, createWriteStream(file, { mode: 0o600 }));
      const { size } = await stat(file);
      await this.upload(name, file, size);
      return size;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async get(name: string): Promise<Readable> {
    const { GetObjectCommand } = await import('@aws-sdk/client-s3');
    const { Body } = await (await this.connect()).send(new GetObjectCommand({ Bucket: this.bucket, Key: this.keyOf(name) }));
    return Body as Readable;
  }

  async has(name: string): Promise<boolean> {
    const { HeadObjectCommand, NotFound } = await import('@aws-sdk/client-s3');
    try {
      await (await this.connect()).send(new HeadObjectCommand({ Bucket: this.bucket, Key: this.keyOf(name) }));
      return true;
    } catch (error) {
      if (error instanceof NotFound) return false;
      throw error;
    }
  }

  async list(): Promise<string[]> {
    const { ListObjectsV2Command } = await import('@aws-sdk/client-s3');
    const client = await this.connect();
    const names: string[] = [];
    let token: string | undefined;
    do {
      const page = await client.send(
        new ListObjectsV2Command({
          Bucket: this.bucket,
          Prefix: this.prefix,
          // Not what lies below, such as the WAL.
          Delimiter: '/',
          ...(token === undefined ? {} : { ContinuationToken: token }),
        }),
      );
      names.push(...(page.Contents ?? []).map(({ Key = '' }) => Key.slice(this.prefix.length)));
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return names.filter((name) => name.endsWith(SUFFIX)).sort();
  }

  async remove(name: string): Promise<void> {
    const { DeleteObjectCommand } = await import('@aws-sdk/client-s3');
    await (await this.connect()).send(new DeleteObjectCommand({ Bucket: this.bucket, Key: this.keyOf(name) }));
  }

  /** In parts: a single request ends at 5 GB. The object appears when the last step is done, or not at all. */
  private async upload(name: string, file: string, size: number): Promise<void> {
    const s3 = await import('@aws-sdk/client-s3');
    const client = await this.connect();
    const target = { Bucket: this.bucket, Key: this.keyOf(name) };
    const { UploadId } = await client.send(new s3.CreateMultipartUploadCommand(target));
    try {
      const Parts: { ETag: string | undefined; PartNumber: number }[] = [];
      for (let start = 0; start < size; start += PART_BYTES) {
        const PartNumber = Parts.length + 1;
        const ContentLength = Math.min(PART_BYTES, size - start);
        const Body = createReadStream(file, { start, end: start + ContentLength - 1 });
        const { ETag } = await client.send(new s3.UploadPartCommand({ ...target, UploadId, PartNumber, Body, ContentLength }));
        Parts.push({ ETag, PartNumber });
      }
      await client.send(new s3.CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } }));
    } catch (error) {
      await client.send(new s3.AbortMultipartUploadCommand({ ...target, UploadId })).catch(() => undefined);
      throw error;
    }
  }

  private connect(): Promise<S3Client> {
    const { s3Region, s3Endpoint, s3PathStyle, s3AccessKeyId, s3SecretAccessKey } = this.config;
    // Loaded when it is needed: most deployments need no SDK of Amazon's in memory.
    this.client ??= import('@aws-sdk/client-s3').then(
      ({ S3Client }) =>
        new S3Client({
          region: s3Region,
          forcePathStyle: s3PathStyle,
          requestChecksumCalculation: 'WHEN_REQUIRED',
          responseChecksumValidation: 'WHEN_REQUIRED',
          ...(s3Endpoint === null ? {} : { endpoint: s3Endpoint }),
          ...(s3AccessKeyId === null || s3SecretAccessKey === null
            ? {}
            : { credentials: { accessKeyId: s3AccessKeyId, secretAccessKey: s3SecretAccessKey } }),
        }),
    );
    return this.client;
  }

  private keyOf(name: string): string {
    return `${this.prefix}${name}`;
  }
}

/** The name of a backup made at that instant: sorts by time, and says by which method it is restored. */
export function backupName(at: Date, method: string): string {
  return `${at
    .toISOString()
    .replaceAll(':', '')
    .replace(/\.\d+Z/, 'Z')}-${method}${SUFFIX}`;
}

/** The instant in a backup's name; null for a file that is none. */
export function backupInstant(name: string): Date | null {
  const match = /^(?<day>\d{4}-\d{2}-\d{2})T(?<hour>\d{2})(?<minute>\d{2})(?<second>\d{2})Z-/.exec(name)?.groups;
  return match ? new Date(`${match['day']}T${match['hour']}:${match['minute']}:${match['second']}Z`) : null;
}

/** The WAL segment in which a base backup begins; null for a logical one. */
export function backupSegment(name: string): string | null {
  return /-base-(?<segment>[0-9A-F]{24})\./.exec(name)?.groups?.['segment'] ?? null;
}
