import { asOwner } from '#test';
/** The webhooks library in a process of the test's own, with the two edges replaced: what events do to payments, and the processor. */
import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Module } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { currencyCode } from '#kernel';
import { type GatewayAnswer, type GatewayDispute, type GatewayPayment, PaymentGateway, type GatewayRefund } from '#payments';
import { AppConfig, ClockModule, ConfigurationModule, Database, DatabaseModule, type Queryable } from '#platform';
import { StripeModule } from '#stripe';
import { type ApplyOutcome, EventApplier, registerWebhookIntake, type SourcedEvent, WebhooksModule } from '#webhooks';
import { sign } from '../../bench/webhook-load.js';

/** Signs what tests post. */
export const WEBHOOK_SECRET = 'whsec_test_0123456789abcdef';
/** The secret that {@link WEBHOOK_SECRET} replaces. */
export const OLD_WEBHOOK_SECRET = 'whsec_old_0123456789abcdefg';

/** A Stripe event as JSON. */
export type JsonEvent = Record<string, unknown> & { id: string; type: string; created: number; data: { object: Record<string, unknown> } };

/** Counts effects in a table of its own; what an event is told can be set per object. */
export class EffectLedger extends EventApplier {
  /** By the object's Stripe id; everything else is `applied`. */
  readonly outcomes = new Map<string, ApplyOutcome>();
  /** Stripe ids of objects whose events throw. */
  readonly poison = new Set<string>();

  override async apply(events: readonly SourcedEvent[], transaction: Queryable): Promise<ApplyOutcome[]> {
    const outcomes: ApplyOutcome[] = [];
    for (const { eventId, event } of events) {
      if (this.poison.has(event.object.gatewayId)) throw new Error('this object cannot be applied');
      const outcome = this.outcomes.get(event.object.gatewayId) ?? 'applied';
      if (outcome === 'applied') {
        await transaction.query('insert into webhook_test_effects (event_id, object_id, snapshot) values ($1, $2, $3)', [
          eventId,
          event.object.gatewayId,
          JSON.stringify(event.object),
        ]);
      }
      outcomes.push(outcome);
    }
    return outcomes;
  }
}

/** A processor that knows some objects and counts how often it is asked. */
export class KnownObjects extends PaymentGateway {
  readonly payments = new Map<string, GatewayPayment>();
  readonly refunds = new Map<string, GatewayRefund>();
  readonly disputes = new Map<string, GatewayDispute>();
  retrievals = 0;
  isAway = false;

  override retrievePayment(gatewayId: string): Promise<GatewayAnswer<GatewayPayment>> {
    return this.find(this.payments, gatewayId);
  }

  override retrieveRefund(gatewayId: string): Promise<GatewayAnswer<GatewayRefund>> {
    return this.find(this.refunds, gatewayId);
  }

  override retrieveDispute(gatewayId: string): Promise<GatewayAnswer<GatewayDispute>> {
    return this.find(this.disputes, gatewayId);
  }

  override findRefund = (): Promise<GatewayAnswer<never>> => refuse();
  override describeDisputedCharge = (): Promise<GatewayAnswer<never>> => refuse();
  override stageEvidence = (): Promise<GatewayAnswer<never>> => refuse();
  override submitEvidence = (): Promise<GatewayAnswer<never>> => refuse();
  override closeDispute = (): Promise<GatewayAnswer<never>> => refuse();
  override retrieveReview = (): Promise<GatewayAnswer<never>> => refuse();
  override retrieveFraudWarning = (): Promise<GatewayAnswer<never>> => refuse();
  override createPayment = (): Promise<GatewayAnswer<never>> => refuse();
  override preparePayment = (): Promise<GatewayAnswer<never>> => refuse();
  override confirmPayment = (): Promise<GatewayAnswer<never>> => refuse();
  override increasePayment = (): Promise<GatewayAnswer<never>> => refuse();
  override approveReview = (): Promise<GatewayAnswer<never>> => refuse();
  override capturePayment = (): Promise<GatewayAnswer<never>> => refuse();
  override cancelPayment = (): Promise<GatewayAnswer<never>> => refuse();
  override refundPayment = (): Promise<GatewayAnswer<never>> => refuse();
  override findPayment = (): Promise<GatewayAnswer<never>> => refuse();

