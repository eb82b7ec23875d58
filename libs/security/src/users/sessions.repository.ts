/** The table `sessions`. */
import { Injectable } from '@nestjs/common';
import { Database, type Queryable } from '#platform';
import type { Role } from '../domain/scopes.js';

/** A session in force and its person. */
export interface ActiveSession {
  readonly id: string;
  readonly userId: string;
  readonly merchantId: string | null;
  /** Whether the merchant that the request names is there. */
  readonly isNamedMerchant: boolean;
  readonly role: Role;
  readonly hasTotp: boolean;
  readonly steppedUpAt: Date | null;
  readonly lastSeenAt: Date;
  readonly expiresAt: Date;
}

/** A session that begins. */
export interface NewSession {
  readonly id: string;
  readonly userId: string;
  readonly tokenHash: Buffer;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly steppedUpAt: Date | null;
  readonly ip: string;
  readonly userAgent: string | null;
}

/** Reads and writes of sessions. */
@Injectable()
export class SessionsRepository {
  constructor(private readonly database: Database) {}

  async insert(transaction: Queryable, session: NewSession): Promise<void> {
    await transaction.query(
      `insert into sessions (id, user_id, token_hash, created_at, last_seen_at, expires_at, stepped_up_at, ip, user_agent)
       values ($1, $2, $3, $4, $4, $5, $6, $7, $8)`,
      [
        session.id,
        session.userId,
        session.tokenHash,
        session.createdAt,
        session.expiresAt,
        session.steppedUpAt,
        session.ip,
        session.userAgent?.slice(0, 500) ?? null,
      ],
    );
  }

  /**
   * The session behind a cookie, unless it ended, was idle since `idleSince`, or its person was disabled.
   *
   * Asked of the database on every request: whoever is signed out or loses a role loses it everywhere at once.
   */
  async findActive(tokenHash: Buffer, now: Date, idleSince: Date, namedMerchantId: string | null): Promise<ActiveSession | null> {
    const rows = await this.database.query<ActiveSession & Record<string, unknown>>(
      `select s.id, s.user_id as "userId", u.merchant_id as "merchantId", u.role, u.totp_secret_sealed is not null as "hasTotp",
              s.stepped_up_at as "steppedUpAt", s.last_seen_at as "lastSeenAt", s.expires_at as "expiresAt",
              exists (select 1 from merchants where id = $4) as "isNamedMerchant"
         from sessions s join users u on u.id = s.user_id
        where s.token_hash = $1 and s.revoked_at is null and s.expires_at > $2 and s.last_seen_at > $3 and u.status = 'active'`,
      [tokenHash, now, idleSince, namedMerchantId],
    );
    return rows[0] ?? null;
  }

  async touch(id: string, at: Date): Promise<void> {
    await this.database.query('update sessions set last_seen_at = greatest(last_seen_at, $2) where id = $1', [id, at]);
  }

  async stepUp(id: string, at: Date): Promise<void> {
    await this.database.query('update sessions set stepped_up_at = $2 where id = $1', [id, at]);
  }

  async revoke(transaction: Queryable, id: string): Promise<void> {
    await transaction.query('update sessions set revoked_at = now() where id = $1 and revoked_at is null', [id]);
  }

  /** Ends all sessions of a person, except the one that asks for it. */
  async revokeAllOf(transaction: Queryable, userId: string, exceptId: string | null): Promise<void> {
    await transaction.query(
      'update sessions set revoked_at = now() where user_id = $1 and revoked_at is null and ($2::text is null or id <> $2)',
      [userId, exceptId],
    );
  }
}
