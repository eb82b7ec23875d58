/**
 * Encryption of backups as a stream of any length.
 *
 * | bytes | what |
 * | --- | --- |
 * | 8 | `UPPBKP01` |
 * | 32 | salt: the key of this backup is HKDF-SHA256 of the secret with it |
 * | then for each frame: 4 | length of its ciphertext |
 * | … | AES-256-GCM; nonce: the frame's number; additional data: whether it is the last |
 * | 16 | tag |
 *
 * Frames cannot be changed, swapped, repeated or left out, and a file that was cut off lacks its last frame.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';

const MAGIC = Buffer.from('UPPBKP01');
const SALT_BYTES = 32;
const TAG_BYTES = 16;
const LENGTH_BYTES = 4;
const FRAME_BYTES = 1_048_576;

/** The file is no backup of this product, was changed or cut off, or belongs to another key. */
export class BackupUnreadableError extends Error {
  override readonly name = 'BackupUnreadableError';
}

/** Encrypts what flows through. */
export function encryptBackup(secret: string): Transform {
  const salt = randomBytes(SALT_BYTES);
  const key = keyOf(secret, salt);
  let pending = Buffer.alloc(0);
  let frame = 0;
  let hasBegun = false;
  const seal = (part: Buffer, isLast: boolean): Buffer => {
    const cipher = createCipheriv('aes-256-gcm', key, nonceOf(frame++)).setAAD(markOf(isLast));
    const sealed = Buffer.concat([cipher.update(part), cipher.final()]);
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32BE(sealed.length);
    return Buffer.concat([length, sealed, cipher.getAuthTag()]);
  };
  return new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      if (!hasBegun) this.push(Buffer.concat([MAGIC, salt]));
      hasBegun = true;
      pending = Buffer.concat([pending, chunk]);
      // One frame stays behind: only the end of the stream tells which one is the last.
      while (pending.length > FRAME_BYTES) {
        this.push(seal(pending.subarray(0, FRAME_BYTES), false));
        pending = pending.subarray(FRAME_BYTES);
      }
      done();
    },
    flush(done: TransformCallback) {
      if (!hasBegun) this.push(Buffer.concat([MAGIC, salt]));
      done(null, seal(pending, true));
    },
  });
}

/**
 * Decrypts what flows through; fails with {@link BackupUnreadableError} before anything false has left it.
 *
 * @param secrets - The first frame shows which of them it was made with.
 */
export function decryptBackup(secrets: readonly string[]): Transform {
  let pending = Buffer.alloc(0);
  let keys: readonly Buffer[] | null = null;
  let frame = 0;
  const open = (sealed: Buffer, isLast: boolean): Buffer => {
    if (keys === null) throw new BackupUnreadableError('this is no backup');
    for (const key of keys) {
      const opened = openFrame(sealed, key, frame, isLast);
      if (opened === null) continue;
      keys = [key];
      frame += 1;
      return opened;
    }
    throw new BackupUnreadableError('the backup was changed, cut off or made with another key');
  };
  const frameEnd = (): number => (pending.length < LENGTH_BYTES ? Infinity : LENGTH_BYTES + pending.readUInt32BE(0) + TAG_BYTES);
  return new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      try {
        pending = Buffer.concat([pending, chunk]);
        if (keys === null && pending.length >= MAGIC.length + SALT_BYTES) {
          if (!pending.subarray(0, MAGIC.length).equals(MAGIC)) throw new BackupUnreadableError('this is no backup');
          const salt = pending.subarray(MAGIC.length, MAGIC.length + SALT_BYTES);
          keys = secrets.map((secret) => keyOf(secret, salt));
          pending = pending.subarray(MAGIC.length + SALT_BYTES);
        }
        // A frame is known not to be the last only when something follows it.
        while (keys !== null && pending.length > frameEnd()) {
          const end = frameEnd();
          this.push(open(pending.subarray(LENGTH_BYTES, end), false));
          pending = pending.subarray(end);
        }
        done();
      } catch (error) {
        done(error as Error);
      }
    },
    flush(done: TransformCallback) {
      try {
        if (pending.length !== frameEnd()) throw new BackupUnreadableError('the backup was cut off');
        done(null, open(pending.subarray(LENGTH_BYTES), true));
      } catch (error) {
        done(error as Error);
      }
    },
  });
}

/** A frame's content, or null when it was changed or sealed with another key. */
function openFrame(sealed: Buffer, key: Buffer, frame: number, isLast: boolean): Buffer | null {
  const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(frame)).setAAD(markOf(isLast));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES)), decipher.final()]);
  } catch {
    return null;
  }
}

function keyOf(secret: string, salt: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, 'upp backup', 32));
}

function nonceOf(frame: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(frame, 8);
  return nonce;
}

function markOf(isLast: boolean): Buffer {
  return Buffer.from([isLast ? 1 : 0]);
}
