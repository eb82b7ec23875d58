/** Personal data at rest: sealed for reading back, and a keyed hash for finding it again. */
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { assert } from '#kernel';
import { AppConfig } from '#platform';

/** Where a sealed value lives. It is bound to that place: copied into another row or column, it does not open. */
export interface SealedPlace {
  readonly table: string;
  readonly column: string;
  readonly rowId: string;
}

/** Kinds of personal data that are matched by hash; the kind is part of the hash, so that equal texts of two kinds differ. */
export type MatchKind = 'email' | 'email_domain' | 'ip' | 'phone' | 'card_fingerprint' | 'customer' | 'device';

/** A person whose data is sealed under a key of its own. */
export interface PersonalDataSubject {
  /** `cus_…` */
  readonly id: string;
  /** The person's key as it is stored: sealed under ENCRYPTION_KEY. */
  readonly wrappedKey: string;
}

interface CipherKey {
  readonly id: string;
  readonly key: Buffer;
}

const VERSION = 'v1';
const SUBJECT_VERSION = 's1';
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * AES-256-GCM under ENCRYPTION_KEY. A sealed value is `v1.<key id>.<base64url of iv, ciphertext and tag>`.
 *
 * To rotate: the new key becomes ENCRYPTION_KEY and the old one goes first in ENCRYPTION_KEYS_PREVIOUS. Old values open under their own key and
 * are sealed anew by a job of the worker. Hashes stay under the oldest named key, for a hash cannot be turned into another.
 *
 * What names a person is sealed under a key of that person, `s1.<base64url …>`, and only that key under ENCRYPTION_KEY: erasing is destroying one
 * short value, and a rotation touches nothing but these.
 */
@Injectable()
export class PersonalDataCipher {
  private readonly present: CipherKey;
  private readonly keys: ReadonlyMap<string, CipherKey>;
  private readonly matchKey: Buffer;

  constructor(config: AppConfig) {
    const secrets = config.security.encryptionKeys;
    const keys = secrets.map(cipherKey);
    const [present] = keys;
    assert(present !== undefined, 'the list starts with the present key');
    this.present = present;
    this.keys = new Map(keys.map((key) => [key.id, key]));
    this.matchKey = derive(secrets.at(-1) ?? config.security.encryptionKey, 'upp match hash v1');
  }

  /** Seals a text for one place. Two seals of one text differ. */
  seal(text: string, place: SealedPlace): string {
    return `${this.presentPrefix}${sealBytes(this.present.key, text, place)}`;
  }

  /** @throws Error when the value was changed, stands in another place, or its key is no longer named: a bug or an attack, never a refusal. */
  open(sealed: string, place: SealedPlace): string {
    const id = sealed.split('.', 2)[1] ?? '';
    const key = this.keys.get(id);
    if (key === undefined) throw new Error(`no key with id ${id} to open ${place.table}.${place.column}`);
    return openBytes(key.key, sealed, place);
  }

  /** A new person's key, ready to be stored. */
  newWrappedKey(subjectId: string): string {
    return this.seal(randomBytes(KEY_BYTES).toString('base64url'), keyPlaceOf(subjectId));
  }

  /** Seals a text under a person's key. */
  sealFor(subject: PersonalDataSubject, text: string, place: SealedPlace): string {
    return `${SUBJECT_VERSION}.${sealBytes(this.keyOf(subject), text, place)}`;
  }

  /** @throws Error as `open`. */
  openFor(subject: PersonalDataSubject, sealed: string, place: SealedPlace): string {
    return openBytes(this.keyOf(subject), sealed, place);
  }

  private keyOf({ id, wrappedKey }: PersonalDataSubject): Buffer {
    return Buffer.from(this.open(wrappedKey, keyPlaceOf(id)), 'base64url');
  }

  /** How every value begins that is sealed under the present key; the others need sealing anew. */
  get presentPrefix(): string {
    return `${VERSION}.${this.present.id}.`;
  }

  /**
   * The keyed hash by which a value is found again: HMAC-SHA256, 32 bytes.
   *
   * @param normalisedValue - Already in its one spelling: e-mail addresses trimmed and lower-cased.
   */
  matchHash(kind: MatchKind, normalisedValue: string): Buffer {
    return createHmac('sha256', this.matchKey).update(`${kind}\0${normalisedValue}`).digest();
  }
}

function cipherKey(secret: string): CipherKey {
  const key = derive(secret, 'upp personal data v1');
  return { id: createHash('sha256').update(key).digest('hex').slice(0, 8), key };
}

function derive(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', purpose, 32));
}

function sealBytes(key: Buffer, text: string, place: SealedPlace): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(additionalData(place));
  return Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url');
}

function openBytes(key: Buffer, sealed: string, place: SealedPlace): string {
  const bytes = Buffer.from(sealed.slice(sealed.lastIndexOf('.') + 1), 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(additionalData(place)).setAuthTag(bytes.subarray(-TAG_BYTES));
  return decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
}

function keyPlaceOf(subjectId: string): SealedPlace {
  return { table: 'personal_data_keys', column: 'key_wrapped', rowId: subjectId };
}

function additionalData({ table, column, rowId }: SealedPlace): Buffer {
  return Buffer.from(JSON.stringify([table, column, rowId]));
}
