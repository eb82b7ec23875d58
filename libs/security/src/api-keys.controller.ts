import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiCookieAuth, ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { PageQuery } from '#platform';
import { CurrentPrincipal, RequireScope, RequireStepUp } from './access.decorators.js';
import { ApiKeyListResponse, ApiKeyResponse, apiKeyResponseOf, CreateApiKeyDto, RotateApiKeyDto } from './api-keys.dto.js';
import { ApiKeysService } from './api-keys.service.js';
import { merchantIdOf, type Principal } from './principal.js';
import { auditActor, Origin, type RequestOrigin } from './request-origin.js';

/** API keys of a merchant. Only people make and end them: a leaked key must not outlive its end by a second one. */
@ApiTags('admin')
@ApiBearerAuth()
@ApiCookieAuth()
@Controller('api/admin/api-keys')
export class ApiKeysController {
  constructor(private readonly apiKeys: ApiKeysService) {}

  /** Keys, the newest first. */
  @Get()
  @RequireScope('api_keys:read')
  @ApiOkResponse({ type: ApiKeyListResponse })
  async list(@CurrentPrincipal() principal: Principal, @Query() page: PageQuery): Promise<ApiKeyListResponse> {
    const rows = await this.apiKeys.list(merchantIdOf(principal), { before: page.startingAfter ?? null, limit: page.limit + 1 });
    return { object: 'list', data: rows.slice(0, page.limit).map((row) => apiKeyResponseOf(row)), hasMore: rows.length > page.limit };
  }

  /** Makes a key; its text is in this answer and nowhere else. */
  @Post()
  @RequireScope('api_keys:write')
  @RequireStepUp()
  @ApiCreatedResponse({ type: ApiKeyResponse })
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body() body: CreateApiKeyDto,
    @Origin() origin: RequestOrigin,
  ): Promise<ApiKeyResponse> {
    const { name, scopes, allowedCidrs, expiresAt } = body;
    const created = await this.apiKeys.create(
      {
        merchantId: merchantIdOf(principal),
        livemode: principal.livemode,
        name,
        scopes: scopes ?? null,
        allowedCidrs: allowedCidrs ?? [],
        expiresAt: expiresAt === undefined ? null : new Date(expiresAt),
      },
      auditActor(principal, origin),
    );
    return apiKeyResponseOf(created.apiKey, created.text);
  }

  /** Makes a key with the same rights; the old one ends after the overlap. */
  @Post(':id/rotate')
  @RequireScope('api_keys:write')
  @RequireStepUp()
  @ApiCreatedResponse({ type: ApiKeyResponse })
  async rotate(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Body() body: RotateApiKeyDto,
    @Origin() origin: RequestOrigin,
  ): Promise<ApiKeyResponse> {
    const created = await this.apiKeys.rotate(merchantIdOf(principal), id, body.overlapHours, auditActor(principal, origin));
    return apiKeyResponseOf(created.apiKey, created.text);
  }

  /** Ends a key at once. */
  @Post(':id/revoke')
  @HttpCode(204)
  @RequireScope('api_keys:write')
  @RequireStepUp()
  @ApiNoContentResponse({ description: 'Revoked.' })
  async revoke(@CurrentPrincipal() principal: Principal, @Param('id') id: string, @Origin() origin: RequestOrigin): Promise<void> {
    await this.apiKeys.revoke(merchantIdOf(principal), id, auditActor(principal, origin));
  }
}
