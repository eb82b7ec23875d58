/** What a new deployment starts with: one merchant and its first API key. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MerchantsModule, MerchantsService } from '#merchants';
import { AppConfig, ClockModule, ConfigurationModule, Database, DatabaseModule, type Environment } from '#platform';
import { ApiKeysService, SecurityCoreModule } from '#security';

/** Credentials that are shown once. */
export interface FirstCredentials {
  readonly merchantId: string;
  readonly apiKey: string;
}

@Module({})
class FirstRunModule {}

/**
 * Makes the first merchant and key of an empty database.
 *
 * @param environment - As for the api.
 * @returns null when there is a merchant already: nothing is changed then.
 */
export async function seedFirstRun(environment: Environment): Promise<FirstCredentials | null> {
  const config = new AppConfig(environment);
  const app = await NestFactory.createApplicationContext(
    {
      module: FirstRunModule,
      imports: [ConfigurationModule.forRoot(config), ClockModule, DatabaseModule, SecurityCoreModule, MerchantsModule],
    },
    { logger: ['error', 'warn'], abortOnError: false },
  );
  try {
    const [row] = await app.get(Database).query<{ exists: boolean }>('select exists (select 1 from merchants) as exists');
    if (row?.exists) return null;
    const merchantId = await app
      .get(MerchantsService)
      .create({ name: 'First merchant', country: 'US', timeZone: 'America/New_York', defaultBusinessType: 'retail' });
    const actor = { actor: 'system:first_run', requestId: null, ip: null, reason: null };
    const { text } = await app.get(ApiKeysService).create({ merchantId, livemode: config.isLive, name: 'first key', scopes: null }, actor);
    return { merchantId, apiKey: text };
  } finally {
    await app.close();
  }
}
