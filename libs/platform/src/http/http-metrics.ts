/** Requests as they were answered, in prom-client's default registry. */
import type { FastifyInstance } from 'fastify';
import { Histogram } from 'prom-client';

const MS_PER_SECOND = 1_000;

/** Time from the request's head to its answer, by the route's template: never by its path, which holds ids. */
export const httpRequestDurationSeconds = new Histogram({
  name: 'upp_http_request_duration_seconds',
  help: 'Time from the head of a request to its answer, by route template and class of status.',
  labelNames: ['method', 'route', 'status'] as const,
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10],
});

/** Counts every answer of the server. */
export function measureRequests(fastify: FastifyInstance): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    // What no route takes is one series, whatever strangers ask for.
    const route = request.is404 ? 'none' : (request.routeOptions.url ?? 'none');
    const status = `${Math.floor(reply.statusCode / 100)}xx`;
    httpRequestDurationSeconds.observe({ method: request.method, route, status }, reply.elapsedTime / MS_PER_SECOND);
    done();
  });
}
