import { AppConfig, ConfigError, createHttpApplication, processEnvironment } from '#platform';
import { registerWebhookIntake } from '#webhooks';
import { ApiModule } from './api.module.js';

try {
  const config = new AppConfig(processEnvironment());
  const app = await createHttpApplication(ApiModule.forRoot(config), config);
  await registerWebhookIntake(app);
  await app.listen({ port: config.server.port, host: config.server.host });
  console.log(`The api listens on ${await app.getUrl()}`);
} catch (error) {
  // Of a wrong configuration the list of problems says everything; a stack would only hide it.
  console.error(error instanceof ConfigError ? error.message : error);
  process.exit(1);
}
