import { Injectable } from '@nestjs/common';
import { AppConfig, Database, type Queryable } from '#platform';
import { openKey, sealKey } from './sealed-key.js';

/** The right to order, held by one replica until it ends. */
export interface AcmeLease {
  /** PEM of the account's key, the same at every order. */
  readonly accountKeyPem: string;
  /** Failures in a row before this turn. */
  readonly failures: number;
}

/** Longest text kept of an error. */
const LAST_ERROR_LENGTH = 500;

/**
 * Table `acme_accounts`: one row for each certificate authority, which is also the lease on ordering from it.
 *
 * All times are the database's: replicas whose clocks differ must agree on whose turn it is.
 */
@Injectable()
export class AcmeAccountsRepository {
  constructor(
    private readonly database: Database,
    private readonly config: AppConfig,
  ) {}

  /** Keeps `accountKeyPem` as the account's key unless there is one already. */
  async insertOnce(directoryUrl: string, accountKeyPem: string): Promise<void> {
    const sealed = sealKey(accountKeyPem, this.config.security.encryptionKey, placeOf(directoryUrl));
    await this.database.query('insert into acme_accounts (directory_url, private_key_sealed) values ($1, $2) on conflict do nothing', [
      directoryUrl,
      sealed,
    ]);
  }

  /** Whether an account's key is kept for that authority. */
  async exists(directoryUrl: string): Promise<boolean> {
    return (await this.database.query('select 1 from acme_accounts where directory_url = $1', [directoryUrl])).length > 0;
  }

  /** Takes the turn for `leaseMs`; null while another replica has it or the pause after a failure lasts. */
  async takeLease(directoryUrl: string, owner: string, leaseMs: number): Promise<AcmeLease | null> {
    const [row] = await this.database.query<{ private_key_sealed: string; failures: number }>(
      `update acme_accounts set lease_owner = $2, leased_until = now() + $3 * interval '1 millisecond'
       where directory_url = $1 and next_attempt_at <= now() and (leased_until is null or leased_until <= now())
       returning private_key_sealed, failures`,
      [directoryUrl, owner, leaseMs],
    );
    if (row === undefined) return null;
    const accountKeyPem = openKey(row.private_key_sealed, this.config.security.encryptionKeys, placeOf(directoryUrl));
    return { accountKeyPem, failures: row.failures };
  }

  /**
   * Ends the turn with success.
   *
   * @returns false when the lease ran out meanwhile: somebody else may be ordering, and what was ordered here must not be stored.
   */
  async finish(directoryUrl: string, owner: string, transaction: Queryable = this.database): Promise<boolean> {
    const rows = await transaction.query(
      `update acme_accounts set lease_owner = null, leased_until = null, failures = 0, last_error = null
       where directory_url = $1 and lease_owner = $2 and leased_until > now() returning 1`,
      [directoryUrl, owner],
    );
    return rows.length > 0;
  }

  /** Ends the turn with a failure: nobody tries again before the pause is over. */
  async fail(directoryUrl: string, owner: string, pauseMs: number, error: string): Promise<void> {
    await this.database.query(
      `update acme_accounts set lease_owner = null, leased_until = null, failures = failures + 1,
         next_attempt_at = now() + $3 * interval '1 millisecond', last_error = $4
       where directory_url = $1 and lease_owner = $2`,
      [directoryUrl, owner, pauseMs, error.slice(0, LAST_ERROR_LENGTH)],
    );
  }

  /** Gives the turn back unused: a process that ends must not hold the others up. */
  async giveBack(directoryUrl: string, owner: string): Promise<void> {
    await this.database.query(
      'update acme_accounts set lease_owner = null, leased_until = null where directory_url = $1 and lease_owner = $2',
      [directoryUrl, owner],
    );
  }
}

function placeOf(directoryUrl: string): string {
  return `acme_accounts/${directoryUrl}`;
}
