/** People who administer the deployment: made, changed, disabled. */
import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DomainError, newId } from '#kernel';
import { Database, isForeignKeyViolation, isUniqueViolation, type Queryable } from '#platform';
import type { AuditContext } from '../api-keys.service.js';
import { AuditLog } from '../audit/audit-log.js';
import { passwordProblem } from '../domain/password-policy.js';
import type { Role } from '../domain/scopes.js';
import { UnknownMerchantError, type UserPrincipal } from '../principal.js';
import { PasswordHasher } from './password-hasher.js';
import { SecondFactor } from './second-factor.js';
import { SessionsRepository } from './sessions.repository.js';
import { SignInRefusedError } from './sign-in.service.js';
import { totpUri } from './totp.js';
import { type User, UsersRepository, type UserSecrets } from './users.repository.js';

/** Somebody to be added. */
export interface NewUser {
  readonly email: string;
  readonly role: Role;
  /** Null: a person of the whole deployment. */
  readonly merchantId: string | null;
}

/** What the person is told once. */
export interface FirstSecrets {
  readonly userId: string;
  readonly password: string;
  readonly totpSecret: string;
  readonly recoveryCodes: readonly string[];
}

/** A person cannot be made or changed like that. */
export class UserRefusedError extends DomainError {
  constructor(code: 'user_exists' | 'owner_exists' | 'last_owner' | 'user_not_found' | 'password_refused', message: string) {
    super(code === 'user_not_found' ? 'not_found' : code === 'password_refused' ? 'unprocessable' : 'conflict', code, message);
  }
}

// 144 bits: nobody guesses a first password, and its owner is asked to change it.
const FIRST_PASSWORD_BYTES = 18;

/** The directory of people. */
@Injectable()
export class UsersService {
  constructor(
    private readonly database: Database,
    private readonly users: UsersRepository,
    private readonly passwords: PasswordHasher,
    private readonly secondFactor: SecondFactor,
    private readonly sessions: SessionsRepository,
    private readonly auditLog: AuditLog,
  ) {}

  /**
   * Makes the first person of a deployment, with everything that signing in needs.
   *
   * @param withSecondFactor - false only where SESSION_REQUIRE_TOTP is off: the person can add one later.
   * @throws UserRefusedError `owner_exists` when there is one already: the command works once.
   */
  createFirstOwner(email: string, withSecondFactor = true): Promise<FirstSecrets> {
    const owner: NewUser = { email, role: 'owner', merchantId: null };
    return this.insert(owner, { actor: 'system:create_admin' }, withSecondFactor, async (transaction) => {
      if (await this.users.existsOwner(transaction)) throw new UserRefusedError('owner_exists', 'There is an owner already.');
    });
  }

  /** Adds a person. @throws UserRefusedError `user_exists` when the address is taken. */
  create(user: NewUser, by: AuditContext): Promise<FirstSecrets> {
    return this.insert(user, by, true, () => Promise.resolve());
  }

  /** A page of people, the newest first. */
  list(page: { merchantId: string | null; before: string | null; limit: number }): Promise<User[]> {
    return this.users.list(page);
  }

  /** @throws UserRefusedError `user_not_found` when there is none. */
  async get(id: string): Promise<User> {
    return this.secretsOf(id);
  }

  /** Shows a secret for an authenticator app. @throws PermissionDeniedError when a second factor is there and was not proved lately. */
  async beginTotp(principal: UserPrincipal): Promise<{ totpSecret: string; uri: string }> {
    const user = await this.secretsOf(principal.id);
    const totpSecret = await this.secondFactor.begin(user, principal);
    return { totpSecret, uri: totpUri(totpSecret, user.email) };
  }

  /** @returns Fresh recovery codes. @throws SignInRefusedError when the code is not of the shown secret. */
  async confirmTotp(principal: UserPrincipal, code: string, by: AuditContext): Promise<string[]> {
    const user = await this.secretsOf(principal.id);
    const entry = { ...by, merchantId: user.merchantId, action: 'totp_replaced', objectId: user.id };
    const recoveryCodes = await this.secondFactor.confirm(user, code, (transaction) => this.auditLog.record(transaction, entry));
    if (recoveryCodes === null) throw new SignInRefusedError('totp_invalid');
    return recoveryCodes;
  }

  /**
   * Gives a person who lost their password or telephone, or was disabled, new ones of everything; what they had ends at once.
   *
   * @param merchantId - The merchant whose people the caller may change; null for everybody.
   * @throws UserRefusedError `user_not_found`.
   */
  async reset(id: string, merchantId: string | null, by: AuditContext): Promise<FirstSecrets> {
    const { secrets, stored } = await this.newSecrets(id);
    await this.database.transaction(async (transaction) => {
      const user = await this.users.lock(transaction, id, merchantId);
      if (user === null) throw new UserRefusedError('user_not_found', 'There is no such person.');
      await this.users.replaceSecrets(transaction, id, stored);
      await this.users.replaceRecoveryCodes(transaction, id, this.secondFactor.hashesOf(secrets.recoveryCodes));
      await this.sessions.revokeAllOf(transaction, id, null);
      const changes = { statusBefore: user.status };
      await this.auditLog.record(transaction, { ...by, merchantId: user.merchantId, action: 'user_reset', objectId: id, changes });
    });
    return secrets;
  }

