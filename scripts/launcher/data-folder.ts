/** The files of the data folder that the launcher owns: secrets made once, credentials for people and programs. */
import { randomBytes } from 'node:crypto';
import { accessSync, closeSync, constants, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';
import { StartRefusedError } from './settings.js';

/** Made at the first start, never changed after: data at rest and stored hashes depend on them. */
export interface Secrets {
  readonly apiKeyPepper: string;
  readonly encryptionKey: string;
  readonly metricsToken: string;
  /** Signs the sandbox's webhooks. */
  readonly webhookSecret: string;
  /** The sandbox takes any test key. */
  readonly sandboxKey: string;
}

/** How the first people and programs get in. */
export interface FirstAccess {
  readonly apiKey: string;
  /** Null as long as the product has no accounts for people. */
  readonly adminEmail: string | null;
  readonly adminPassword: string | null;
}

/** What `credentials.json` tells. */
export interface Credentials extends FirstAccess {
  readonly baseUrl: string;
  readonly metricsToken: string;
  /** Null when Stripe itself is used and its signing secret is not set. */
  readonly webhookSecret: string | null;
  /** Null when Stripe itself is used. */
  readonly stripeSandboxUrl: string | null;
  /** Of the embedded PostgreSQL, for psql and commands; null when the operator brings one. */
  readonly databaseUrl: string | null;
}

/** @throws StartRefusedError when the folder cannot be made or written. */
export function prepareFolder(folder: string): void {
  try {
    makeFolder(folder);
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new StartRefusedError(`The data folder ${folder} cannot be written (${reason}). Set UPP_DATA_DIR to another folder.`);
  }
}

/** Not `recursive`: for a folder that the kernel refuses to make, such as one in /proc, Node's own recursion never ends. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(path.dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}

/** Reads the folder's secrets; the first call makes them. */
export function loadSecrets(folder: string): Secrets {
  const file = path.join(folder, 'secrets.json');
  if (existsSync(file)) return readPrivateJson(file) as Secrets;
  const secrets: Secrets = {
    apiKeyPepper: randomBytes(32).toString('hex'),
    encryptionKey: randomBytes(32).toString('hex'),
    metricsToken: randomBytes(24).toString('base64url'),
    webhookSecret: `whsec_${randomBytes(24).toString('hex')}`,
    sandboxKey: `sk_test_${randomBytes(24).toString('hex')}`,
  };
  writePrivateJson(file, secrets);
  return secrets;
}

/** What an earlier start wrote to `credentials.json`; null before the first. */
export function readCredentials(folder: string): Credentials | null {
  const file = path.join(folder, 'credentials.json');
  return existsSync(file) ? (readPrivateJson(file) as Credentials) : null;
}

/** Writes `credentials.json` and returns its path. */
export function writeCredentials(folder: string, credentials: Credentials): string {
  const file = path.join(folder, 'credentials.json');
  writePrivateJson(file, credentials);
  return file;
}

/** Writes a file that only its owner can read, whole or not at all, also when the power fails. */
export function writePrivateJson(file: string, content: unknown): void {
  const unfinished = `${file}.new`;
  const descriptor = openSync(unfinished, 'w', 0o600);
  try {
    writeSync(descriptor, `${JSON.stringify(content, null, 2)}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(unfinished, file);
}

/** @throws StartRefusedError when the file is not ours to read or not JSON. */
export function readPrivateJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new StartRefusedError(`${file} cannot be read: ${String(error)}`);
  }
}
