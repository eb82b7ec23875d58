import { Body, Controller, Get, HttpCode, Post, Res } from '@nestjs/common';
import { ApiCookieAuth, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentPrincipal, Public, RequireSession } from '../access.decorators.js';
import type { UserPrincipal } from '../principal.js';
import { auditActor, Origin, type RequestOrigin } from '../request-origin.js';
import { ChangePasswordDto, LoginDto, MeResponse, RecoveryCodesResponse, TotpDto, TotpSecretResponse } from './auth.dto.js';
import { Sessions } from './sessions.service.js';
import { SignInService } from './sign-in.service.js';
import { UsersService } from './users.service.js';

/** Signing in and out, and what concerns the own account. */
@ApiTags('auth')
@Controller('api/auth')
export class AuthController {
  constructor(
    private readonly signIn: SignInService,
    private readonly users: UsersService,
    private readonly sessions: Sessions,
  ) {}

  /** Signs a person in; the session is a cookie. */
  @Post('login')
  @HttpCode(204)
  @Public()
  @ApiNoContentResponse({ description: 'Signed in.' })
  async login(@Body() body: LoginDto, @Origin() origin: RequestOrigin, @Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    const { email, password, totp } = body;
    this.sessions.setCookie(reply, await this.signIn.signIn({ email, password, totp: totp ?? null, ...origin }));
  }

  /** Ends the session. */
  @Post('logout')
  @HttpCode(204)
  @RequireSession()
  @ApiCookieAuth()
  @ApiNoContentResponse({ description: 'Signed out.' })
  async logout(
    @CurrentPrincipal() principal: UserPrincipal,
    @Origin() origin: RequestOrigin,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.signIn.signOut(principal, origin);
    this.sessions.clearCookie(reply);
  }

  /** The signed-in person and what they may do. */
  @Get('me')
  @RequireSession()
  @ApiCookieAuth()
  @ApiOkResponse({ type: MeResponse })
  async me(@CurrentPrincipal() principal: UserPrincipal): Promise<MeResponse> {
    const { id, role, merchantId, scopes, steppedUpAt } = principal;
    const { email } = await this.users.get(id);
    return { object: 'user', id, email, role, merchantId, scopes: [...scopes], steppedUpAt: steppedUpAt?.toISOString() ?? null };
  }

  /** Proves the second factor once more, for what asks for it. */
  @Post('step-up')
  @HttpCode(204)
  @RequireSession()
  @ApiCookieAuth()
  @ApiNoContentResponse({ description: 'Proved.' })
  async stepUp(@CurrentPrincipal() principal: UserPrincipal, @Body() body: TotpDto, @Origin() origin: RequestOrigin): Promise<void> {
    await this.signIn.stepUp(principal, body.totp, origin.ip);
  }

  /** Changes the own password; all other sessions end. */
  @Post('password')
  @HttpCode(204)
  @RequireSession()
  @ApiCookieAuth()
  @ApiNoContentResponse({ description: 'Changed.' })
  async changePassword(
    @CurrentPrincipal() principal: UserPrincipal,
    @Body() body: ChangePasswordDto,
    @Origin() origin: RequestOrigin,
  ): Promise<void> {
    const change = { present: body.currentPassword, next: body.newPassword };
    await this.users.changePassword(principal, change, auditActor(principal, origin));
  }

  /** Shows a secret for an authenticator app. Whoever has a second factor already must have proved it lately. */
  @Post('totp')
  @HttpCode(200)
  @RequireSession()
  @ApiCookieAuth()
  @ApiOkResponse({ type: TotpSecretResponse })
  beginTotp(@CurrentPrincipal() principal: UserPrincipal): Promise<TotpSecretResponse> {
    return this.users.beginTotp(principal);
  }

  /** Confirms the shown secret by a code; it is asked for from now on. */
  @Post('totp/confirm')
  @HttpCode(200)
  @RequireSession()
  @ApiCookieAuth()
  @ApiOkResponse({ type: RecoveryCodesResponse })
  async confirmTotp(
    @CurrentPrincipal() principal: UserPrincipal,
    @Body() body: TotpDto,
    @Origin() origin: RequestOrigin,
  ): Promise<RecoveryCodesResponse> {
    return { recoveryCodes: await this.users.confirmTotp(principal, body.totp, auditActor(principal, origin)) };
  }
}
