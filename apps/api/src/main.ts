import { AppConfig, ConfigError, processEnvironment } from '#platform';
import { createApi } from './api.js';

try {
  const config = new AppConfig(processEnvironment());
  const app = await createApi(config);
  await app.listen({ port: config.server.port, host: config.server.host });
  console.log(`The api listens on ${await app.getUrl()}`);
} catch (error) {
  // Of a wrong configuration the list of problems says everything; a stack would only hide it.
  console.error(error instanceof ConfigError ? error.message : error);
  process.exit(1);
}
