/** How a route declares who may call it. A route that declares nothing is refused by the guard and by the test of all routes. */
import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import { assert } from '#kernel';
import type { Scope } from './domain/scopes.js';
import type { Principal } from './principal.js';

/** What a route asks of its caller. */
export type RouteAccess =
  { readonly kind: 'public' } | { readonly kind: 'scoped'; readonly anyOf: readonly Scope[] } | { readonly kind: 'session' };

/** Key of the {@link RouteAccess} of a handler or controller, for the guard and for the test that walks all routes. */
export const ROUTE_ACCESS = 'upp:route-access';
/** Key of the flag that a person must have stepped up lately. */
export const ROUTE_STEP_UP = 'upp:route-step-up';

/** Anybody may call the route. The handler is on its own: `Authenticator.identify` tells who calls, if it matters. */
export const Public = (): MethodDecorator & ClassDecorator => SetMetadata(ROUTE_ACCESS, { kind: 'public' } satisfies RouteAccess);

/**
 * The caller needs one of these rights, whatever kind of credential carries it.
 *
 * A route for devices names the device's right beside the merchant's: `@RequireScope('payments:write', 'payments:create_own')`.
 */
export const RequireScope = (...anyOf: readonly [Scope, ...Scope[]]): MethodDecorator & ClassDecorator =>
  SetMetadata(ROUTE_ACCESS, { kind: 'scoped', anyOf } satisfies RouteAccess);

/** Any signed-in person may call the route: it concerns the own session only. */
export const RequireSession = (): MethodDecorator & ClassDecorator => SetMetadata(ROUTE_ACCESS, { kind: 'session' } satisfies RouteAccess);

/** A person must have proved the second factor within the last ten minutes; API keys are not asked. */
export const RequireStepUp = (): MethodDecorator & ClassDecorator => SetMetadata(ROUTE_STEP_UP, true);

/** What the guard leaves on the request. */
export interface AuthenticatedRequest {
  principal?: Principal;
}

/** The authenticated caller, as a handler's parameter. */
export const CurrentPrincipal = createParamDecorator((_data: unknown, context: ExecutionContext): Principal => {
  const { principal } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  assert(principal !== undefined, 'a handler that asks for the principal must not be @Public()');
  return principal;
});
