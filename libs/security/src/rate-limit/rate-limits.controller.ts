import { Body, Controller, Delete, Get, Param, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiCookieAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, RequireScope, RequireStepUp } from '../access.decorators.js';
import { TUNABLE_RATE_LIMITS } from '../domain/rate-limit-policy.js';
import { merchantIdOf, type Principal } from '../principal.js';
import { auditActor, Origin, type RequestOrigin } from '../request-origin.js';
import { MerchantRateLimits } from './merchant-rate-limits.service.js';
import { RateLimiter } from './rate-limiter.js';
import { RateLimitListResponse, rateLimitResponseOf, SetRateLimitDto } from './rate-limits.dto.js';

/** How often a merchant's devices may pay and be registered. The merchant sees it; the operator of the deployment sets it. */
@ApiTags('admin')
@ApiBearerAuth()
@ApiCookieAuth()
@Controller('api/admin/rate-limits')
export class RateLimitsController {
  constructor(
    private readonly limits: MerchantRateLimits,
    private readonly limiter: RateLimiter,
  ) {}

  /** The limits as they hold for the merchant. */
  @Get()
  @RequireScope('profiles:read')
  @ApiOkResponse({ type: RateLimitListResponse })
  async list(@CurrentPrincipal() principal: Principal): Promise<RateLimitListResponse> {
    return this.answer(merchantIdOf(principal));
  }

  /** Sets a limit for the merchant. */
  @Put(':name')
  @RequireScope('merchants:write')
  @RequireStepUp()
  @ApiOkResponse({ type: RateLimitListResponse })
  async set(
    @CurrentPrincipal() principal: Principal,
    @Param('name') name: string,
    @Body() { limit }: SetRateLimitDto,
    @Origin() origin: RequestOrigin,
  ): Promise<RateLimitListResponse> {
    const merchantId = merchantIdOf(principal);
    await this.limits.change(merchantId, name, limit, auditActor(principal, origin));
    return this.answer(merchantId);
  }

  /** Takes a merchant's limit back: the deployment's holds again. */
  @Delete(':name')
  @RequireScope('merchants:write')
  @RequireStepUp()
  @ApiOkResponse({ type: RateLimitListResponse })
  async reset(
    @CurrentPrincipal() principal: Principal,
    @Param('name') name: string,
    @Origin() origin: RequestOrigin,
  ): Promise<RateLimitListResponse> {
    const merchantId = merchantIdOf(principal);
    await this.limits.change(merchantId, name, null, auditActor(principal, origin));
    return this.answer(merchantId);
  }

  private async answer(merchantId: string): Promise<RateLimitListResponse> {
    const own = new Map((await this.limits.list(merchantId)).map((limit) => [limit.policy, limit]));
    const data = TUNABLE_RATE_LIMITS.map((name) => rateLimitResponseOf(this.limiter.policy(name), own.get(name)));
    return { object: 'list', data, hasMore: false };
  }
}
