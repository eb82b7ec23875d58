/** Builds the Nest application on Fastify with the limits that hold for every route. */
import { isUtf8 } from 'node:buffer';
import type { SecureServerOptions } from 'node:http2';
import { type DynamicModule, Global, Module, type Type, type LogLevel } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import helmet from '@fastify/helmet';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Clock, newId } from '#kernel';
import type { AppConfig } from '../config/app-config.js';
import { logLevelsOf, ScrubbingLogger } from '../logging/scrubbing-logger.js';
import { clientCountryOf } from './client-country.js';
import { Draining } from './draining.js';
import { measureRequests } from './http-metrics.js';
import { Tracer } from '../telemetry/tracing.js';
import { parseJsonBody } from './json-body.js';
import { logRequests } from './request-log.js';
import { ProblemDetailsFilter, problemOf, sendProblem } from './problem-details.filter.js';
import { requestValidation } from './validation.js';

/** What `createHttpApplication` is told besides the configuration. */
export interface HttpApplicationOptions {
  /** Registers what must come before Nest's router, such as the raw webhook route. */
  readonly beforeRoutes?: (app: NestFastifyApplication) => Promise<void>;
  /** Options of a listener with TLS: `fastifyTlsOptions` of #ssl. Without them it speaks plain HTTP/1.1. */
  readonly tls?: { readonly http2: true; readonly https: SecureServerOptions };
  /** Instead of LOG_LEVEL's. */
  readonly logLevels?: LogLevel[];
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Upper-case ISO 3166 code of the client's address; null when it is unknown. */
    clientCountry: string | null;
  }
}

// Long enough for any id or path of this API; longer URLs are refused before routing.
const MAX_PARAM_LENGTH = 200;
// Sockets that send nothing for this long are closed: longer than the idle time of common load balancers (60 s).
const KEEP_ALIVE_TIMEOUT_MS = 65_000;

/** What every process with a listener has, whatever it serves. */
@Global()
@Module({ providers: [Draining], exports: [Draining] })
class HttpProcessModule {}

/**
 * The application, not yet listening.
 *
 * @param module - The composition root.
 */
export async function createHttpApplication(
  module: Type | DynamicModule,
  config: AppConfig,
  options: HttpApplicationOptions = {},
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: config.server.bodyLimitBytes,
    requestTimeout: config.server.requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH, ignoreTrailingSlash: false, caseSensitive: true },
    // Only named addresses and ranges: a boolean or a hop count would let any client choose its own address.
    trustProxy: config.server.trustedProxies.length > 0 ? config.server.trustedProxies : false,
    genReqId: () => newId('request'),
    // What still arrives on a kept connection is served: the database closes only after the last answer.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    ...options.tls,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      sendProblem(reply, problemOf(error, request.id));
    },
  });
  const app = await NestFactory.create<NestFastifyApplication>({ module: HttpProcessModule, imports: [module] }, adapter, {
    bodyParser: false,
    logger: new ScrubbingLogger({ logLevels: options.logLevels ?? logLevelsOf(config.logging.level) }),
    abortOnError: false,
  });
  const fastify = adapter.getInstance<FastifyInstance>();
  const draining = app.get(Draining);
  await fastify.register(helmet, {
    contentSecurityPolicy: { directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] }, useDefaults: false },
    strictTransportSecurity: config.tls.strictTransportSecurity,
  });
  acceptJsonOnly(fastify);
  fastify.decorateRequest('clientCountry', null);
  fastify.addHook('onRequest', (request, reply, done) => {
    request.clientCountry = clientCountryOf(request, config.server);
    void reply.header('x-request-id', request.id).header('cache-control', 'no-store');
    done();
  });
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    // Clients and load balancers leave by themselves, so that no request meets a connection that is about to be closed.
    if (draining.isDraining && request.raw.httpVersionMajor === 1) void reply.header('connection', 'close');
    done();
  });
  if (config.telemetry.endpoint !== null) new Tracer(config.telemetry, app.get(Clock, { strict: false })).traceRequests(fastify);
  measureRequests(fastify);
  if (config.logging.areRequestsLogged) logRequests(fastify);
  draining.over(() => app.getHttpServer());
  app.useGlobalFilters(new ProblemDetailsFilter());
  app.useGlobalPipes(requestValidation);
  app.enableShutdownHooks();
  await options.beforeRoutes?.(app);
  return app;
}

function acceptJsonOnly(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, body.length === 0 ? undefined : parseJsonBody(decodeUtf8(body as Buffer)));
    } catch (error) {
      done(error as Error);
    }
  });
}

function decodeUtf8(body: Buffer): string {
  // Not UTF-8: parsed as nothing valid, so that the client reads the same code as for any other malformed body.
  return isUtf8(body) ? body.toString('utf8') : '';
}
