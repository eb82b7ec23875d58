import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsISO8601, IsOptional } from 'class-validator';
import { IsText, PageQuery } from '#platform';
import { ENTRY_MODES, type EntryMode, LIST_KINDS, LIST_NAMES, type ListKind, type ListName } from '../list-value.js';

/** A value to be listed. */
export class AddListEntryDto {
  /** What the value names. */
  @ApiProperty({ enum: LIST_KINDS })
  @IsIn(LIST_KINDS)
  kind: ListKind;

  /** E.g. `mallory@example.com`, `198.51.100.0/24`, `424242`. */
  @ApiProperty({ minLength: 1, maxLength: 254 })
  @IsText(1, 254)
  value: string;

  /** For the analyst who meets the entry later. */
  @ApiProperty({ minLength: 1, maxLength: 500 })
  @IsText(1, 500)
  reason: string;

  /** Default `block`. */
  @ApiPropertyOptional({ enum: LIST_NAMES, default: 'block' })
  @IsOptional()
  @IsIn(LIST_NAMES)
  list: ListName = 'block';

  /** Default `live`; in `shadow` the entry counts whom it would have met, and does nothing. */
  @ApiPropertyOptional({ enum: ENTRY_MODES, default: 'live' })
  @IsOptional()
  @IsIn(ENTRY_MODES)
  mode: EntryMode = 'live';

  /** RFC 3339, in the future; without it the entry is permanent. */
  @ApiPropertyOptional({ format: 'date-time' })
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  expiresAt?: string;
}

/** Whether an entry acts. */
export class ListEntryModeDto {
  @ApiProperty({ enum: ENTRY_MODES })
  @IsIn(ENTRY_MODES)
  mode: EntryMode;
}

/** Which entries a list holds. */
export class ListEntriesQuery extends PageQuery {
  @ApiPropertyOptional({ enum: LIST_NAMES })
  @IsOptional()
  @IsIn(LIST_NAMES)
  list?: ListName;

  @ApiPropertyOptional({ enum: LIST_KINDS })
  @IsOptional()
  @IsIn(LIST_KINDS)
  kind?: ListKind;
}

/** Many entries at once. */
export class ImportListDto {
  /** `kind,value,list,reason,expiresAt`, the header first, at most 1 000 entries. */
  @ApiProperty({ minLength: 1, maxLength: 60_000 })
  @IsText(1, 60_000)
  csv: string;

  /** Default true: only tell what the entries would have met. */
  @ApiPropertyOptional({ default: true })
  @IsOptional()
  @IsBoolean()
  dryRun: boolean = true;
}
