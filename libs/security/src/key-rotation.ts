/** After ENCRYPTION_KEY was replaced: everything that was sealed under the old one is sealed anew under the present one. */
import { Injectable } from '@nestjs/common';
import { Database } from '#platform';
import { PersonalDataCipher } from './personal-data-cipher.js';

/** A column that holds sealed texts. */
export interface SealedColumn {
  readonly table: string;
  readonly column: string;
  /** The column that names the row. */
  readonly id: string;
  /** The column by whose name the text is bound, where two share one: see `SealedPlace`. */
  readonly boundTo?: string;
}

/** Every column under ENCRYPTION_KEY. What is sealed under the keys of persons need not move: those keys do. */
export const SEALED_COLUMNS: readonly SealedColumn[] = [
  { table: 'personal_data_keys', column: 'key_wrapped', id: 'subject_id' },
  { table: 'users', column: 'totp_secret_sealed', id: 'id' },
  { table: 'users', column: 'totp_pending_sealed', id: 'id', boundTo: 'totp_secret_sealed' },
  { table: 'webhook_endpoints', column: 'secret_sealed', id: 'id' },
  { table: 'webhook_endpoints', column: 'former_secret_sealed', id: 'id', boundTo: 'secret_sealed' },
];

const BATCH = 200;

/** Seals anew, a few rows at a time. */
@Injectable()
export class KeyRotation {
  constructor(
    private readonly database: Database,
    private readonly cipher: PersonalDataCipher,
  ) {}

  /** One round of the worker. @returns How many texts were sealed; 0 once the old key is needed no more. */
  async resealNext(): Promise<number> {
    let count = 0;
    for (const sealed of SEALED_COLUMNS) count += await this.resealIn(sealed);
    return count;
  }

  private async resealIn({ table, column, id, boundTo }: SealedColumn): Promise<number> {
    const rows = await this.database.query<{ rowId: string; sealed: string }>(
      `select ${id} as "rowId", ${column} as sealed from ${table} where ${column} is not null and not starts_with(${column}, $1) limit ${BATCH}`,
      [this.cipher.presentPrefix],
    );
    for (const { rowId, sealed } of rows) {
      const place = { table, column: boundTo ?? column, rowId };
      // Unless it has changed meanwhile.
      await this.database.query(`update ${table} set ${column} = $3 where ${id} = $1 and ${column} = $2`, [
        rowId,
        sealed,
        this.cipher.seal(this.cipher.open(sealed, place), place),
      ]);
    }
    return rows.length;
  }
}
