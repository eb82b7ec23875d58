/** An application of the security library alone, over a real database, with routes to knock at. */
import { type DynamicModule, Module, type ModuleMetadata, type Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Clock, FixedClock, newId } from '#kernel';
import { AppConfig, ClockModule, ConfigurationModule, createHttpApplication, Database, DatabaseModule, type Environment } from '#platform';
import { SecurityModule, totpCode } from '#security';
import { createTestDatabase } from '#test';

/** What a test gets. */
export interface SecuredApp {
  readonly app: NestFastifyApplication;
  readonly config: AppConfig;
  readonly clock: FixedClock;
  readonly database: Database;
  readonly databaseUrl: string;
  close(): Promise<void>;
}

/** What a test may choose. */
export interface SecuredAppOptions {
  readonly environment?: Environment;
  readonly controllers?: Type[];
  /** Joins an existing database as a second replica would. */
  readonly databaseUrl?: string;
  readonly clock?: FixedClock;
}

/** A valid environment for tests. */
export function testEnvironment(databaseUrl: string): Environment {
  return {
    NODE_ENV: 'test',
    LOG_LEVEL: 'warn',
    DATABASE_URL: databaseUrl,
    DATABASE_ACQUIRE_TIMEOUT_MS: '20000',
    DATABASE_POOL_SIZE: '5',
    STRIPE_SECRET_KEY: 'sk_test_0123456789',
    API_KEY_PEPPER: 'pepper pepper pepper pepper pepper',
    ENCRYPTION_KEY: 'encryption encryption encryption k',
  };
}

/** Starts the application; it answers `app.inject`. */
export async function startSecuredApp(options: SecuredAppOptions = {}): Promise<SecuredApp> {
  const own = options.databaseUrl === undefined ? await createTestDatabase() : undefined;
  const databaseUrl = options.databaseUrl ?? own?.url ?? '';
  const config = new AppConfig({ ...testEnvironment(databaseUrl), ...options.environment });
  const clock = options.clock ?? new FixedClock(new Date('2026-11-23T12:00:00Z'));
  const app = await createHttpApplication(compose(config, clock, options.controllers ?? []), config);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return {
    app,
    config,
    clock,
    database: app.get(Database),
    databaseUrl,
    close: async () => {
      await app.close();
      await own?.drop();
    },
  };
}

/** A merchant to own things. */
export async function aMerchant(database: Database): Promise<string> {
  const id = newId('merchant');
  await database.query(
    `insert into merchants (id, name, country, time_zone, default_business_type, enabled_business_types)
     values ($1, 'Corner Shop', 'us', 'America/New_York', 'retail', '{retail}')`,
    [id],
  );
  return id;
}

/** The code that an authenticator app shows now. */
export function codeOf(totpSecret: string, clock: Clock): string {
  return totpCode(totpSecret, clock.now());
}

function compose(config: AppConfig, clock: FixedClock, controllers: Type[]): DynamicModule {
  const metadata: ModuleMetadata = {
    imports: [ConfigurationModule.forRoot(config), clockModule(clock), DatabaseModule, SecurityModule],
    controllers,
  };
  return { module: TestRoot, ...metadata };
}

function clockModule(clock: FixedClock): DynamicModule {
  return { module: ClockModule, global: true, providers: [{ provide: Clock, useValue: clock }], exports: [Clock] };
}

@Module({})
class TestRoot {}
