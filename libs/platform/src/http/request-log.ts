import { Logger } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';

/** One line for each answered request: no query, no body, no address, for those are the payer's. */
export function logRequests(fastify: FastifyInstance): void {
  const logger = new Logger('Http');
  fastify.addHook('onResponse', (request, reply, done) => {
    logger.log({
      event: 'request',
      requestId: request.id,
      method: request.method,
      route: request.is404 ? 'none' : (request.routeOptions.url ?? 'none'),
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime),
    });
    done();
  });
}
