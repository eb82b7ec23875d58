import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type AppConfig, createHttpApplication } from '#platform';
import { fastifyTlsOptions, startTls } from '#ssl';
import { registerWebhookIntake } from '#webhooks';
import { ApiModule } from './api.module.js';
import { serveApiDocs } from './api-docs.js';
import { openApiDocument } from './openapi.js';

/**
 * The api as it runs, not yet listening: Nest's routes, the webhook intake in front of them, the contract at `/openapi.json`, and the
 * certificate of its own HTTPS listener when there is one.
 */
export async function createApi(config: AppConfig): Promise<NestFastifyApplication> {
  const tls = config.tls.mode === 'off' ? {} : { tls: fastifyTlsOptions() };
  const app = await createHttpApplication(ApiModule.forRoot(config), config, tls);
  const document = JSON.stringify(openApiDocument(app));
  const fastify = app.getHttpAdapter().getInstance();
  fastify.get('/openapi.json', (_request, reply) => reply.header('content-type', 'application/json; charset=utf-8').send(document));
  // In production the contract's file is enough; a page with a form that sends payments is for developers.
  if (config.server.environment !== 'production') serveApiDocs(app);
  await registerWebhookIntake(app);
  await startTls(app);
  return app;
}
