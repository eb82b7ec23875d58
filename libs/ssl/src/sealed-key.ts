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

/** @throws Error when the encryption key is another one, or the text was altered or belongs elsewhere. */
export function openKey(sealed: string, encryptionKey: string, place: string): string {
  const bytes = Buffer.from(sealed, 'base64');
  assert(bytes.length > IV_BYTES + TAG_BYTES, 'a sealed key holds a nonce, a tag and a body');
  const decipher = createDecipheriv(ALGORITHM, derive(encryptionKey), bytes.subarray(0, IV_BYTES)).setAAD(Buffer.from(place));
  decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8');
}

function derive(encryptionKey: string): Buffer {
  return Buffer.from(hkdfSync('sha256', encryptionKey, '', 'upp/ssl/private-keys', 32));
}
