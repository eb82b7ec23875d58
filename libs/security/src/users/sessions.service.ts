/** Sessions of people: an opaque cookie, and what the database knows of it. */
import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock, HOUR_MS, isId, MINUTE_MS, newId } from '#kernel';
import { AppConfig, type Queryable } from '#platform';
import { AuditLog } from '../audit/audit-log.js';
import { type Scope, scopesOfPerson } from '../domain/scopes.js';
import { actorOf, UnknownMerchantError, type UserPrincipal } from '../principal.js';
import type { RequestOrigin } from '../request-origin.js';
import { CredentialRefusedError, PermissionDeniedError } from '../security.errors.js';
import { SessionsRepository } from './sessions.repository.js';
import type { User } from './users.repository.js';

const TOKEN_BYTES = 32;
const MAX_ID_LENGTH = 64;
// The last use is noted this often at most, so that reading the console does not write with every click.
const TOUCH_AFTER_MS = MINUTE_MS;
const NO_SCOPES: ReadonlySet<Scope> = new Set();
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Opens, recognises and ends sessions. */
@Injectable()
export class Sessions {
  private readonly isSecure: boolean;
  private readonly cookieName: string;

  constructor(
    private readonly config: AppConfig,
    private readonly clock: Clock,
    private readonly repository: SessionsRepository,
    private readonly auditLog: AuditLog,
  ) {
    this.isSecure = config.server.environment === 'production';
    // The prefix makes browsers refuse the cookie over plain HTTP, from subdomains and with another path.
    this.cookieName = this.isSecure ? '__Host-upp_session' : 'upp_session';
  }

  /**
   * Begins a session.
   *
   * @param hasSecondFactor - Whether the person has just proved it; what needs a step-up is then open for ten minutes.
   * @returns The token for the cookie; only its hash is stored.
   */
  async open(transaction: Queryable, user: User, hasSecondFactor: boolean, from: RequestOrigin): Promise<string> {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const now = this.clock.now();
    const { ip, requestId, userAgent } = from;
    const { merchantId, id: userId } = user;
    const session = {
      id: newId('session', now.getTime()),
      userId,
      tokenHash: hashOf(token),
      createdAt: now,
      expiresAt: new Date(now.getTime() + this.config.sessions.maxHours * HOUR_MS),
      steppedUpAt: hasSecondFactor ? now : null,
      ip,
      userAgent,
    };
    await this.repository.insert(transaction, session);
    await this.auditLog.record(transaction, {
      merchantId,
      actor: `user:${userId}`,
      action: 'user_signed_in',
      objectId: session.id,
      ip,
      requestId,
    });
    return token;
  }

  /** Ends a session. */
  async close(transaction: Queryable, principal: UserPrincipal, { ip, requestId }: RequestOrigin): Promise<void> {
    const { merchantId, sessionId: objectId } = principal;
    await this.repository.revoke(transaction, objectId);
    await this.auditLog.record(transaction, { ip, requestId, merchantId, actor: actorOf(principal), action: 'user_signed_out', objectId });
  }

  /** Notes that the person has just proved the second factor. */
  async stepUp(sessionId: string): Promise<void> {
    await this.repository.stepUp(sessionId, this.clock.now());
  }

  /**
   * The person behind the request's cookie; null when there is no cookie.
   *
   * @throws CredentialRefusedError when the session has ended.
   * @throws PermissionDeniedError when a page of another origin tries to act with the cookie.
   */
  async identify(request: FastifyRequest): Promise<UserPrincipal | null> {
    const token = cookieOf(request.headers.cookie, this.cookieName);
    if (token === null) return null;
    refuseCrossSite(request);
    const now = this.clock.now();
    const idleSince = new Date(now.getTime() - this.config.sessions.idleMinutes * MINUTE_MS);
    const header = request.headers['upp-merchant'];
    const named = typeof header === 'string' ? header.slice(0, MAX_ID_LENGTH) : null;
    const session = await this.repository.findActive(hashOf(token), now, idleSince, isId('merchant', named) ? named : null);
    if (session === null) throw new CredentialRefusedError('session_expired');
    if (now.getTime() - session.lastSeenAt.getTime() >= TOUCH_AFTER_MS) await this.repository.touch(session.id, now);
    if (session.merchantId === null && named !== null && !session.isNamedMerchant) throw new UnknownMerchantError('Upp-Merchant');
    return {
      kind: 'user',
      id: session.userId,
      merchantId: session.merchantId ?? named,
      livemode: this.config.isLive,
      // Without a second factor a person can do nothing but add one.
      scopes: session.hasTotp || !this.config.sessions.requireTotp ? scopesOfPerson(session.role, session.merchantId) : NO_SCOPES,
      role: session.role,
      sessionId: session.id,
      steppedUpAt: session.steppedUpAt,
    };
  }

  /** Hands the browser its cookie. */
  setCookie(reply: FastifyReply, token: string): void {
    void reply.header('set-cookie', this.cookie(token, this.config.sessions.maxHours * 3_600));
  }

  /** Takes the cookie away. */
  clearCookie(reply: FastifyReply): void {
    void reply.header('set-cookie', this.cookie('', 0));
  }

  private cookie(value: string, maxAgeSeconds: number): string {
    const secure = this.isSecure ? '; Secure' : '';
    return `${this.cookieName}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}${secure}`;
  }
}

/** SameSite=Strict does this in browsers; the headers say it once more, to those that know them. */
function refuseCrossSite({ method, headers }: FastifyRequest): void {
  if (SAFE_METHODS.has(method)) return;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') throw new PermissionDeniedError('cross_site_request');
  const { origin, host } = headers;
  if (origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host))
    throw new PermissionDeniedError('cross_site_request');
}

function cookieOf(header: string | undefined, name: string): string | null {
  for (const pair of header?.split(';') ?? []) {
    const [key, value] = pair.trim().split('=', 2);
    if (key === name && value !== undefined && value !== '') return value;
  }
  return null;
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
