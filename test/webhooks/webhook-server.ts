/** The webhook routes alone, as a process of their own: what the kill tests kill and the benchmark measures. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { AppConfig, ClockModule, ConfigurationModule, DatabaseModule, processEnvironment, type Queryable } from '#platform';
import { StripeModule } from '#stripe';
import { type ApplyOutcome, EventApplier, registerWebhookIntake, type SourcedEvent, WebhooksModule } from '#webhooks';

/** Writes one row per event, set-based: the cheapest effect that can be counted. */
class EffectRows extends EventApplier {
  override async apply(events: readonly SourcedEvent[], transaction: Queryable): Promise<ApplyOutcome[]> {
    await transaction.query(`insert into webhook_test_effects (event_id, object_id) select * from unnest($1::text[], $2::text[])`, [
      events.map(({ eventId }) => eventId),
      events.map(({ event }) => event.object.gatewayId),
    ]);
    return events.map(() => 'applied');
  }
}

const config = new AppConfig(processEnvironment());

@Module({ imports: [ConfigurationModule.forRoot(config), ClockModule, DatabaseModule, StripeModule, WebhooksModule] })
class WebhookServerModule {}

const testing = await Test.createTestingModule({ imports: [WebhookServerModule] })
  .overrideProvider(EventApplier)
  .useClass(EffectRows)
  .compile();
const app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: ['error'] });
await registerWebhookIntake(app);
app.enableShutdownHooks();
await app.listen(config.server.port, config.server.host);
process.stdout.write(`listening on ${await app.getUrl()}\n`);
