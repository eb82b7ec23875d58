/**
 * The text of a credential: `upp_<mode>_<kind>_<30 random characters><6 characters of checksum>`.
 *
 * The prefix tells people and secret scanners what leaked; the checksum lets both discard look-alikes without asking the server,
 * and lets the server refuse a typing error without asking the database.
 */

/** What a credential is for: a merchant's server, a merchant's server with chosen rights, or one device. */
export type CredentialKind = 'secret' | 'restricted' | 'device';

/** A credential's public parts, read from its text. */
export interface ParsedCredential {
  readonly kind: CredentialKind;
  readonly livemode: boolean;
}

/** 30 characters of base 62 are 178 bits: far beyond guessing, so that a plain keyed hash may store them (ASVS 5.0, 6.5.2). */
export const CREDENTIAL_RANDOM_LENGTH = 30;
const CHECKSUM_LENGTH = 6;
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const KIND_WORDS: Readonly<Record<CredentialKind, string>> = { secret: 'sk', restricted: 'rk', device: 'dk' };
const WORD_KINDS: Readonly<Record<string, CredentialKind>> = { sk: 'secret', rk: 'restricted', dk: 'device' };
const SHAPE = /^upp_(test|live)_(sk|rk|dk)_[0-9A-Za-z]{36}$/;

/**
 * Joins a credential from its parts.
 *
 * @param randomBytes - Bytes from a cryptographic source; those of 248 and more are skipped so that every character is equally likely.
 * @throws RangeError when too few usable bytes were given; ask for 64.
 */
export function formatCredential({ kind, livemode }: ParsedCredential, randomBytes: Uint8Array): string {
  let random = '';
  for (const byte of randomBytes) {
    if (random.length === CREDENTIAL_RANDOM_LENGTH) break;
    if (byte < 248) random += BASE62.charAt(byte % 62);
  }
  if (random.length < CREDENTIAL_RANDOM_LENGTH) throw new RangeError('too few random bytes for a credential');
  const text = `upp_${livemode ? 'live' : 'test'}_${KIND_WORDS[kind]}_${random}`;
  return text + checksum(text);
}

/** Reads a credential's parts; null when it is not of this product or was mistyped. It says nothing of whether the credential exists. */
export function parseCredential(text: string): ParsedCredential | null {
  const match = SHAPE.exec(text);
  if (match === null) return null;
  const kind = WORD_KINDS[match[2] ?? ''];
  if (kind === undefined || checksum(text.slice(0, -CHECKSUM_LENGTH)) !== text.slice(-CHECKSUM_LENGTH)) return null;
  return { kind, livemode: match[1] === 'live' };
}

function checksum(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let index = 0; index < CHECKSUM_LENGTH; index++) {
    digits = BASE62.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

// CRC-32 as in ISO 3309 and zlib, reflected polynomial 0xEDB88320. Its own few lines: domain/ imports nothing, and zlib.crc32 needs Node 20.15.
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value >>> 0;
});

function crc32(ascii: string): number {
  let crc = 0xffffffff;
  for (let index = 0; index < ascii.length; index++) {
    crc = (CRC_TABLE[(crc ^ ascii.charCodeAt(index)) & 0xff] ?? 0) ^ (crc >>> 8);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
