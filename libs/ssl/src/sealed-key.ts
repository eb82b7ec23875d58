/** Private keys at rest: a copy of the database alone must not let anyone speak for the names. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { assert } from '#kernel';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts a private key for one place: the text cannot be moved to another row unnoticed.
 *
 * @param place - Table and row, e.g. `tls_certificates/ec`; opening needs the same.
 */
export function sealKey(keyPem: string, encryptionKey: string, place: string): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, derive(encryptionKey), iv).setAAD(Buffer.from(place));
  const body = Buffer.concat([cipher.update(keyPem, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64');
}

/**
 * Opens a private key, also after ENCRYPTION_KEY was replaced: a renewal seals it under the new one.
 *
 * @param encryptionKeys - The present one first, then those of ENCRYPTION_KEYS_PREVIOUS.
 * @throws Error when none of them fits, or the text was altered or belongs elsewhere.
 */
export function openKey(sealed: string, encryptionKeys: readonly string[], place: string): string {
  const bytes = Buffer.from(sealed, 'base64');
  assert(bytes.length > IV_BYTES + TAG_BYTES, 'a sealed key holds a nonce, a tag and a body');
  for (const encryptionKey of encryptionKeys) {
    const keyPem = open(bytes, encryptionKey, place);
    if (keyPem !== null) return keyPem;
  }
  throw new Error(`no encryption key opens ${place}`);
}

function open(bytes: Buffer, encryptionKey: string, place: string): string | null {
  const decipher = createDecipheriv(ALGORITHM, derive(encryptionKey), bytes.subarray(0, IV_BYTES)).setAAD(Buffer.from(place));
  decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8');
  } catch {
    // The tag does not fit: another key, or not what was sealed.
    return null;
  }
}

function derive(encryptionKey: string): Buffer {
  return Buffer.from(hkdfSync('sha256', encryptionKey, '', 'upp/ssl/private-keys', 32));
}
