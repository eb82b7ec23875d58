import { AppConfig, ConfigError, createHttpApplication, processEnvironment } from '#platform';
import { WebhookProcessor } from '#webhooks';
import { JobLoop } from './job-loop.js';
import { jobsOf } from './jobs.js';
import { WorkerModule } from './worker.module.js';

try {
  const config = new AppConfig(processEnvironment());
  const app = await createHttpApplication(WorkerModule.forRoot(config), config);
  await app.listen({ port: config.server.workerPort, host: config.server.host });
  app.get(WebhookProcessor).start();
  const loop = new JobLoop();
  loop.start(jobsOf(app));
  const stop = (): void => {
    void loop.stop();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  console.log(`The worker works; its health is at ${await app.getUrl()}/health`);
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exit(1);
}
