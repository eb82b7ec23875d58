/** The webhook routes alone, as a process of their own: what the kill tests kill and the benchmark measures. */
import { Global, Module } from '@nestjs/common';
import { Clock, SystemClock } from '#kernel';
import { AppConfig, ConfigurationModule, createHttpApplication, DatabaseModule, processEnvironment, type Queryable } from '#platform';
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

@Global()
@Module({
  providers: [
    { provide: Clock, useClass: SystemClock },
    { provide: EventApplier, useClass: EffectRows },
  ],
  exports: [Clock, EventApplier],
})
class EdgesModule {}

const config = new AppConfig(processEnvironment());

@Module({ imports: [ConfigurationModule.forRoot(config), EdgesModule, DatabaseModule, StripeModule, WebhooksModule] })
class WebhookServerModule {}

const app = await createHttpApplication(WebhookServerModule, config, { beforeRoutes: registerWebhookIntake });
await app.listen(config.server.port, config.server.host);
const address = app.getHttpServer().address();
process.stdout.write(`${JSON.stringify({ listening: address })}\n`);
