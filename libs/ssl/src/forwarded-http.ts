import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { problemOf, sendProblem, type TlsConfig } from '#platform';
import { decidePlainHttp } from './domain/plain-http-policy.js';
import { HttpsRequiredError } from './ssl.errors.js';

/**
 * Behind a proxy that takes plain HTTP too: what the proxy says came without TLS is treated as on our own listener without TLS.
 *
 * No address is checked: who says of himself that he came without TLS harms nobody else. Requests without the header, such as probes,
 * come from inside and pass.
 */
export function refuseForwardedHttp(fastify: FastifyInstance, tls: TlsConfig): void {
  fastify.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done) => {
    if (forwardedProtocol(request) !== 'http') {
      done();
      return;
    }
    const { host, accept, authorization } = request.headers;
    const decision = decidePlainHttp(
      { method: request.method, url: request.url, host, accept, hasCredentials: authorization !== undefined },
      { names: tls.names, port: tls.publicPort },
    );
    if (decision.kind === 'redirect') void reply.redirect(decision.location, 308);
    else sendProblem(reply, problemOf(new HttpsRequiredError(), request.id));
  });
}

/** The word of the last proxy: those before it may have been written by the client. */
function forwardedProtocol(request: FastifyRequest): string | undefined {
  const header = request.headers['x-forwarded-proto'];
  return (Array.isArray(header) ? header.join() : header)?.split(',').at(-1)?.trim().toLowerCase();
}
