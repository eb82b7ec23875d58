/** The limits of single routes; they count by what authentication has shown, so this gate stands behind it. */
import { type CanActivate, type ExecutionContext, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isId } from '#kernel';
import type { AuthenticatedRequest } from './access.decorators.js';
import { Authenticator } from './authenticator.js';
import { networkOf } from './domain/network.js';
import { paymentsPolicyOf, type RateLimitName } from './domain/rate-limit-policy.js';
import { addRateLimitHeaders } from './rate-limit/rate-limit-headers.js';
import { RateLimitedError, RateLimiter, type RateLimitSubject } from './rate-limit/rate-limiter.js';

/** What a route may be limited as. */
export type RouteRateLimit = 'payments' | 'device_registration';

/** Key of a route's own limit. */
export const ROUTE_RATE_LIMIT = 'upp:route-rate-limit';

/**
 * Limits a route besides the limit of the whole API.
 *
 * - `payments`: per device, by the business type that holds for the payment.
 * - `device_registration`: per client network.
 */
export const RateLimit = (limit: RouteRateLimit): MethodDecorator => SetMetadata(ROUTE_RATE_LIMIT, limit);

/** Counts the requests of routes that declare {@link RateLimit}. */
@Injectable()
export class RouteRateLimitGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly limiter: RateLimiter,
    private readonly authenticator: Authenticator,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const limit = this.reflector.get<RouteRateLimit | undefined>(ROUTE_RATE_LIMIT, context.getHandler());
    if (limit === undefined) return true;
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest & AuthenticatedRequest>();
    const counted = limit === 'payments' ? await this.payer(request) : registrar(request);
    if (counted === null) return true;
    const outcome = await this.limiter.take(counted.name, counted.subject);
    addRateLimitHeaders(http.getResponse<FastifyReply>(), outcome);
    if (!outcome.isAllowed) throw new RateLimitedError(outcome);
    return true;
  }

  /** The paying device: the authenticated one, or the merchant's own one that its server names. Anything else will be refused as a payment anyway. */
  private async payer(request: FastifyRequest & AuthenticatedRequest): Promise<Counted | null> {
    const { principal, ip } = request;
    const body = (request.body ?? {}) as { deviceId?: unknown; businessType?: unknown };
    if (principal === undefined || principal.merchantId === null) return null;
    const { merchantId } = principal;
    const deviceId = principal.kind === 'device' ? principal.id : body.deviceId;
    if (!isId('device', deviceId)) return null;
    const terms = principal.kind === 'device' ? principal : await this.authenticator.deviceTerms(merchantId, deviceId);
    if (terms === null) return null;
    // A business type that the merchant has not enabled changes nothing: the payment will be refused for it.
    const named = terms.enabledBusinessTypes.find((type) => type === body.businessType);
    return { name: paymentsPolicyOf(named ?? terms.businessType), subject: { key: deviceId, ip, merchantId } };
  }
}

interface Counted {
  readonly name: RateLimitName;
  readonly subject: RateLimitSubject;
}

function registrar({ ip, principal }: FastifyRequest & AuthenticatedRequest): Counted {
  const subject = { key: networkOf(ip), ip };
  const merchantId = principal?.merchantId ?? null;
  return { name: 'device_registration', subject: merchantId === null ? subject : { ...subject, merchantId } };
}
