/** Certificates in a folder: `live` is a link to one complete version, so that a reader never meets half of a change. */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Certificate, KeyPair, KeyType } from './certificate.js';

/** Newest versions that stay, for readers in the middle of the older ones and for several processes that write at once. */
const VERSIONS_KEPT = 4;
const KEY_TYPES: readonly KeyType[] = ['ec', 'rsa'];

/** Reads chains and their keys, given in the same order. */
export async function readKeyPairs(certificateFiles: readonly string[], keyFiles: readonly string[]): Promise<KeyPair[]> {
  return Promise.all(
    certificateFiles.map(async (file, index) => ({
      chainPem: await readFile(file, 'utf8'),
      keyPem: await readFile(keyFiles[index] ?? file, 'utf8'),
    })),
  );
}

/** Reads what {@link writeLivePairs} wrote: `live/ec.crt` with `live/ec.key`, and the same for `rsa`; empty when there is nothing. */
export async function readLivePairs(directory: string): Promise<KeyPair[]> {
  const live = path.join(directory, 'live');
  const present = new Set(await readdir(live).catch(ignoreAbsence));
  const found = KEY_TYPES.filter((keyType) => present.has(`${keyType}.crt`));
  return readKeyPairs(
    found.map((keyType) => path.join(live, `${keyType}.crt`)),
    found.map((keyType) => path.join(live, `${keyType}.key`)),
  );
}

/** Replaces all certificates of `directory` in one step; keys are readable by their owner alone. */
export async function writeLivePairs(directory: string, certificates: readonly Certificate[], now: Date): Promise<void> {
  const version = `${now.toISOString().replaceAll(':', '')}-${randomBytes(4).toString('hex')}`;
  const folder = path.join(directory, 'versions', version);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const { keyType, chainPem, keyPem } of certificates) {
    await writeFile(path.join(folder, `${keyType}.crt`), chainPem, { mode: 0o644, flush: true });
    await writeFile(path.join(folder, `${keyType}.key`), keyPem, { mode: 0o600, flush: true });
  }
  // A link cannot be overwritten, but a rename over it is atomic.
  const next = path.join(directory, `next-${version}`);
  await symlink(path.join('versions', version), next);
  await rename(next, path.join(directory, 'live'));
  await removeOldVersions(directory);
}

async function removeOldVersions(directory: string): Promise<void> {
  const inUse = path.basename(await readlink(path.join(directory, 'live')));
  const versions = (await readdir(path.join(directory, 'versions'))).sort().slice(0, -VERSIONS_KEPT);
  for (const version of versions.filter((each) => each !== inUse)) {
    await rm(path.join(directory, 'versions', version), { recursive: true, force: true });
  }
}

function ignoreAbsence(error: unknown): string[] {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
  throw error;
}
