import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiCookieAuth, ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { PageQuery } from '#platform';
import { auditActor, CurrentPrincipal, Origin, type Principal, type RequestOrigin, RequireScope, RequireStepUp } from '#security';
import { CreateMerchantDto, MerchantListResponse, MerchantResponse, merchantResponseOf, UpdateMerchantDto } from './dto/merchant.dto.js';
import { MerchantsAdminService } from './merchants-admin.service.js';

/** Merchants of the deployment. */
@ApiTags('admin')
@ApiBearerAuth()
@ApiCookieAuth()
@Controller('api/admin/merchants')
export class MerchantsAdminController {
  constructor(private readonly merchants: MerchantsAdminService) {}

  /** Merchants, the newest first; whoever belongs to one sees that one. */
  @Get()
  @RequireScope('merchants:read')
  @ApiOkResponse({ type: MerchantListResponse })
  async list(@CurrentPrincipal() principal: Principal, @Query() page: PageQuery): Promise<MerchantListResponse> {
    const found = await this.merchants.list(principal, { limit: page.limit + 1, before: page.startingAfter ?? null });
    return { object: 'list', data: found.slice(0, page.limit).map(merchantResponseOf), hasMore: found.length > page.limit };
  }

  /** One merchant. */
  @Get(':id')
  @RequireScope('merchants:read')
  @ApiOkResponse({ type: MerchantResponse })
  async get(@CurrentPrincipal() principal: Principal, @Param('id') id: string): Promise<MerchantResponse> {
    return merchantResponseOf(await this.merchants.get(principal, id));
  }

  /** Adds a merchant. */
  @Post()
  @RequireScope('merchants:write')
  @RequireStepUp()
  @ApiCreatedResponse({ type: MerchantResponse })
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body() body: CreateMerchantDto,
    @Origin() origin: RequestOrigin,
  ): Promise<MerchantResponse> {
    return merchantResponseOf(await this.merchants.create(principal, body, auditActor(principal, origin)));
  }

  /** Changes a merchant. */
  @Patch(':id')
  @RequireScope('merchants:write')
  @RequireStepUp()
  @ApiOkResponse({ type: MerchantResponse })
  async update(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Body() body: UpdateMerchantDto,
    @Origin() origin: RequestOrigin,
  ): Promise<MerchantResponse> {
    return merchantResponseOf(await this.merchants.update(principal, id, body, auditActor(principal, origin)));
  }
}
