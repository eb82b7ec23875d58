/** The second factor of people: codes of an authenticator app, and recovery codes for when it is lost. */
import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { Database, type Queryable } from '#platform';
import { CredentialHasher } from '../credential-hasher.js';
import { PersonalDataCipher } from '../personal-data-cipher.js';
import { hasSteppedUp, type UserPrincipal } from '../principal.js';
import { PermissionDeniedError } from '../security.errors.js';
import { matchTotp, newTotpSecret } from './totp.js';
import { UsersRepository, type UserSecrets } from './users.repository.js';

const RECOVERY_CODES = 10;
// 80 bits each, so that a keyed hash without slowness may store them.
const RECOVERY_CODE_BYTES = 10;

/** Proves and replaces second factors. */
@Injectable()
export class SecondFactor {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly users: UsersRepository,
    private readonly cipher: PersonalDataCipher,
    private readonly hasher: CredentialHasher,
  ) {}

  /** A new secret, and its sealed form for the person's row. */
  newSecret(userId: string): { secret: string; sealed: string } {
    const secret = newTotpSecret();
    return { secret, sealed: this.cipher.seal(secret, place(userId)) };
  }

  /** Whether the code proves possession now; each code and each recovery code does so once. */
  async prove(user: UserSecrets, code: string): Promise<boolean> {
    if (user.totpSecretSealed === null) return false;
    if (/^[a-z2-7]{16}$/.test(code)) return this.users.useRecoveryCode(user.id, this.hasher.hash(code));
    const step = matchTotp(this.cipher.open(user.totpSecretSealed, place(user.id)), code, this.clock.now(), user.totpLastStep);
    return step !== null && (await this.users.useTotpStep(user.id, step));
  }

  /**
   * Shows a secret that counts only after {@link confirm}.
   *
   * @throws PermissionDeniedError when the person has a second factor and has not proved it lately: a stolen session must not replace it.
   */
  async begin(user: UserSecrets, principal: UserPrincipal): Promise<string> {
    if (user.hasTotp && !hasSteppedUp(principal, this.clock.now())) throw new PermissionDeniedError('step_up_required');
    const { secret, sealed } = this.newSecret(user.id);
    await this.users.setPendingTotp(user.id, sealed);
    return secret;
  }

  /**
   * @param record - Writes the audit line, in the same transaction.
   * @returns Fresh recovery codes; null when the code does not prove the secret that was shown.
   */
  async confirm(user: UserSecrets, code: string, record: (transaction: Queryable) => Promise<void>): Promise<string[] | null> {
    if (user.totpPendingSealed === null) return null;
    const step = matchTotp(this.cipher.open(user.totpPendingSealed, place(user.id)), code, this.clock.now(), null);
    if (step === null) return null;
    const codes = this.newRecoveryCodes();
    await this.database.transaction(async (transaction) => {
      await this.users.adoptPendingTotp(transaction, user.id, step);
      await this.users.replaceRecoveryCodes(transaction, user.id, this.hashesOf(codes));
      await record(transaction);
    });
    return codes;
  }

  /** Ten codes to write down. */
  newRecoveryCodes(): string[] {
    return Array.from({ length: RECOVERY_CODES }, () => base32(randomBytes(RECOVERY_CODE_BYTES)));
  }

  /** The form in which they are stored. */
  hashesOf(codes: readonly string[]): Buffer[] {
    return codes.map((code) => this.hasher.hash(code));
  }
}

function place(userId: string): { table: string; column: string; rowId: string } {
  return { table: 'users', column: 'totp_secret_sealed', rowId: userId };
}

function base32(bytes: Buffer): string {
  let bits = '';
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0');
  return (bits.match(/.{5}/g) ?? []).map((five) => 'abcdefghijklmnopqrstuvwxyz234567'.charAt(Number.parseInt(five, 2))).join('');
}
