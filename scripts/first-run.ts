/** What a new deployment starts with: one merchant, its first API key and the owner. */
import 'reflect-metadata';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MerchantsModule, MerchantsService } from '#merchants';
import { AppConfig, ClockModule, ConfigurationModule, Database, DatabaseModule, type Environment } from '#platform';
import { ApiKeysService, CredentialHasher, SecurityCoreModule, UserRefusedError, UsersService } from '#security';

/** Credentials that are shown once. */
export interface FirstCredentials {
  readonly merchantId: string;
  readonly apiKey: string;
  /** Null when there was an owner already, or a second factor is required. */
  readonly owner: { readonly email: string; readonly password: string } | null;
}

const OWNER_EMAIL = 'owner@example.com';

@Module({})
class FirstRunModule {}

/**
 * Makes the first merchant of an empty database and a key for it. Safe to repeat: a key that still works is returned as it is.
 *
 * Where a merchant exists but the known key does not work, because a start was cut off before it was written down or because the
 * folder or the database is another one, the oldest merchant gets a further key.
 *
 * @param environment - As for the api.
 * @param knownKey - The key that an earlier start was given; null before the first.
 */
export async function seedFirstRun(environment: Environment, knownKey: string | null = null): Promise<FirstCredentials> {
  const config = new AppConfig(environment);
  const app = await NestFactory.createApplicationContext(
    {
      module: FirstRunModule,
      imports: [ConfigurationModule.forRoot(config), ClockModule, DatabaseModule, SecurityCoreModule, MerchantsModule],
    },
    { logger: ['error', 'warn'], abortOnError: false },
  );
  try {
    const ownerId = knownKey === null ? null : await ownerOf(app, knownKey);
    const owner = await createOwner(app, config);
    if (knownKey !== null && ownerId !== null) return { merchantId: ownerId, apiKey: knownKey, owner };
    const [oldest] = await app.get(Database).query<{ id: string }>('select id from merchants order by id limit 1');
    const merchantId =
      oldest?.id ??
      (await app
        .get(MerchantsService)
        .create({ name: 'First merchant', country: 'US', timeZone: 'America/New_York', defaultBusinessType: 'retail' }));
    const actor = { actor: 'system:first_run', requestId: null, ip: null, reason: null };
    const { text } = await app.get(ApiKeysService).create({ merchantId, livemode: config.isLive, name: 'first key', scopes: null }, actor);
    return { merchantId, apiKey: text, owner };
  } finally {
    await app.close();
  }
}

/** The merchant of a key in force; null when the database does not know it. */
async function ownerOf(app: INestApplicationContext, apiKey: string): Promise<string | null> {
  const [row] = await app.get(Database).query<{ merchantId: string }>(
    `select merchant_id as "merchantId" from api_keys
      where key_hash = any ($1) and revoked_at is null and (expires_at is null or expires_at > now())`,
    [app.get(CredentialHasher).hashes(apiKey)],
  );
  return row?.merchantId ?? null;
}

/** The first person; null when there is one already, or where a second factor is required: then `npm run create-admin` makes the owner. */
async function createOwner(app: INestApplicationContext, config: AppConfig): Promise<FirstCredentials['owner']> {
  if (config.sessions.requireTotp) return null;
  try {
    const { password } = await app.get(UsersService).createFirstOwner(OWNER_EMAIL, false);
    return { email: OWNER_EMAIL, password };
  } catch (error) {
    if (error instanceof UserRefusedError && error.code === 'owner_exists') return null;
    throw error;
  }
}
