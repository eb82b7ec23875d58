import { ApiProperty } from '@nestjs/swagger';
import { type BlacklistEntry } from '../blacklist.repository.js';
import { LIST_KINDS, LIST_NAMES, type ListKind, type ListName } from '../list-value.js';

/** An entry of a list. */
export class ListEntryResponse {
  @ApiProperty({ example: 'bl_01jd8y3v5kq2e9c7x4m6n0r1st' })
  id: string;

  @ApiProperty({ enum: ['blacklist_entry'] })
  object: 'blacklist_entry';

  @ApiProperty({ enum: LIST_NAMES })
  list: ListName;

  @ApiProperty({ enum: LIST_KINDS })
  kind: ListKind;

  /** Personal values are masked: the value itself is stored as a keyed hash only. */
  @ApiProperty({ example: 'm…@example.com' })
  value: string;

  @ApiProperty()
  reason: string;

  @ApiProperty({ enum: ['manual', 'rule', 'dispute', 'rate_limit'] })
  source: string;

  @ApiProperty({ example: 'user:usr_01jd8y3v5kq2e9c7x4m6n0r1st' })
  createdBy: string;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;

  /** null: permanent. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  expiresAt: string | null;

  /** How often a payment met the entry. */
  @ApiProperty({ type: 'integer' })
  hitCount: number;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  lastHitAt: string | null;
}

/** A page of entries. */
export class ListEntriesResponse {
  @ApiProperty({ enum: ['list'] })
  object: 'list';

  @ApiProperty({ type: [ListEntryResponse] })
  data: ListEntryResponse[];

  @ApiProperty()
  hasMore: boolean;
}

/** The API's view of an entry. */
export function listEntryResponseOf(entry: BlacklistEntry): ListEntryResponse {
  const { id, list, kind, masked, reason, source, createdBy, createdAt, expiresAt, hitCount, lastHitAt } = entry;
  return {
    id,
    object: 'blacklist_entry',
    list,
    kind,
    value: masked,
    reason,
    source,
    createdBy,
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
    hitCount,
    lastHitAt: lastHitAt?.toISOString() ?? null,
  };
}
