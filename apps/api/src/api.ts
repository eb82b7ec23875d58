import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type AppConfig, createHttpApplication } from '#platform';
import { registerWebhookIntake } from '#webhooks';
import { ApiModule } from './api.module.js';
import { openApiDocument } from './openapi.js';

/** The api as it runs, not yet listening: Nest's routes, the webhook intake in front of them and the contract at `/openapi.json`. */
export async function createApi(config: AppConfig): Promise<NestFastifyApplication> {
  const app = await createHttpApplication(ApiModule.forRoot(config), config);
  const document = JSON.stringify(openApiDocument(app));
  const fastify = app.getHttpAdapter().getInstance();
  fastify.get('/openapi.json', (_request, reply) => reply.header('content-type', 'application/json; charset=utf-8').send(document));
  await registerWebhookIntake(app);
  return app;
}
