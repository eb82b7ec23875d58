/** How lines of the audit log are chained. */
import { createHash } from 'node:crypto';
import type { AuditLine } from './audit-chain.repository.js';

/** What stands before the first link. */
export const GENESIS_HASH: Buffer = createHash('sha256').update('upp audit chain v1').digest();

/** The hash of a link: SHA-256 over the hash before it and the line as a JSON array of its columns in a fixed order. */
export function chainHash(previous: Buffer, line: AuditLine): Buffer {
  const { sequence, merchantId, actor, action, objectId, changes, reason, requestId, ip, createdAt } = line;
  const text = JSON.stringify([sequence, merchantId, actor, action, objectId, changes, reason, requestId, ip, createdAt]);
  return createHash('sha256').update(previous).update(text).digest();
}