  private find<T>(objects: ReadonlyMap<string, T>, id: string): Promise<GatewayAnswer<T>> {
    this.retrievals++;
    const call = { httpStatus: this.isAway ? null : 200, requestId: null, durationMs: 1 };
    if (this.isAway) return Promise.resolve({ outcome: 'unknown', call });
    const object = objects.get(id);
    if (object !== undefined) return Promise.resolve({ outcome: 'succeeded', object, call });
    return Promise.resolve({ outcome: 'failed', code: 'resource_missing', message: 'No such object', object: null, call });
  }
}

function refuse(): Promise<never> {
  return Promise.reject(new Error('a webhook never moves money'));
}

/** A running application and its edges. */
export interface WebhookApp {
  readonly app: NestFastifyApplication;
  readonly database: Database;
  readonly ledger: EffectLedger;
  readonly gateway: KnownObjects;
  readonly url: string;
  /** Posts an event with a good signature, or with the headers given. */
  post(body: Buffer | JsonEvent, options?: { secret?: string; atSeconds?: number; headers?: Record<string, string> }): Promise<Response>;
  close(): Promise<void>;
}

/** Starts the application on a database; events are stored and processed only when a test says so. */
export async function startWebhookApp(
  databaseUrl: string,
  { environment = {}, effects = 'ledger' }: { environment?: Record<string, string>; effects?: 'ledger' | 'payments' } = {},
): Promise<WebhookApp> {
  const config = new AppConfig({
    NODE_ENV: 'test',
    LOG_LEVEL: 'warn',
    DATABASE_URL: databaseUrl,
    DATABASE_ACQUIRE_TIMEOUT_MS: '20000',
    STRIPE_SECRET_KEY: 'sk_test_webhooks',
    STRIPE_WEBHOOK_SECRET: `${OLD_WEBHOOK_SECRET},${WEBHOOK_SECRET}`,
    API_KEY_PEPPER: 'pepper-of-the-webhook-tests-0123456789',
    ENCRYPTION_KEY: 'key-of-the-webhook-tests-0123456789012',
    WEBHOOK_PROCESS_IN_API: 'false',
    PORT: '0',
    ...environment,
  });
  const ledger = new EffectLedger();
  const gateway = new KnownObjects();

  @Module({ imports: [ConfigurationModule.forRoot(config), ClockModule, DatabaseModule, StripeModule, WebhooksModule] })
  class WebhookAppModule {}

  const builder = Test.createTestingModule({ imports: [WebhookAppModule] })
    .overrideProvider(PaymentGateway)
    .useValue(gateway);
  if (effects === 'ledger') builder.overrideProvider(EventApplier).useValue(ledger);
  const testing = await builder.compile();
  const app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  await registerWebhookIntake(app);
  await app.listen(0, '127.0.0.1');
  const url = `${await app.getUrl()}/api/webhooks/stripe`;
  const database = app.get(Database);
  // Tables are the owner's to make; the application's own role may only fill them.
  await asOwner(database, 'create table if not exists webhook_test_effects (event_id text primary key, object_id text, snapshot jsonb)');
  return {
    app,
    database,
    ledger,
    gateway,
    url,
    post: (body, options = {}) => {
      const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
      const atSeconds = options.atSeconds ?? Math.floor(Date.now() / 1_000);
      const headers = options.headers ?? { 'stripe-signature': sign(bytes, options.secret ?? WEBHOOK_SECRET, atSeconds) };
      return fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: new Uint8Array(bytes) });
    },
    close: () => app.close(),
  };
}

/** The fixture of a handled type. */
export function fixture(type: string): JsonEvent {
  return JSON.parse(readFileSync(path.join(FIXTURES, `${type}.json`), 'utf8')) as JsonEvent;
}

/** Where the fixtures lie, from dist as from the source. */
export const FIXTURES = path.resolve(
  import.meta.dirname,
  import.meta.dirname.includes('/dist/') ? '../../../test/fixtures/stripe-events' : '../fixtures/stripe-events',
);

/** A `payment_intent.succeeded` of an own payment. */
export function succeeded(id: string, intentId: string): JsonEvent {
  const event = fixture('payment_intent.succeeded');
  return { ...event, id, data: { object: { ...event.data.object, id: intentId } } };
}

/** An intent as Stripe's API would return it. */
export function gatewayPayment(fields: Partial<GatewayPayment> = {}): GatewayPayment {
  return {
    gatewayId: 'pi_1',
    chargeId: null,
    status: 'succeeded',
    currency: currencyCode('usd'),
    amountMinor: 1_250,
    amountCapturableMinor: 0,
    amountReceivedMinor: 1_250,
    captureBefore: null,
    nextAction: null,
    lastError: null,
    livemode: false,
    merchantId: 'mer_1',
    paymentId: 'pay_1',
    ...fields,
  };
}
