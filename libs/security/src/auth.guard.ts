/** Who may do what: the request ends here or passes. */
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { Clock, DomainError } from '#kernel';
import { type AuthenticatedRequest, ROUTE_ACCESS, ROUTE_STEP_UP, type RouteAccess } from './access.decorators.js';
import { Authenticator, isCredentialProbe } from './authenticator.js';
import { hasSteppedUp, type Principal } from './principal.js';
import { AuthenticationRequiredError, PermissionDeniedError } from './security.errors.js';
import { SecurityIncidents } from './security-incidents.js';

/** Denies by default: a route that declares no access is refused to everybody. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
    private readonly incidents: SecurityIncidents,
    private readonly clock: Clock,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    const access = this.reflector.getAllAndOverride<RouteAccess | undefined>(ROUTE_ACCESS, targets);
    if (access === undefined) throw new PermissionDeniedError('permission_denied');
    if (access.kind === 'public') return true;

    const request = context.switchToHttp().getRequest<FastifyRequest & AuthenticatedRequest>();
    const principal = await this.identify(request);
    refuseUnlessAllowed(access, principal);
    if (this.reflector.getAllAndOverride<boolean | undefined>(ROUTE_STEP_UP, targets) === true) this.refuseWithoutStepUp(principal);
    request.principal = principal;
    return true;
  }

  private async identify(request: FastifyRequest): Promise<Principal> {
    try {
      const principal = await this.authenticator.identify(request);
      if (principal === null) throw new AuthenticationRequiredError();
      return principal;
    } catch (error) {
      if (error instanceof DomainError && isCredentialProbe(error.code)) {
        this.incidents.report({ type: 'credential_refused', severity: 'low', subject: error.code, ip: request.ip });
      }
      throw error;
    }
  }

  private refuseWithoutStepUp(principal: Principal): void {
    if (principal.kind === 'user' && !hasSteppedUp(principal, this.clock.now())) throw new PermissionDeniedError('step_up_required');
  }
}

function refuseUnlessAllowed(access: Exclude<RouteAccess, { kind: 'public' }>, principal: Principal): void {
  if (access.kind === 'session') {
    if (principal.kind !== 'user') throw new PermissionDeniedError('permission_denied');
    return;
  }
  if (!access.anyOf.some((scope) => principal.scopes.has(scope))) throw new PermissionDeniedError('permission_denied', access.anyOf);
}
