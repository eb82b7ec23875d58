import { ApiProperty } from '@nestjs/swagger';
import { type BlacklistEntry } from '../blacklist.repository.js';
import { ENTRY_MODES, type EntryMode, LIST_KINDS, LIST_NAMES, type ListKind, type ListName } from '../list-value.js';

/** An entry of a list. */
export class ListEntryResponse {
  @ApiProperty({ example: 'bl_01jd8y3v5kq2e9c7x4m6n0r1st' })
  id: string;

  @ApiProperty({ enum: ['blacklist_entry'] })
  object: 'blacklist_entry';

  @ApiProperty({ enum: LIST_NAMES })
  list: ListName;

  @ApiProperty({ enum: ENTRY_MODES })
  mode: EntryMode;

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

/** What an entry met in 30 days, in one currency. */
export class PastHitsLine {
  @ApiProperty({ example: 'usd' })
  currency: string;

  @ApiProperty({ type: 'integer' })
  payments: number;

  /** Minor units. */
  @ApiProperty({ type: 'integer' })
  amountMinor: number;

  /** One that a person looked at instead of its being blocked counts for as many as it stands for. */
  @ApiProperty()
  knownFrauds: number;

  @ApiProperty()
  knownLegitimate: number;
}

/** What an entry has met or, in shadow, would have met in 30 days. */
export class PastHitsResponse {
  @ApiProperty({ enum: ['list'] })
  object: 'list';

  @ApiProperty({ type: [PastHitsLine] })
  data: PastHitsLine[];
}

/** The API's view of an entry. */
export function listEntryResponseOf(entry: BlacklistEntry): ListEntryResponse {
  const { id, list, mode, kind, masked, reason, source, createdBy, createdAt, expiresAt, hitCount, lastHitAt } = entry;
  return {
    id,
    object: 'blacklist_entry',
    list,
    mode,
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
