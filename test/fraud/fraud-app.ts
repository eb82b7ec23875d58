/** An application of the fraud library over a real database, with builders of what its tests need. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { Global, Module, type Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { currencyCode, money, newId } from '#kernel';
import { type FraudAttempt, type ReviewDecision, ReviewedPayments } from '#fraud';
import { AppConfig, ClockModule, ConfigurationModule, createHttpApplication, Database, DatabaseModule, type Environment } from '#platform';
import { SecurityModule } from '#security';
import { createTestDatabase } from '#test';

/** What a test gets. */
export interface FraudApp {
  readonly app: NestFastifyApplication;
  readonly database: Database;
  readonly databaseUrl: string;
  readonly merchantId: string;
  close(): Promise<void>;
}

/** Stands where payments stand: notes the decisions it is given, or fails as often as it is told. */
export class NotedDecisions extends ReviewedPayments {
  readonly decisions: ReviewDecision[] = [];
  failures = 0;

  override carryOut(decision: ReviewDecision): Promise<'done'> {
    if (this.failures > 0) {
      this.failures--;
      return Promise.reject(new Error('the payment cannot follow now'));
    }
    this.decisions.push(decision);
    return Promise.resolve('done');
  }
}

@Global()
@Module({ providers: [{ provide: ReviewedPayments, useClass: NotedDecisions }], exports: [ReviewedPayments] })
class PaymentsBesideModule {}

/** Starts the modules given, with a merchant of every business type. */
export async function startFraudApp(imports: Type[], options: { databaseUrl?: string; environment?: Environment } = {}): Promise<FraudApp> {
  const own = options.databaseUrl === undefined ? await createTestDatabase() : undefined;
  const databaseUrl = options.databaseUrl ?? own?.url ?? '';
  const config = new AppConfig({
    NODE_ENV: 'test',
    LOG_LEVEL: 'warn',
    DATABASE_URL: databaseUrl,
    DATABASE_ACQUIRE_TIMEOUT_MS: '20000',
    DATABASE_POOL_SIZE: '20',
    // The suites share a machine; what a slow database does has tests of its own.
    FRAUD_BUDGET_MS: '20000',
    STRIPE_SECRET_KEY: 'sk_test_0123456789',
    API_KEY_PEPPER: 'pepper pepper pepper pepper pepper',
    ENCRYPTION_KEY: 'encryption encryption encryption k',
    ...options.environment,
  });
  const root = {
    module: TestRoot,
    imports: [ConfigurationModule.forRoot(config), ClockModule, DatabaseModule, SecurityModule, PaymentsBesideModule, ...imports],
  };
  const app = await createHttpApplication(root, config);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  const database = app.get(Database);
  return {
    app,
    database,
    databaseUrl,
    merchantId: await aMerchant(database),
    close: async () => {
      await app.close();
      await own?.drop();
    },
  };
}

/** A merchant of every business type. */
export async function aMerchant(database: Database): Promise<string> {
  const id = newId('merchant');
  await database.query(
    `insert into merchants (id, name, country, time_zone, default_business_type, enabled_business_types)
     values ($1, 'Corner Shop', 'us', 'America/New_York', 'retail', '{retail,restaurant,service,subscription,gaming,iot}')`,
    [id],
  );
  return id;
}

/** A harmless restaurant payment of 10.99; each has a device of its own unless told otherwise. */
export function anAttempt(merchantId: string, change: Partial<FraudAttempt> = {}): FraudAttempt {
  return {
    paymentId: newId('payment'),
    merchantId,
    livemode: false,
    amount: money(1_099, currencyCode('usd')),
    businessType: 'restaurant',
    method: 'card',
    timeZone: zoneOfNoon(),
    device: {
      id: newId('device'),
      registeredAt: new Date('2026-01-01T00:00:00Z'),
      status: 'active',
      capabilityCount: 1,
      fingerprintMatches: null,
      isAutomationAuthorised: true,
    },
    card: null,
    customerId: null,
    email: null,
    ip: null,
    location: null,
    ...change,
  };
}

@Module({})
class TestRoot {}

/** Where it is about noon now, so that the hour at which a suite runs is no fraud signal. */
function zoneOfNoon(): string {
  const hoursAhead = 12 - new Date().getUTCHours();
  // The signs of these zones are those of POSIX: west is positive.
  return hoursAhead === 0 ? 'UTC' : `Etc/GMT${hoursAhead > 0 ? '-' : '+'}${Math.abs(hoursAhead)}`;
}

/** Runs `npm run fraud:<command>` over the application's database, in a folder without an .env and without a data folder of this machine. */
export function runFraudCommand(
  { databaseUrl }: Pick<FraudApp, 'databaseUrl'>,
  folder: string,
  command: string,
  args: readonly string[],
): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.resolve(`dist/scripts/fraud-${command}.js`), ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: databaseUrl,
      STRIPE_SECRET_KEY: 'sk_test_0123456789',
      API_KEY_PEPPER: 'pepper pepper pepper pepper pepper',
      ENCRYPTION_KEY: 'encryption encryption encryption k',
    },
  });
  return { status, stdout, stderr };
}
