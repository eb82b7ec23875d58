import { Body, Controller, Get, Param, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiCookieAuth, ApiOkResponse, ApiParam, ApiTags } from '@nestjs/swagger';
import { auditActor, CurrentPrincipal, Origin, type Principal, type RequestOrigin, RequireScope, RequireStepUp } from '#security';
import { BUSINESS_TYPES } from './domain/business-profile.js';
import { ChangeProfileDto, ProfileHistoryResponse, ProfileListResponse, ProfileResponse } from './dto/profile.dto.js';
import { MerchantsAdminService, type VersionedProfile } from './merchants-admin.service.js';

const BUSINESS_TYPE = { name: 'businessType', enum: BUSINESS_TYPES };

/** The rules of the six business types as one merchant has them. */
@ApiTags('admin')
@ApiBearerAuth()
@ApiCookieAuth()
@Controller('api/admin/profiles')
export class ProfilesAdminController {
  constructor(private readonly merchants: MerchantsAdminService) {}

  /** Every enabled profile as it holds now. */
  @Get()
  @RequireScope('profiles:read')
  @ApiOkResponse({ type: ProfileListResponse })
  async list(@CurrentPrincipal() principal: Principal): Promise<ProfileListResponse> {
    return { object: 'list', data: (await this.merchants.profiles(principal)).map(profileResponseOf), hasMore: false };
  }

  /** One profile. */
  @Get(':businessType')
  @RequireScope('profiles:read')
  @ApiParam(BUSINESS_TYPE)
  @ApiOkResponse({ type: ProfileResponse })
  async get(@CurrentPrincipal() principal: Principal, @Param('businessType') businessType: string): Promise<ProfileResponse> {
    return profileResponseOf(await this.merchants.profile(principal, businessType));
  }

  /** Its versions with what each changed, the newest first. */
  @Get(':businessType/versions')
  @RequireScope('profiles:read')
  @ApiParam(BUSINESS_TYPE)
  @ApiOkResponse({ type: ProfileHistoryResponse })
  async history(@CurrentPrincipal() principal: Principal, @Param('businessType') businessType: string): Promise<ProfileHistoryResponse> {
    const versions = await this.merchants.history(principal, businessType);
    return { object: 'list', data: versions.map((each) => ({ ...each, createdAt: each.createdAt.toISOString() })), hasMore: false };
  }

  /** Changes it by a new version, or tells what would change. */
  @Put(':businessType')
  @RequireScope('profiles:write')
  @RequireStepUp()
  @ApiParam(BUSINESS_TYPE)
  @ApiOkResponse({ type: ProfileResponse })
  async change(
    @CurrentPrincipal() principal: Principal,
    @Param('businessType') businessType: string,
    @Body() body: ChangeProfileDto,
    @Origin() origin: RequestOrigin,
  ): Promise<ProfileResponse> {
    return profileResponseOf(await this.merchants.changeProfile(principal, businessType, body, auditActor(principal, origin)));
  }
}

function profileResponseOf(versioned: VersionedProfile): ProfileResponse {
  return { object: 'profile', ...versioned };
}
