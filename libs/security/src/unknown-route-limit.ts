import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { problemOf, sendProblem } from '#platform';
import { networkOf } from './domain/network.js';
import { addRateLimitHeaders } from './rate-limit/rate-limit-headers.js';
import { RateLimitedError, RateLimiter } from './rate-limit/rate-limiter.js';

/** Counts requests of routes that do not exist, which no guard sees, with all others of the client: whoever searches for routes is soon refused. */
@Injectable()
export class UnknownRouteLimit implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly limiter: RateLimiter,
  ) {}

  onModuleInit(): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    fastify.addHook('onRequest', async (request, reply) => {
      if (!request.is404) return;
      const outcome = await this.limiter.take('api', { key: networkOf(request.ip), ip: request.ip });
      addRateLimitHeaders(reply, outcome);
      if (outcome.isAllowed) return;
      const error = new RateLimitedError(outcome);
      sendProblem(reply, problemOf(error, request.id), error.retryAfterSeconds);
      return reply;
    });
  }
}