  /** {@link reset} for the operator at the machine, when nobody is left who could. @throws UserRefusedError `user_not_found`. */
  async resetByEmail(email: string, by: AuditContext): Promise<FirstSecrets> {
    const user = await this.users.findByEmail(email.trim().toLowerCase());
    if (user === null) throw new UserRefusedError('user_not_found', 'There is no such person.');
    return this.reset(user.id, null, by);
  }

  /**
   * Gives a person another role, from their next request on.
   *
   * @throws UserRefusedError `user_not_found`; `last_owner` when nobody would be left who may change people.
   */
  changeRole(id: string, merchantId: string | null, role: Role, by: AuditContext): Promise<User> {
    return this.database.transaction(async (transaction) => {
      const user = await this.users.lock(transaction, id, merchantId);
      if (user === null) throw new UserRefusedError('user_not_found', 'There is no such person.');
      if (user.role === role) return user;
      await this.refuseLastOwner(transaction, user);
      await this.users.setRole(transaction, id, role);
      const changes = { before: user.role, after: role };
      await this.auditLog.record(transaction, { ...by, merchantId: user.merchantId, action: 'user_role_changed', objectId: id, changes });
      return { ...user, role };
    });
  }

  /**
   * Ends a person's access at once, everywhere.
   *
   * @throws UserRefusedError `user_not_found` when there is no active one; `last_owner` when nobody would be left who may change people.
   */
  async disable(id: string, merchantId: string | null, by: AuditContext): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const user = await this.users.lock(transaction, id, merchantId);
      if (user !== null) await this.refuseLastOwner(transaction, user);
      if (!(await this.users.disable(transaction, id, merchantId))) {
        throw new UserRefusedError('user_not_found', 'There is no such active person.');
      }
      await this.sessions.revokeAllOf(transaction, id, null);
      await this.auditLog.record(transaction, { ...by, merchantId, action: 'user_disabled', objectId: id });
    });
  }

  /**
   * Changes the own password and ends all other sessions.
   *
   * @throws UserRefusedError `password_refused` for one that is short or common.
   * @throws SignInRefusedError when the present one is wrong.
   */
  async changePassword(principal: UserPrincipal, change: { present: string; next: string }, by: AuditContext): Promise<void> {
    const user = await this.secretsOf(principal.id);
    if (!(await this.passwords.verify(change.present, user.passwordHash))) throw new SignInRefusedError('credentials_invalid');
    const problem = passwordProblem(change.next, user.email);
    if (problem !== null) throw new UserRefusedError('password_refused', problem);
    const passwordHash = await this.passwords.hash(change.next);
    await this.database.transaction(async (transaction) => {
      await this.users.setPassword(transaction, user.id, passwordHash);
      await this.sessions.revokeAllOf(transaction, user.id, principal.sessionId);
      await this.auditLog.record(transaction, { ...by, merchantId: user.merchantId, action: 'password_changed', objectId: user.id });
    });
  }

  private async refuseLastOwner(transaction: Queryable, { id, role, merchantId }: User): Promise<void> {
    if (role !== 'owner' || merchantId !== null || (await this.users.existsOwner(transaction, id))) return;
    throw new UserRefusedError('last_owner', 'Nobody would be left who may change people. Make another owner first.');
  }

  private async newSecrets(userId: string): Promise<{ secrets: FirstSecrets; stored: { passwordHash: string; totpSecretSealed: string } }> {
    const password = randomBytes(FIRST_PASSWORD_BYTES).toString('base64url');
    const { secret, sealed } = this.secondFactor.newSecret(userId);
    const secrets = { userId, password, totpSecret: secret, recoveryCodes: this.secondFactor.newRecoveryCodes() };
    return { secrets, stored: { passwordHash: await this.passwords.hash(password), totpSecretSealed: sealed } };
  }

  private async secretsOf(id: string): Promise<UserSecrets> {
    const user = await this.users.find(id);
    if (user === null) throw new UserRefusedError('user_not_found', 'There is no such person.');
    return user;
  }

  private async insert(
    user: NewUser,
    by: AuditContext,
    withSecondFactor: boolean,
    check: (transaction: Queryable) => Promise<void>,
  ): Promise<FirstSecrets> {
    const userId = newId('user');
    const { secrets, stored } = await this.newSecrets(userId);
    const { role, merchantId } = user;
    const email = user.email.trim().toLowerCase();
    try {
      await this.database.transaction(async (transaction) => {
        await check(transaction);
        await this.users.insert(transaction, {
          id: userId,
          merchantId,
          email,
          role,
          passwordHash: stored.passwordHash,
          totpSecretSealed: withSecondFactor ? stored.totpSecretSealed : null,
        });
        await this.users.replaceRecoveryCodes(transaction, userId, this.secondFactor.hashesOf(secrets.recoveryCodes));
        await this.auditLog.record(transaction, { ...by, merchantId, action: 'user_created', objectId: userId, changes: { role } });
      });
    } catch (error) {
      if (isUniqueViolation(error, 'users_email_key')) throw new UserRefusedError('user_exists', 'The address is taken.');
      if (isForeignKeyViolation(error)) throw new UnknownMerchantError('merchantId');
      throw error;
    }
    return secrets;
  }
}
