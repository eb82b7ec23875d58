/** Signs heads of the audit chain with a key that only the environment knows. */
import { createHash, createPrivateKey, createPublicKey, hkdfSync, type KeyObject, sign, verify } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '#platform';
import type { ChainHead, Checkpoint } from './audit-chain.repository.js';

interface SigningKey {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

// RFC 8410: what stands before the 32 bytes of an Ed25519 private key in PKCS #8.
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Ed25519, the key derived from ENCRYPTION_KEY; former keys still verify. */
@Injectable()
export class CheckpointSigner {
  private readonly present: SigningKey;
  private readonly keys: ReadonlyMap<string, SigningKey>;

  constructor({ security }: AppConfig) {
    this.present = signingKey(security.encryptionKey);
    this.keys = new Map([this.present, ...security.previousEncryptionKeys.map(signingKey)].map((key) => [key.id, key]));
  }

  /** The public key, for an auditor who keeps checkpoints elsewhere. */
  get publicKeyPem(): string {
    return this.present.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  }

  sign(head: ChainHead): Omit<Checkpoint, 'createdAt'> {
    const { position, hash } = head;
    return { position, hash, signature: sign(null, message(head), this.present.privateKey), keyId: this.present.id };
  }

  /** Whether the checkpoint was signed by this deployment over exactly this head. */
  isGenuine(checkpoint: Omit<Checkpoint, 'createdAt'>): boolean {
    const key = this.keys.get(checkpoint.keyId);
    return key !== undefined && verify(null, message(checkpoint), key.publicKey, checkpoint.signature);
  }
}

function signingKey(secret: string): SigningKey {
  const seed = Buffer.from(hkdfSync('sha256', secret, '', 'upp audit checkpoint v1', 32));
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey);
  const id = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16);
  return { id, privateKey, publicKey };
}

function message({ position, hash }: ChainHead): Buffer {
  return Buffer.from(`upp-audit-checkpoint:${position}:${hash.toString('hex')}`);
}
