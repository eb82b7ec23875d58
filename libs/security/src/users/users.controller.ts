import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiCookieAuth, ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { PageQuery } from '#platform';
import { CurrentPrincipal, RequireScope, RequireStepUp } from '../access.decorators.js';
import type { Principal } from '../principal.js';
import { auditActor, Origin, type RequestOrigin } from '../request-origin.js';
import { CreateUserDto, FirstSecretsResponse, firstSecretsResponseOf, UserListResponse, userResponseOf } from './auth.dto.js';
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
