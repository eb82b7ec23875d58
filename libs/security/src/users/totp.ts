/** Time-based one-time passwords: RFC 6238 over RFC 4226, six digits, 30 seconds, SHA-1, as every authenticator app expects. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const STEP_SECONDS = 30;
const DIGITS = 6;
// One step before and after: clocks of telephones differ. ASVS 5.0, 6.5.5.
const TOLERATED_STEPS = [0, -1, 1] as const;
const SECRET_BYTES = 20;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** A new secret in base 32, 160 bits. */
export function newTotpSecret(): string {
  let bits = '';
  for (const byte of randomBytes(SECRET_BYTES)) bits += byte.toString(2).padStart(8, '0');
  return (bits.match(/.{5}/g) ?? []).map((five) => BASE32.charAt(Number.parseInt(five, 2))).join('');
}

/**
 * The step whose code this is, near now; null when it is none.
 *
 * A code is good once: the caller keeps the step and passes it as `lastStep` the next time.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6238 (section 5.2: a code must not be accepted twice)
 */
export function matchTotp(secret: string, code: string, now: Date, lastStep: number | null): number | null {
  if (!/^\d{6}$/.test(code)) return null;
  const present = Math.floor(now.getTime() / 1_000 / STEP_SECONDS);
  const key = decodeBase32(secret);
  let matched: number | null = null;
  for (const offset of TOLERATED_STEPS) {
    const step = present + offset;
    const isSame = timingSafeEqual(Buffer.from(hotp(key, step)), Buffer.from(code));
    if (isSame && (lastStep === null || step > lastStep)) matched ??= step;
  }
  return matched;
}

/** What an authenticator app reads from a QR code. */
export function totpUri(secret: string, email: string): string {
  const label = `${encodeURIComponent('UPP')}:${encodeURIComponent(email)}`;
  return `otpauth://totp/${label}?secret=${secret}&issuer=UPP&algorithm=SHA1&digits=${DIGITS}&period=${STEP_SECONDS}`;
}

/** The code of one step. */
export function totpCode(secret: string, at: Date): string {
  return hotp(decodeBase32(secret), Math.floor(at.getTime() / 1_000 / STEP_SECONDS));
}

function hotp(key: Buffer, counter: number): string {
  const message = Buffer.alloc(8);
  message.writeBigUInt64BE(BigInt(counter));
  const digest = createHmac('sha1', key).update(message).digest();
  const offset = (digest.at(-1) ?? 0) & 0x0f;
  const number = (digest.readUInt32BE(offset) & 0x7fffffff) % 10 ** DIGITS;
  return String(number).padStart(DIGITS, '0');
}

function decodeBase32(text: string): Buffer {
  let bits = '';
  for (let index = 0; index < text.length; index++) bits += BASE32.indexOf(text.charAt(index)).toString(2).padStart(5, '0');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2)));
}
