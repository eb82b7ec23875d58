/** Certificates of every kind and age that nobody trusts, for listeners under test. */
import { webcrypto } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as x509 from '@peculiar/x509';
import { DAY_MS } from '#kernel';

/** A chain of one and its key, in PEM. */
export interface TestCertificate {
  readonly chainPem: string;
  readonly keyPem: string;
}

const ALGORITHMS = {
  ec: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  rsa: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2_048, publicExponent: new Uint8Array([1, 0, 1]) },
} as const;

/** Makes one; days are counted from now. */
export async function issueTestCertificate(
  rest: { keyType?: 'ec' | 'rsa'; names?: string[]; fromDay?: number; toDay?: number } = {},
): Promise<TestCertificate> {
  const { keyType = 'ec', names = ['localhost'], fromDay = -1, toDay = 89 } = rest;
  const algorithm = ALGORITHMS[keyType];
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: 'CN=test',
      notBefore: new Date(Date.now() + fromDay * DAY_MS),
      notAfter: new Date(Date.now() + toDay * DAY_MS),
      signingAlgorithm: algorithm,
      keys,
      extensions: [new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value })))],
    },
    webcrypto,
  );
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { chainPem: certificate.toString('pem'), keyPem: x509.PemConverter.encode(key, 'PRIVATE KEY') };
}

/** Writes `<name>.crt` and `<name>.key` and returns their paths. */
export function writePair(
  folder: string,
  name: string,
  { chainPem, keyPem }: TestCertificate,
): { certificateFile: string; keyFile: string } {
  mkdirSync(folder, { recursive: true });
  const files = { certificateFile: path.join(folder, `${name}.crt`), keyFile: path.join(folder, `${name}.key`) };
  writeFileSync(files.certificateFile, chainPem);
  writeFileSync(files.keyFile, keyPem, { mode: 0o600 });
  return files;
}
