/** Makes credentials and the keyed hashes under which they are stored. */
import { createHmac, createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '#platform';
import { formatCredential, type ParsedCredential } from './domain/api-key.js';

/** A new credential. The text is shown once and stored nowhere. */
export interface IssuedCredential {
  readonly text: string;
  /** HMAC-SHA256 of the text under API_KEY_PEPPER: what the database holds. */
  readonly hash: Buffer;
  readonly last4: string;
}

// 64 bytes leave the 30 characters that are needed but once in 10^30 tries.
const RANDOM_BYTES = 64;

/** Hashes credentials under the deployment's pepper, so that a stolen table is worth nothing without the environment. */
@Injectable()
export class CredentialHasher {
  private readonly peppers: readonly [KeyObject, ...KeyObject[]];

  constructor(config: AppConfig) {
    const previous = config.security.previousApiKeyPeppers.map(secretKey);
    this.peppers = [secretKey(config.security.apiKeyPepper), ...previous];
  }

  /** Makes a credential, for example a device's: `issue({ kind: 'device', livemode: false })`. */
  issue(parts: ParsedCredential): IssuedCredential {
    const text = formatCredential(parts, randomBytes(RANDOM_BYTES));
    return { text, hash: this.hash(text), last4: text.slice(-4) };
  }

  /** The hash under the present pepper. */
  hash(text: string): Buffer {
    return hmac(this.peppers[0], text);
  }

  /** The hashes under the present and all previous peppers, the present one first. */
  hashes(text: string): Buffer[] {
    return this.peppers.map((pepper) => hmac(pepper, text));
  }
}

function secretKey(secret: string): KeyObject {
  return createSecretKey(secret, 'utf8');
}

function hmac(key: KeyObject, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
