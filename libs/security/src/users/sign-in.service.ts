/** Signing in and out, and proving the second factor once more. */
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DomainError } from '#kernel';
import { Database } from '#platform';
import type { UserPrincipal } from '../principal.js';
import type { RequestOrigin } from '../request-origin.js';
import { PasswordHasher } from './password-hasher.js';
import { SecondFactor } from './second-factor.js';
import { Sessions } from './sessions.service.js';
import { SignInLimits } from './sign-in-limits.js';
import { UsersRepository, type UserSecrets } from './users.repository.js';

/** Why nobody was signed in. */
export type SignInRefusal = 'credentials_invalid' | 'totp_required' | 'totp_invalid';

const REFUSALS: Readonly<Record<SignInRefusal, string>> = {
  credentials_invalid: 'The e-mail address or the password is wrong.',
  totp_required: 'Send the code of your authenticator app as well.',
  totp_invalid: 'The code is wrong or was used already.',
};

/** Signing in, or proving the second factor, failed. It never says whether the address is known. */
export class SignInRefusedError extends DomainError {
  constructor(refusal: SignInRefusal) {
    super('unauthenticated', refusal, REFUSALS[refusal]);
  }
}

/** What somebody presents. */
export interface SignIn extends RequestOrigin {
  readonly email: string;
  readonly password: string;
  /** A code of the app, or a recovery code. */
  readonly totp: string | null;
}

// What an answer waits when one address is tried too often from everywhere: it costs the guesser 20 times a normal answer, and the owner a second.
const SLOW_ANSWER_MS = 1_000;
// Answers that wait at the same time; beyond it the address is being attacked by very many, and waiting longer would only hold memory.
const MAX_SLOW_ANSWERS = 200;

/** Signs people in. Attempts are limited by address and network together, so that an attacker elsewhere never locks the owner out. */
@Injectable()
export class SignInService {
  private slowAnswers = 0;

  constructor(
    private readonly database: Database,
    private readonly users: UsersRepository,
    private readonly limits: SignInLimits,
    private readonly passwords: PasswordHasher,
    private readonly secondFactor: SecondFactor,
    private readonly sessions: Sessions,
  ) {}

  /**
   * @returns The token for the cookie.
   * @throws RateLimitedError after five attempts in 15 minutes with this address from this network.
   * @throws SignInRefusedError when anything is wrong.
   */
  async signIn(attempt: SignIn): Promise<string> {
    const email = attempt.email.trim().toLowerCase();
    if (await this.limits.isPressed(email, attempt.ip)) await this.slowDown();
    const user = await this.users.findByEmail(email);
    const isPassword = await this.passwords.verify(attempt.password, user?.status === 'active' ? user.passwordHash : null);
    if (user === null || !isPassword) return this.refuse('credentials_invalid', user, attempt);
    if (user.hasTotp && attempt.totp === null) throw new SignInRefusedError('totp_required');
    if (user.hasTotp && !(await this.secondFactor.prove(user, attempt.totp ?? ''))) return this.refuse('totp_invalid', user, attempt);
    await this.limits.forgive(email, attempt.ip);
    return this.database.transaction((transaction) => this.sessions.open(transaction, user, user.hasTotp, attempt));
  }

  /** Ends the session. */
  async signOut(principal: UserPrincipal, from: RequestOrigin): Promise<void> {
    await this.database.transaction((transaction) => this.sessions.close(transaction, principal, from));
  }

  /** @throws SignInRefusedError when the code is wrong; it counts as an attempt to sign in. */
  async stepUp(principal: UserPrincipal, code: string, ip: string): Promise<void> {
    const user = await this.users.find(principal.id);
    if (user === null) throw new SignInRefusedError('credentials_invalid');
    await this.limits.isPressed(user.email, ip);
    if (!(await this.secondFactor.prove(user, code))) throw new SignInRefusedError('totp_invalid');
    await this.limits.forgive(user.email, ip);
    await this.sessions.stepUp(principal.sessionId);
  }

  private refuse(refusal: SignInRefusal, user: UserSecrets | null, attempt: SignIn): never {
    this.limits.report(user?.id ?? 'unknown', attempt);
    throw new SignInRefusedError(refusal);
  }

  private async slowDown(): Promise<void> {
    if (this.slowAnswers >= MAX_SLOW_ANSWERS) return;
    this.slowAnswers += 1;
    try {
      await delay(SLOW_ANSWER_MS);
    } finally {
      this.slowAnswers -= 1;
    }
  }
}
