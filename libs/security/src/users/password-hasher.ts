/** Passwords of people, hashed to be slow. */
import crypto, { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DomainError } from '#kernel';

// OWASP Password Storage Cheat Sheet, first choice and fallback (checked 2026-11): argon2id takes about 50 ms here, scrypt about 300 ms.
const ARGON2 = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const SCRYPT = { logCost: 17, blockSize: 8, parallelization: 1 } as const;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
// Each hash takes a thread of the pool (four by default), and 19 or 128 MiB. More wait, and too many are sent away.
const MAX_RUNNING = 2;
const MAX_WAITING = 50;

/** Too many people sign in at once. */
export class SignInBusyError extends DomainError {
  constructor() {
    super('unavailable', 'sign_in_busy', 'Too many people sign in at this moment.', { retryAfterSeconds: 2 });
  }
}

/**
 * argon2id where Node has it (24.7 and later), else scrypt; the hash names its algorithm and cost, so that either verifies where it can run.
 *
 * At most {@link MAX_RUNNING} at a time: sign-in must not starve the payments of threads.
 */
@Injectable()
export class PasswordHasher {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly decoy = this.hash(randomBytes(16).toString('hex')).catch(() => '');

  /** A hash such as `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`. */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES);
    return this.inTurn(async () => {
      if (typeof crypto.argon2 === 'function') {
        const { memory, passes, parallelism } = ARGON2;
        return phc('argon2id', `v=19$m=${memory},t=${passes},p=${parallelism}`, salt, await argon2id(password, salt, ARGON2));
      }
      const { logCost, blockSize, parallelization } = SCRYPT;
      return phc('scrypt', `ln=${logCost},r=${blockSize},p=${parallelization}`, salt, await scryptOf(password, salt, SCRYPT));
    });
  }

  /** Whether the password is the one. Without a hash it takes as long and is false: nobody learns from the clock who has an account. */
  async verify(password: string, stored: string | null): Promise<boolean> {
    const hash = stored ?? (await this.decoy);
    const isSame = await this.inTurn(() => verifyPhc(password, hash));
    return isSame && stored !== null;
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= MAX_RUNNING) {
      if (this.waiting.length >= MAX_WAITING) throw new SignInBusyError();
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    } else this.running += 1;
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.running -= 1;
      else next();
    }
  }
}

function phc(name: string, parameters: string, salt: Buffer, hash: Buffer): string {
  return `$${name}$${parameters}$${salt.toString('base64url')}$${hash.toString('base64url')}`;
}

async function verifyPhc(password: string, stored: string): Promise<boolean> {
  const argon2 = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w-]+)\$([\w-]+)$/.exec(stored);
  if (argon2 !== null) {
    const [memory, passes, parallelism] = argon2.slice(1, 4).map(Number) as [number, number, number];
    return isSame(await argon2id(password, Buffer.from(argon2[4] ?? '', 'base64url'), { memory, passes, parallelism }), argon2[5]);
  }
  const scryptHash = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([\w-]+)\$([\w-]+)$/.exec(stored);
  if (scryptHash === null) return false;
  const [logCost, blockSize, parallelization] = scryptHash.slice(1, 4).map(Number) as [number, number, number];
  const salt = Buffer.from(scryptHash[4] ?? '', 'base64url');
  return isSame(await scryptOf(password, salt, { logCost, blockSize, parallelization }), scryptHash[5]);
}

function isSame(hash: Buffer, expected = ''): boolean {
  const other = Buffer.from(expected, 'base64url');
  return other.length === hash.length && timingSafeEqual(hash, other);
}

function argon2id(password: string, nonce: Buffer, cost: { memory: number; passes: number; parallelism: number }): Promise<Buffer> {
  if (typeof crypto.argon2 !== 'function') throw new Error('a hash was made with argon2id, which Node has from 24.7 on');
  return new Promise((resolve, reject) => {
    crypto.argon2('argon2id', { message: password, nonce, tagLength: HASH_BYTES, ...cost }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

function scryptOf(password: string, salt: Buffer, cost: { logCost: number; blockSize: number; parallelization: number }): Promise<Buffer> {
  const options = { N: 2 ** cost.logCost, r: cost.blockSize, p: cost.parallelization, maxmem: 256 * 1024 * 1024 };
  return new Promise((resolve, reject) => {
    scrypt(password, salt, HASH_BYTES, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
