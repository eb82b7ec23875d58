/** How often a client may call the API at all; the first gate of every request. */
import { type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  InjectThrottlerOptions,
  InjectThrottlerStorage,
  ThrottlerGuard,
  type ThrottlerModuleOptions,
  type ThrottlerRequest,
} from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { networkOf } from './domain/network.js';
import { addRateLimitHeaders } from './rate-limit/rate-limit-headers.js';
import { RateLimitStorage } from './rate-limit/rate-limit-storage.js';
import { RateLimitedError, RateLimiter } from './rate-limit/rate-limiter.js';

// Health, metrics and pages are not the API: probes must be answered while a client floods.
const API_PREFIX = '/api/';

/**
 * @nestjs/throttler's guard with our counting: by client network over all routes together, so that no spelling of a path opens a new account.
 * `@SkipThrottle({ api: true })` exempts a route.
 */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  constructor(
    @InjectThrottlerOptions() options: ThrottlerModuleOptions,
    @InjectThrottlerStorage() storage: RateLimitStorage,
    reflector: Reflector,
    private readonly limiter: RateLimiter,
  ) {
    super(options, storage, reflector);
  }

  protected override shouldSkip(context: ExecutionContext): Promise<boolean> {
    const { routeOptions } = context.switchToHttp().getRequest<FastifyRequest>();
    return Promise.resolve(!(routeOptions.url ?? '').startsWith(API_PREFIX));
  }

  protected override async handleRequest({ context }: ThrottlerRequest): Promise<boolean> {
    const http = context.switchToHttp();
    const { ip } = http.getRequest<FastifyRequest>();
    const outcome = await this.limiter.take('api', { key: networkOf(ip), ip });
    addRateLimitHeaders(http.getResponse<FastifyReply>(), outcome);
    if (!outcome.isAllowed) throw new RateLimitedError(outcome);
    return true;
  }
}
