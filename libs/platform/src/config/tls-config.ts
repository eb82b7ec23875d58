import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsEmail,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsUrl,
  Matches,
  Max,
  Min,
  MinLength,
} from 'class-validator';
import { type ConfigProblem, type Deployment, Env } from './env.js';

const ONE_YEAR_SECONDS = 31_536_000;

/** Where certificates come from and what happens to requests without TLS. */
export class TlsConfig {
  /**
   * - `off`: plain HTTP, behind a proxy that terminates TLS
   * - `self_signed`: made at boot, for development only
   * - `custom`: files that somebody else writes, such as certbot, cert-manager or an operator
   * - `acme`: ordered from a certificate authority, kept in the database, shared by all replicas
   */
  @Env('TLS_MODE')
  @IsIn(['off', 'self_signed', 'custom', 'acme'])
  mode: 'off' | 'self_signed' | 'custom' | 'acme' = 'off';

  /** Names that clients use: pages are redirected to these only, and each certificate must cover all of them. */
  @Env('TLS_NAMES')
  @IsArray()
  @ArrayMaxSize(100)
  @Matches(/^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*$/, { each: true })
  names: string[] = [];

  /** Folder of certificates: self-signed ones are kept in it; those of ACME are also written to it, for a proxy, when it is set. */
  @Env('TLS_DIRECTORY')
  @IsOptional()
  @IsString()
  directory: string | null = null;

  /** Mode `custom`: PEM chains, leaf first; one file for each kind of key, EC and RSA. */
  @Env('TLS_CERTIFICATE_FILES')
  @IsArray()
  @ArrayMaxSize(2)
  certificateFiles: string[] = [];

  /** Mode `custom`: the private keys, in the order of TLS_CERTIFICATE_FILES. */
  @Env('TLS_KEY_FILES')
  @IsArray()
  @ArrayMaxSize(2)
  keyFiles: string[] = [];

  /** Milliseconds between two looks for a changed certificate or a due renewal. */
  @Env('TLS_CHECK_INTERVAL_MS')
  @IsInt()
  @Min(100)
  @Max(3_600_000)
  checkIntervalMs: number = 60_000;

  /** Whether a second listener without TLS answers ACME challenges, redirects pages and refuses everything else. */
  @Env('TLS_PLAIN_HTTP')
  @IsBoolean()
  plainHttp: boolean = true;

  /** Port of the listener without TLS; the certificate authority comes to port 80 of the names. */
  @Env('TLS_PLAIN_HTTP_PORT')
  @IsInt()
  @Min(0)
  @Max(65_535)
  plainHttpPort: number = 8080;

  /** The HTTPS port as clients see it. */
  @Env('TLS_PUBLIC_PORT')
  @IsInt()
  @Min(1)
  @Max(65_535)
  publicPort: number = 443;

  /** Seconds for which browsers insist on HTTPS; 0 sends no header. */
  @Env('HSTS_MAX_AGE_SECONDS')
  @IsInt()
  @Min(0)
  @Max(2 * ONE_YEAR_SECONDS)
  hstsMaxAgeSeconds: number = ONE_YEAR_SECONDS;

  /** Whether that holds for every name below these names too. */
  @Env('HSTS_INCLUDE_SUBDOMAINS')
  @IsBoolean()
  hstsIncludeSubDomains: boolean = false;

  /** Asks browser makers to ship the name as HTTPS only. Hard to undo. */
  @Env('HSTS_PRELOAD')
  @IsBoolean()
  hstsPreload: boolean = false;

  /** The certificate authority. Try a new deployment against https://acme-staging-v02.api.letsencrypt.org/directory first. */
  @Env('ACME_DIRECTORY_URL')
  @IsUrl({ require_tld: false, require_protocol: true, protocols: ['https'] })
  acmeDirectoryUrl: string = 'https://acme-v02.api.letsencrypt.org/directory';

  /** Where the authority writes about trouble; told when the account is made. */
  @Env('ACME_EMAIL')
  @IsOptional()
  @IsEmail()
  acmeEmail: string | null = null;

