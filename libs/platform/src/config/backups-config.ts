import { IsArray, IsBoolean, IsIn, IsInt, IsOptional, IsString, IsUrl, Matches, Max, Min, MinLength } from 'class-validator';
import { type ConfigProblem, Env } from './env.js';

/** Backups. They are made when BACKUP_FOLDER or BACKUP_S3_BUCKET says where to. */
export class BackupsConfig {
  /** Folder for backups, on another disk than the database's. */
  @Env('BACKUP_FOLDER')
  @IsOptional()
  @IsString()
  folder: string | null = null;

  /** Bucket for backups, in S3 or a store that speaks its language. */
  @Env('BACKUP_S3_BUCKET')
  @IsOptional()
  @IsString()
  s3Bucket: string | null = null;

  /** What each object's name in the bucket begins with. */
  @Env('BACKUP_S3_PREFIX')
  @IsString()
  s3Prefix: string = 'upp/';

  /** Region of the bucket. */
  @Env('BACKUP_S3_REGION')
  @IsString()
  s3Region: string = 'us-east-1';

  /** Address of a store that is not Amazon's. */
  @Env('BACKUP_S3_ENDPOINT')
  @IsOptional()
  @IsUrl({ require_tld: false, require_protocol: true, protocols: ['http', 'https'] })
  s3Endpoint: string | null = null;

  /** Whether the bucket's name stands in the path instead of the host name, as most stores that are not Amazon's want it. */
  @Env('BACKUP_S3_PATH_STYLE')
  @IsBoolean()
  s3PathStyle: boolean = false;

  /** Access key of the bucket; without it the machine's own identity is used. */
  @Env('BACKUP_S3_ACCESS_KEY_ID')
  @IsOptional()
  @IsString()
  s3AccessKeyId: string | null = null;

  /** Secret of the access key. */
  @Env('BACKUP_S3_SECRET_ACCESS_KEY', { isSecret: true })
  @IsOptional()
  @IsString()
  s3SecretAccessKey: string | null = null;

  /** Secret from which the backups' keys are derived, at least 32 characters, no comma. Keep it apart from the backups: without it they are noise. */
  @Env('BACKUP_ENCRYPTION_KEY', { isSecret: true })
  @IsOptional()
  @Matches(/^[^,]{32,}$/)
  encryptionKey: string | null = null;

  /** Former values of BACKUP_ENCRYPTION_KEY, newest first: what was made with one can be restored for as long as it stands here. */
  @Env('BACKUP_ENCRYPTION_KEYS_PREVIOUS', { isSecret: true })
  @IsArray()
  @MinLength(32, { each: true })
  previousEncryptionKeys: string[] = [];

  /** `logical`: pg_dump, restorable anywhere. `base`: pg_basebackup for a role that may replicate, and the WAL that the server archives: to any instant. */
  @Env('BACKUP_METHOD')
  @IsIn(['logical', 'base'])
  method: string = 'logical';

  /** Hour of the day, UTC, from which the daily backup is made. */
  @Env('BACKUP_HOUR_UTC')
  @IsInt()
  @Min(0)
  @Max(23)
  hourUtc: number = 2;

  /** Days for which backups are kept. */
  @Env('BACKUP_KEEP_DAYS')
  @IsInt()
  @Min(1)
  @Max(3_650)
  keepDays: number = 35;

  /** Folder of pg_dump, pg_restore, pg_basebackup and postgres, when they are not on the path; at least the server's version, for `base` the same. */
  @Env('BACKUP_TOOLS_FOLDER')
  @IsOptional()
  @IsString()
  toolsFolder: string | null = null;

  /** Whether the newest backup is restored and verified every day. */
  @Env('RESTORE_DRILL')
  @IsBoolean()
  isDrillOn: boolean = true;

  /** Hour of the day, UTC, from which that is done. */
  @Env('RESTORE_DRILL_HOUR_UTC')
  @IsInt()
  @Min(0)
  @Max(23)
  drillHourUtc: number = 4;

  /** Server on which the drill may create and drop a database of its own; best not the one that serves. Without it, the one of DATABASE_URL. */
  @Env('RESTORE_DRILL_DATABASE_URL', { isSecret: true })
  @IsOptional()
  @Matches(/^postgres(ql)?:\/\//)
  drillDatabaseUrl: string | null = null;

  /** Folder in which the drill restores a whole server, for BACKUP_METHOD=base; as large as the database. Without it, the machine's for temporary files. */
  @Env('RESTORE_DRILL_FOLDER')
  @IsOptional()
  @IsString()
  drillFolder: string | null = null;

  /** Whether backups are made at all. */
  get isOn(): boolean {
    return this.folder !== null || this.s3Bucket !== null;
  }

  /** The secret of new backups, then those of older ones; empty where none is set. */
  get encryptionKeys(): readonly string[] {
    return this.encryptionKey === null ? [] : [this.encryptionKey, ...this.previousEncryptionKeys];
  }

  /** Settings that are fine alone and wrong together. */
  *contradictions(): Generator<ConfigProblem> {
    if (this.folder !== null && this.s3Bucket !== null) {
      yield { variable: 'BACKUP_S3_BUCKET', reason: 'and BACKUP_FOLDER are two places: choose one, and copy from there' };
    }
    if (this.isOn && this.encryptionKey === null) {
      yield { variable: 'BACKUP_ENCRYPTION_KEY', reason: 'is required: backups hold everything that the database holds' };
    }
    if (this.encryptionKey !== null && this.previousEncryptionKeys.includes(this.encryptionKey)) {
      yield { variable: 'BACKUP_ENCRYPTION_KEYS_PREVIOUS', reason: 'holds the present value' };
    }
    if ((this.s3AccessKeyId === null) !== (this.s3SecretAccessKey === null)) {
      yield { variable: 'BACKUP_S3_SECRET_ACCESS_KEY', reason: 'and BACKUP_S3_ACCESS_KEY_ID are set together or not at all' };
    }
  }
}
