import { Body, Controller, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiCookieAuth, ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { PageQuery } from '#platform';
import { CurrentPrincipal, RequireScope, RequireStepUp } from '../access.decorators.js';
import type { Principal } from '../principal.js';
import { auditActor, Origin, type RequestOrigin } from '../request-origin.js';
import {
  ChangeRoleDto,
  CreateUserDto,
  FirstSecretsResponse,
  firstSecretsResponseOf,
  UserListResponse,
  UserResponse,
  userResponseOf,
} from './auth.dto.js';
import { UsersService } from './users.service.js';

/** The people who administer. A person of one merchant sees and makes people of that merchant only. */
@ApiTags('admin')
@ApiCookieAuth()
@Controller('api/admin/users')
export class UsersController {
  constructor(private readonly users: UsersService) {}

  /** People, the newest first. */
  @Get()
  @RequireScope('users:read')
  @ApiOkResponse({ type: UserListResponse })
  async list(@CurrentPrincipal() { merchantId }: Principal, @Query() page: PageQuery): Promise<UserListResponse> {
    const rows = await this.users.list({ merchantId, before: page.startingAfter ?? null, limit: page.limit + 1 });
    return { object: 'list', data: rows.slice(0, page.limit).map(userResponseOf), hasMore: rows.length > page.limit };
  }

  /** Adds a person; the secrets in the answer are shown once. */
  @Post()
  @RequireScope('users:write')
  @RequireStepUp()
  @ApiCreatedResponse({ type: FirstSecretsResponse })
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body() body: CreateUserDto,
    @Origin() origin: RequestOrigin,
  ): Promise<FirstSecretsResponse> {
    const user = { email: body.email, role: body.role, merchantId: principal.merchantId ?? body.merchantId ?? null };
    return firstSecretsResponseOf(await this.users.create(user, auditActor(principal, origin)));
  }

  /** Gives a person another role, from their next request on. */
  @Patch(':id')
  @RequireScope('users:write')
  @RequireStepUp()
  @ApiOkResponse({ type: UserResponse })
  async changeRole(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Body() { role }: ChangeRoleDto,
    @Origin() origin: RequestOrigin,
  ): Promise<UserResponse> {
    return userResponseOf(await this.users.changeRole(id, principal.merchantId, role, auditActor(principal, origin)));
  }

  /** New secrets for a person who lost theirs or was disabled; the old ones end at once, the new ones are shown once. */
  @Post(':id/reset')
  @HttpCode(200)
  @RequireScope('users:write')
  @RequireStepUp()
  @ApiOkResponse({ type: FirstSecretsResponse })
  async reset(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Origin() origin: RequestOrigin,
  ): Promise<FirstSecretsResponse> {
    return firstSecretsResponseOf(await this.users.reset(id, principal.merchantId, auditActor(principal, origin)));
  }

  /** Ends a person's access at once. */
  @Post(':id/disable')
  @HttpCode(204)
  @RequireScope('users:write')
  @RequireStepUp()
  @ApiNoContentResponse({ description: 'Disabled.' })
  async disable(@CurrentPrincipal() principal: Principal, @Param('id') id: string, @Origin() origin: RequestOrigin): Promise<void> {
    await this.users.disable(id, principal.merchantId, auditActor(principal, origin));
  }
}
