import { Controller, Get, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiCookieAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, RequireScope } from '../access.decorators.js';
import type { Principal } from '../principal.js';
import { AuditLog } from './audit-log.js';
import { AuditVerifier } from './audit-verifier.js';
import {
  AuditListResponse,
  AuditQuery,
  auditRecordResponseOf,
  VerificationResponse,
  verificationResponseOf,
  VerifyQuery,
} from './audit.dto.js';
import { CheckpointSigner } from './checkpoint-signer.js';

// About a second of work; the command line verifies everything in one go.
const MAX_LINKS = 50_000;

/** The audit log. A merchant reads its own lines; a person of the whole deployment all, or those of the merchant named in the header. */
@ApiTags('admin')
@ApiBearerAuth()
@ApiCookieAuth()
@Controller('api/admin/audit')
export class AuditController {
  constructor(
    private readonly auditLog: AuditLog,
    private readonly verifier: AuditVerifier,
    private readonly signer: CheckpointSigner,
  ) {}

  /** Lines, the newest first. */
  @Get()
  @RequireScope('audit:read')
  @ApiOkResponse({ type: AuditListResponse })
  async list(@CurrentPrincipal() { merchantId }: Principal, @Query() query: AuditQuery): Promise<AuditListResponse> {
    const { limit, startingAfter, objectId, action } = query;
    const before = /^\d{1,15}$/.test(startingAfter ?? '') ? Number(startingAfter) : null;
    const filter = { merchantId, objectId: objectId ?? null, action: action ?? null, before, limit: limit + 1 };
    const rows = await this.auditLog.list(filter);
    return { object: 'list', data: rows.slice(0, limit).map(auditRecordResponseOf), hasMore: rows.length > limit };
  }

  /** Recomputes the chain from a position on and names the first broken link. */
  @Get('verify')
  @RequireScope('audit:read')
  @ApiOkResponse({ type: VerificationResponse })
  async verify(@Query() { from }: VerifyQuery): Promise<VerificationResponse> {
    return verificationResponseOf(await this.verifier.verify({ from, maxLinks: MAX_LINKS }), this.signer.publicKeyPem);
  }
}