  /** Whether the operator has read and accepts the authority's terms of service. */
  @Env('ACME_TERMS_AGREED')
  @IsBoolean()
  acmeTermsAgreed: boolean = false;

  /** The kinds of key; one certificate is ordered for each. Old terminals know only RSA. */
  @Env('ACME_KEY_TYPES')
  @IsArray()
  @ArrayUnique()
  @IsIn(['ec', 'rsa'], { each: true })
  acmeKeyTypes: ('ec' | 'rsa')[] = ['ec', 'rsa'];

  /** PEM file of the authority behind ACME_DIRECTORY_URL when the machine does not trust it by itself: a company's own ACME server. */
  @Env('ACME_CA_FILE')
  @IsOptional()
  @IsString()
  acmeCaFile: string | null = null;

  /** Key id of an account that exists outside ACME (external account binding), which some authorities ask for. */
  @Env('ACME_EAB_KEY_ID')
  @IsOptional()
  @IsString()
  acmeEabKeyId: string | null = null;

  /** HMAC key of ACME_EAB_KEY_ID, base64url. */
  @Env('ACME_EAB_HMAC_KEY', { isSecret: true })
  @IsOptional()
  @MinLength(16)
  acmeEabHmacKey: string | null = null;

  /**
   * The header of that name as `@fastify/helmet` takes it. None with self-signed certificates: browsers would remember it for everything
   * that is ever served on localhost.
   */
  get strictTransportSecurity(): false | { maxAge: number; includeSubDomains: boolean; preload: boolean } {
    if (this.mode === 'self_signed' || this.hstsMaxAgeSeconds === 0) return false;
    return { maxAge: this.hstsMaxAgeSeconds, includeSubDomains: this.hstsIncludeSubDomains, preload: this.hstsPreload };
  }

  /** Settings that are fine alone and wrong together. */
  *contradictions({ environment }: Deployment): Generator<ConfigProblem> {
    if (this.mode === 'self_signed' && environment === 'production')
      yield { variable: 'TLS_MODE', reason: 'self_signed is for development only' };
    if (this.mode === 'custom') yield* this.customProblems();
    if (this.mode === 'acme') yield* this.acmeProblems();
    if (this.hstsPreload && (!this.hstsIncludeSubDomains || this.hstsMaxAgeSeconds < ONE_YEAR_SECONDS)) {
      yield { variable: 'HSTS_PRELOAD', reason: 'needs HSTS_INCLUDE_SUBDOMAINS=true and HSTS_MAX_AGE_SECONDS of a year or more' };
    }
  }

  private *customProblems(): Generator<ConfigProblem> {
    if (this.certificateFiles.length === 0) yield { variable: 'TLS_CERTIFICATE_FILES', reason: 'is required with TLS_MODE=custom' };
    if (this.certificateFiles.length !== this.keyFiles.length)
      yield { variable: 'TLS_KEY_FILES', reason: 'names one key for each certificate' };
  }

  private *acmeProblems(): Generator<ConfigProblem> {
    if (this.names.length === 0) yield { variable: 'TLS_NAMES', reason: 'is required with TLS_MODE=acme' };
    if (this.names.some((name) => name.startsWith('*')))
      yield { variable: 'TLS_NAMES', reason: 'takes no wildcard with TLS_MODE=acme: HTTP-01 cannot prove one' };
    if (!this.acmeTermsAgreed) yield { variable: 'ACME_TERMS_AGREED', reason: 'must be true: read the terms of service of the authority' };
    if (!this.plainHttp)
      yield { variable: 'TLS_PLAIN_HTTP', reason: 'must be true with TLS_MODE=acme: the authority asks over plain HTTP' };
    if (this.acmeKeyTypes.length === 0) yield { variable: 'ACME_KEY_TYPES', reason: 'names at least one kind of key' };
    if ((this.acmeEabKeyId === null) !== (this.acmeEabHmacKey === null)) {
      yield { variable: 'ACME_EAB_HMAC_KEY', reason: 'and ACME_EAB_KEY_ID are set together or not at all' };
    }
  }
}
