import { Injectable } from '@nestjs/common';
import { Database } from '#platform';

/** Table `acme_challenges`: what any replica answers when the certificate authority asks for a token. */
@Injectable()
export class AcmeChallengesRepository {
  constructor(private readonly database: Database) {}

  /** Offers an answer for `lifetimeMs`, and forgets those whose time is over. */
  async insert(token: string, keyAuthorization: string, lifetimeMs: number): Promise<void> {
    await this.database.query('delete from acme_challenges where expires_at <= now()');
    await this.database.query(
      `insert into acme_challenges (token, key_authorization, expires_at) values ($1, $2, now() + $3 * interval '1 millisecond')
       on conflict (token) do update set key_authorization = excluded.key_authorization, expires_at = excluded.expires_at`,
      [token, keyAuthorization, lifetimeMs],
    );
  }

  async delete(token: string): Promise<void> {
    await this.database.query('delete from acme_challenges where token = $1', [token]);
  }

  /** Null for a token that was never offered or has expired. */
  async findKeyAuthorization(token: string): Promise<string | null> {
    const [row] = await this.database.query<{ key_authorization: string }>(
      'select key_authorization from acme_challenges where token = $1 and expires_at > now()',
      [token],
    );
    return row?.key_authorization ?? null;
  }
}
