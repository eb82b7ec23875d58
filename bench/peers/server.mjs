// One peer as an HTTP server, named by PEER, as its own documentation sets it up: POST /webhook on PORT, storing in DATABASE_URL.
import { createRequire } from 'node:module';
import 'reflect-metadata';

const { PEER, PORT, DATABASE_URL, STRIPE_WEBHOOK_SECRET: secret } = process.env;
const poolConfig = { connectionString: DATABASE_URL, max: 10 };
const INSERT = 'insert into peer_events (id, payload) values ($1, $2) on conflict do nothing';

const peers = {
  /** What no server of Node can save: read the body, one hash over it, parse it, answer. Nothing is stored. */
  async floor() {
    const { createServer } = await import('node:http');
    const { createHmac, createSecretKey } = await import('node:crypto');
    const key = createSecretKey(secret, 'utf8');
    const server = createServer((request, response) => {
      const chunks = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks);
        const signature = createHmac('sha256', key).update('1795430844.').update(body).digest('hex');
        if (body.length > 0) JSON.parse(body.toString());
        response.writeHead(signature === '' ? 400 : 200, { 'content-type': 'application/json', 'content-length': 17 });
        response.end('{"received":true}');
      });
    });
    await new Promise((resolve) => server.listen(Number(PORT), '127.0.0.1', resolve));
  },

  /** Reads the body and answers: nothing is verified and nothing stored. */
  async fastify() {
    const { fastify } = await import('fastify');
    const app = fastify();
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    app.post('/webhook', (_request, reply) => reply.send({ received: true }));
    await app.listen({ port: Number(PORT), host: '127.0.0.1' });
  },

  /** Stripe's quickstart for Node, with the insert that it leaves to the reader, awaited before the answer. */
  async quickstart() {
    const { default: express } = await import('express');
    const { default: Stripe } = await import('stripe-current');
    const { default: pg } = await import('pg');
    const stripe = new Stripe('sk_test_0123456789');
    const pool = new pg.Pool(poolConfig);
    await pool.query('create table if not exists peer_events (id text primary key, payload jsonb not null)');
    const app = express();
    app.post('/webhook', express.raw({ type: 'application/json' }), async (request, response) => {
      let event;
      try {
        event = stripe.webhooks.constructEvent(request.body, request.headers['stripe-signature'], secret);
      } catch (error) {
        response.status(400).send(`Webhook Error: ${error.message}`);
        return;
      }
      await pool.query(INSERT, [event.id, request.body.toString()]);
      response.json({ received: true });
    });
    await new Promise((resolve) => app.listen(Number(PORT), '127.0.0.1', resolve));
  },

  /** The Nest module for Stripe's webhooks, with an insert as its handler. */
  async golevelup() {
    const { Injectable, Module } = await import('@nestjs/common');
    const { NestFactory } = await import('@nestjs/core');
    const { StripeModule, StripeWebhookHandler } = await import('@golevelup/nestjs-stripe');
    const { default: pg } = await import('pg');
    const pool = new pg.Pool(poolConfig);
    await pool.query('create table if not exists peer_events (id text primary key, payload jsonb not null)');
    class Handler {
      async handle(event) {
        await pool.query(INSERT, [event.id, JSON.stringify(event)]);
      }
    }
    Injectable()(Handler);
    StripeWebhookHandler('payment_intent.succeeded')(
      Handler.prototype,
      'handle',
      Object.getOwnPropertyDescriptor(Handler.prototype, 'handle'),
    );
    class AppModule {}
    Module({
      imports: [
        StripeModule.forRoot({
          apiKey: 'sk_test_0123456789',
          webhookConfig: {
            stripeSecrets: { account: secret, accountTest: secret },
            requestBodyProperty: 'rawBody',
            controllerPrefix: 'webhook',
          },
        }),
      ],
      providers: [Handler],
    })(AppModule);
    const app = await NestFactory.create(AppModule, { rawBody: true, logger: ['error'] });
    await app.listen(Number(PORT), '127.0.0.1');
  },

  async supabase() {
    // Its ESM build looks for its migrations through __dirname, which only the CommonJS build has.
    const { StripeSync, runMigrations } = createRequire(import.meta.url)('@supabase/stripe-sync-engine');
    await runMigrations({ databaseUrl: DATABASE_URL, schema: 'stripe' });
    await serve(
      new StripeSync({ poolConfig, stripeSecretKey: 'sk_test_0123456789', stripeWebhookSecret: secret, backfillRelatedEntities: false }),
    );
  },

  async stripe_sync_engine() {
    const { StripeSync, runMigrations } = await import('@stripe/sync-engine');
    await runMigrations({ databaseUrl: DATABASE_URL, openApiSpecPath: process.env.STRIPE_OPENAPI_SPEC });
    const sync = await StripeSync.create({
      poolConfig,
      stripeSecretKey: 'sk_test_0123456789',
      stripeAccountId: 'acct_bench',
      stripeWebhookSecret: secret,
      backfillRelatedEntities: false,
    });
    await serve(sync.webhook);
  },
};

/** Both engines document a Fastify or Express route with the raw body; Fastify is the faster one. */
async function serve(sync) {
  const { fastify } = await import('fastify');
  const app = fastify();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.post('/webhook', async (request, reply) => {
    await sync.processWebhook(request.body, request.headers['stripe-signature']);
    return reply.send({ received: true });
  });
  await app.listen({ port: Number(PORT), host: '127.0.0.1' });
}

await peers[PEER]();
console.log('listening');
