/** Public ids: a prefix that names the kind of thing, and a UUIDv7 in Crockford base 32, so that ids sort by creation. */
import { randomFillSync } from 'node:crypto';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const BODY_LENGTH = 26;

/** The prefixes in use, one per kind of object. */
export const ID_PREFIXES = {
  merchant: 'mer',
  user: 'usr',
  session: 'ses',
  apiKey: 'key',
  device: 'dev',
  customer: 'cus',
  savedMethod: 'spm',
  subscription: 'sub',
  payment: 'pay',
  paymentAttempt: 'pat',
  refund: 're',
  dispute: 'dp',
  fraudWarning: 'efw',
  webhookEvent: 'whe',
  event: 'evt',
  webhookEndpoint: 'we',
  assessment: 'fra',
  blacklistEntry: 'bl',
  review: 'rev',
  incident: 'inc',
  alert: 'alt',
  notification: 'ntf',
  reconciliationRun: 'rec',
  reconciliationBreak: 'brk',
  request: 'req',
} as const;

/** A kind of object that has a prefixed id. */
export type IdKind = keyof typeof ID_PREFIXES;

/**
 * Makes a new id such as `pay_01jd8y3v5kq2e9c7x4m6n0r1st`: 48 bits of milliseconds, then 74 random bits (RFC 9562 UUIDv7).
 *
 * @param atMs - Milliseconds since 1970; the id's place in the order of creation.
 */
export function newId(kind: IdKind, atMs: number = Date.now()): string {
  const bytes = Buffer.allocUnsafe(16);
  randomFillSync(bytes, 6, 10);
  bytes.writeUIntBE(atMs, 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return `${ID_PREFIXES[kind]}_${encode(bytes)}`;
}

/** The lowest id of that millisecond, which no object has: `id >= firstIdAt(…)` is "made since then" by the primary key alone. */
export function firstIdAt(kind: IdKind, atMs: number): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(atMs, 0, 6);
  return `${ID_PREFIXES[kind]}_${encode(bytes)}`;
}

/** Whether `value` has the shape of an id of that kind; it says nothing of whether the object exists. */
export function isId(kind: IdKind, value: unknown): value is string {
  if (typeof value !== 'string') return false;
  const prefix = `${ID_PREFIXES[kind]}_`;
  return value.length === prefix.length + BODY_LENGTH && value.startsWith(prefix) && BODY.test(value.slice(prefix.length));
}

const BODY = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/;

function encode(bytes: Buffer): string {
  // 128 bits are 26 digits of 5 bits with 2 bits of zero in front, as in ULID.
  let text = '';
  let buffer = 0;
  let bits = 2;
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET.charAt((buffer >> bits) & 31);
    }
    buffer &= (1 << bits) - 1;
  }
  return text;
}
