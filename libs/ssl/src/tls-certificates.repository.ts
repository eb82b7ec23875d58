import { Injectable } from '@nestjs/common';
import { AppConfig, Database, type Queryable } from '#platform';
import { type Certificate, type KeyPair, type KeyType } from './certificate.js';
import { openKey, sealKey } from './sealed-key.js';

/** A stored certificate and what it was ordered with. */
export interface StoredCertificate extends KeyPair {
  readonly keyType: KeyType;
  readonly names: readonly string[];
  readonly directoryUrl: string;
}

interface CertificateRow {
  key_type: KeyType;
  names: string[];
  directory_url: string;
  chain_pem: string;
  private_key_sealed: string;
}

/** Table `tls_certificates`: the certificates that all replicas serve in mode `acme`. */
@Injectable()
export class TlsCertificatesRepository {
  constructor(
    private readonly database: Database,
    private readonly config: AppConfig,
  ) {}

  /** @throws Error when a key was sealed under another ENCRYPTION_KEY. */
  async list(): Promise<StoredCertificate[]> {
    const rows = await this.database.query<CertificateRow>(
      'select key_type, names, directory_url, chain_pem, private_key_sealed from tls_certificates order by key_type',
    );
    return rows.map((row) => ({
      keyType: row.key_type,
      names: row.names,
      directoryUrl: row.directory_url,
      chainPem: row.chain_pem,
      keyPem: openKey(row.private_key_sealed, this.config.security.encryptionKeys, placeOf(row.key_type)),
    }));
  }

  /** Makes `certificates` the only ones; part of the transaction that proves the right to do so. */
  async replaceAll(
    certificates: readonly Certificate[],
    names: readonly string[],
    directoryUrl: string,
    transaction: Queryable,
  ): Promise<void> {
    await transaction.query('delete from tls_certificates');
    for (const { keyType, chainPem, keyPem } of certificates) {
      await transaction.query(
        'insert into tls_certificates (key_type, names, directory_url, chain_pem, private_key_sealed) values ($1, $2, $3, $4, $5)',
        [keyType, names, directoryUrl, chainPem, sealKey(keyPem, this.config.security.encryptionKey, placeOf(keyType))],
      );
    }
  }
}

function placeOf(keyType: KeyType): string {
  return `tls_certificates/${keyType}`;
}
