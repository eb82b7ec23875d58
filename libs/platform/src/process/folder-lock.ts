/** One owner per folder: a lock that the kernel frees when its holder dies, however it dies. */
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, rmSync, statSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';

/** How long a holder may take to say its process id; a stopped or busy one does not. */
const ANSWER_TIMEOUT_MS = 1_000;

/** `sun_path` holds 108 bytes on Linux and 104 on macOS, with the final zero. */
const SOCKET_PATH_MAX_BYTES = process.platform === 'linux' ? 107 : 103;

/** A folder held by this process. */
export interface FolderLock {
  /** Lets the next owner in. Safe to repeat. */
  release(): Promise<void>;
}

/** Another process holds the folder. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError';

  /** @param ownerPid - The holder's process id; null when it did not say. */
  constructor(
    readonly folder: string,
    readonly ownerPid: number | null,
  ) {
    super(`${folder} is in use by ${ownerPid === null ? 'another process' : `process ${ownerPid}`}`);
  }
}

/**
 * Makes this process the only owner of a folder, until it releases the lock or dies.
 *
 * A listening socket is the lock: binding is atomic, and the kernel closes it with its process, so that no crash leaves a stale lock
 * and no process id is guessed about. Containers that share a folder but no network do not see each other's locks.
 *
 * @param folder - An existing folder; two paths to the same folder are the same lock.
 * @throws FolderInUseError when another owner lives.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const address = lockAddress(folder);
  for (let isRetry = false; ; isRetry = true) {
    const server = await listen(address);
    if (server !== null) return { release: () => close(server) };
    const owner = await askOwner(address);
    if (owner !== 'gone' || isRetry) throw new FolderInUseError(folder, owner === 'gone' ? null : owner);
    // Only a socket file outlives its process, and only where the lock is one.
    if (!isAbstract(address)) rmSync(address, { force: true });
  }
}

/**
 * The folder for a socket that belongs to `folder`: `folder` itself, or a private one under /tmp when its path is too long for a socket.
 *
 * Not `os.tmpdir()`, which may be as long again; derived from `folder`, so that every process of one folder finds the same.
 *
 * @param socketName - The socket's file name, which counts towards the limit.
 * @param ownerUid - The account that may own the private folder besides us, who create it.
 * @throws Error when another user has taken the private folder's name.
 */
export function socketFolder(folder: string, socketName: string, ownerUid = process.getuid?.() ?? 0): string {
  if (Buffer.byteLength(path.join(folder, socketName)) <= SOCKET_PATH_MAX_BYTES) return folder;
  const uid = process.getuid?.() ?? 0;
  const short = `/tmp/upp-${createHash('sha256').update(`${uid}:${folder}`).digest('hex').slice(0, 16)}`;
  mkdirSync(short, { recursive: true, mode: 0o700 });
  const found = lstatSync(short);
  // Anyone may create names in /tmp: a link or a foreign folder would hand the database to its maker.
  if (!found.isDirectory() || ![uid, ownerUid].includes(found.uid) || (found.mode & 0o077) !== 0) {
    throw new Error(`${short}, where the socket of ${folder} belongs, is not a private folder of this user`);
  }
  return short;
}

function lockAddress(folder: string): string {
  if (process.platform === 'linux') {
    const { dev, ino } = statSync(folder);
    return `\0upp-folder-${dev}-${ino}`;
  }
  return path.join(socketFolder(folder, '.lock.sock'), '.lock.sock');
}

function isAbstract(address: string): boolean {
  return address.startsWith('\0');
}

/** A listening server, or null when the address is taken. */
function listen(address: string): Promise<net.Server | null> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => {
      // A client that is gone before it has read the answer is no matter of ours.
      socket.on('error', () => socket.destroy());
      socket.end(`${process.pid}\n`);
    });
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else reject(error);
    });
    server.listen(address, () => {
      // The lock must not keep the process alive.
      server.unref();
      resolve(server);
    });
  });
}

/** The holder's process id, null when it does not answer, `gone` when nobody listens. */
function askOwner(address: string): Promise<number | null | 'gone'> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = net.connect(address);
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => {
      resolve(null);
      socket.destroy();
    });
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('end', () => {
      resolve(Number.parseInt(answer, 10) || null);
    });
    socket.on('error', () => {
      resolve('gone');
    });
  });
}

function close(server: net.Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}
