/** The webhook routes and what works the inbox off, as a process of their own: what the kill tests kill. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppConfig, ClockModule, ConfigurationModule, DatabaseModule, processEnvironment } from '#platform';
import { StripeModule } from '#stripe';
import { registerWebhookIntake, WebhooksModule } from '#webhooks';

const config = new AppConfig(processEnvironment());

@Module({ imports: [ConfigurationModule.forRoot(config), ClockModule, DatabaseModule, StripeModule, WebhooksModule] })
class WebhookServerModule {}

const app = await NestFactory.create<NestFastifyApplication>(WebhookServerModule, new FastifyAdapter(), { logger: ['error'] });
await registerWebhookIntake(app);
app.enableShutdownHooks();
await app.listen(config.server.port, config.server.host);
process.stdout.write(`listening on ${await app.getUrl()}\n`);
