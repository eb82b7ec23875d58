/** The tables `users` and `recovery_codes`. */
import { Injectable } from '@nestjs/common';
import { Database, type Queryable } from '#platform';
import type { Role } from '../domain/scopes.js';

/** A person as they may be shown. */
export interface User {
  readonly id: string;
  /** Null: a person of the whole deployment. */
  readonly merchantId: string | null;
  readonly email: string;
  readonly role: Role;
  readonly status: 'active' | 'disabled';
  readonly hasTotp: boolean;
  readonly createdAt: Date;
}

/** What signing in needs besides. */
export interface UserSecrets extends User {
  readonly passwordHash: string;
  readonly totpSecretSealed: string | null;
  readonly totpPendingSealed: string | null;
  readonly totpLastStep: number | null;
}

const COLUMNS = `id, merchant_id as "merchantId", email, role, status, totp_secret_sealed is not null as "hasTotp", created_at as "createdAt"`;
const SECRETS = `${COLUMNS}, password_hash as "passwordHash", totp_secret_sealed as "totpSecretSealed",
  totp_pending_sealed as "totpPendingSealed", totp_last_step as "totpLastStep"`;

/** Reads and writes of people. */
@Injectable()
export class UsersRepository {
  constructor(private readonly database: Database) {}

  async findByEmail(email: string): Promise<UserSecrets | null> {
    const rows = await this.database.query<UserSecrets & Record<string, unknown>>(`select ${SECRETS} from users where email = $1`, [email]);
    return rows[0] ?? null;
  }

  async find(id: string): Promise<UserSecrets | null> {
    const rows = await this.database.query<UserSecrets & Record<string, unknown>>(`select ${SECRETS} from users where id = $1`, [id]);
    return rows[0] ?? null;
  }

  /** A page of people, the newest first. `merchantId` null reads everybody. */
  list(page: { merchantId: string | null; before: string | null; limit: number }): Promise<User[]> {
    return this.database.query<User & Record<string, unknown>>(
      `select ${COLUMNS} from users where ($1::text is null or merchant_id = $1) and ($2::text is null or id < $2) order by id desc limit $3`,
      [page.merchantId, page.before, page.limit],
    );
  }

  /** Whether anybody may already administer the whole deployment, besides the person named. */
  async existsOwner(transaction: Queryable, besides: string | null = null): Promise<boolean> {
    // Two first owners at once would each see none, and of the last two each the other; the lock lets the second one look after the first one's commit.
    await transaction.query('lock table users in share row exclusive mode');
    const rows = await transaction.query(
      `select 1 from users where role = 'owner' and merchant_id is null and status = 'active' and id is distinct from $1 limit 1`,
      [besides],
    );
    return rows.length > 0;
  }

  /** A person under the eyes of a merchant (null: of the whole deployment), locked for the rest of the transaction. */
  async lock(transaction: Queryable, id: string, merchantId: string | null): Promise<User | null> {
    const rows = await transaction.query<User & Record<string, unknown>>(
      `select ${COLUMNS} from users where id = $1 and ($2::text is null or merchant_id = $2) for update`,
      [id, merchantId],
    );
    return rows[0] ?? null;
  }

  async insert(
    transaction: Queryable,
    user: Pick<User, 'id' | 'merchantId' | 'email' | 'role'> & { passwordHash: string; totpSecretSealed: string | null },
  ): Promise<void> {
    await transaction.query(
      `insert into users (id, merchant_id, email, role, password_hash, totp_secret_sealed) values ($1, $2, $3, $4, $5, $6)`,
      [user.id, user.merchantId, user.email, user.role, user.passwordHash, user.totpSecretSealed],
    );
  }

  /** @returns Whether the code's step was newer than all before: of two requests with one code, one gets false. */
  async useTotpStep(id: string, step: number): Promise<boolean> {
    const rows = await this.database.query(
      `update users set totp_last_step = $2 where id = $1 and (totp_last_step is null or totp_last_step < $2) returning id`,
      [id, step],
    );
    return rows.length > 0;
  }

  async setPendingTotp(id: string, sealed: string): Promise<void> {
    await this.database.query(`update users set totp_pending_sealed = $2, updated_at = now() where id = $1`, [id, sealed]);
  }

  /** The secret that was shown is proved: from now on it is asked for. */
  async adoptPendingTotp(transaction: Queryable, id: string, step: number): Promise<void> {
    await transaction.query(
      `update users set totp_secret_sealed = totp_pending_sealed, totp_pending_sealed = null, totp_last_step = $2, updated_at = now()
        where id = $1 and totp_pending_sealed is not null`,
      [id, step],
    );
  }

  async setPassword(transaction: Queryable, id: string, passwordHash: string): Promise<void> {
    await transaction.query(`update users set password_hash = $2, updated_at = now() where id = $1`, [id, passwordHash]);
  }

  /** New secrets in place of all old ones; whoever was disabled is back. */
  async replaceSecrets(transaction: Queryable, id: string, stored: { passwordHash: string; totpSecretSealed: string }): Promise<void> {
    await transaction.query(
      `update users set password_hash = $2, totp_secret_sealed = $3, totp_pending_sealed = null, totp_last_step = null, status = 'active',
              updated_at = now() where id = $1`,
      [id, stored.passwordHash, stored.totpSecretSealed],
    );
  }

  async setRole(transaction: Queryable, id: string, role: Role): Promise<void> {
    await transaction.query('update users set role = $2, updated_at = now() where id = $1', [id, role]);
  }

  /** @returns Whether the person was active until now. */
  async disable(transaction: Queryable, id: string, merchantId: string | null): Promise<boolean> {
    const rows = await transaction.query(
      `update users set status = 'disabled', updated_at = now()
        where id = $1 and status = 'active' and ($2::text is null or merchant_id = $2) returning id`,
      [id, merchantId],
    );
    return rows.length > 0;
  }

  /** New codes end all old ones. */
  async replaceRecoveryCodes(transaction: Queryable, id: string, hashes: readonly Buffer[]): Promise<void> {
    await transaction.query('delete from recovery_codes where user_id = $1', [id]);
    await transaction.query('insert into recovery_codes (user_id, code_hash) select $1, unnest($2::bytea[])', [id, hashes]);
  }

  /** @returns Whether the code was one that had not been used. */
  async useRecoveryCode(id: string, hash: Buffer): Promise<boolean> {
    const rows = await this.database.query(
      `update recovery_codes set used_at = now() where user_id = $1 and code_hash = $2 and used_at is null returning user_id`,
      [id, hash],
    );
    return rows.length > 0;
  }
}
