/**
 * What a payment costs at least: one handler that inserts a row, creates and confirms the intent with Stripe's SDK, and updates the row; and a
 * webhook handler that verifies and updates. No limits, no fraud rules, no history, no recovery: the baseline of `npm run bench:payments`.
 *
 * With `NAIVE_HOLDS_TRANSACTION=true` a transaction spans the calls to Stripe, as is common.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import pg from 'pg';
import Stripe from 'stripe';

const HOLDS_TRANSACTION = process.env['NAIVE_HOLDS_TRANSACTION'] === 'true';
const base = new URL(process.env['STRIPE_API_BASE'] ?? '');
const secret = process.env['STRIPE_WEBHOOK_SECRET'] ?? '';
const stripe = new Stripe(process.env['STRIPE_SECRET_KEY'] ?? '', {
  protocol: 'http',
  host: base.hostname,
  port: base.port,
  telemetry: false,
});
const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'] ?? '', max: 10 });
await pool.query(
  `create table if not exists naive_payments (id text primary key, amount bigint not null, currency text not null, status text not null,
     intent text, created_at timestamptz not null default now())`,
);

const server = createServer((request, response) => {
  void handle(request).then(
    ({ status, body }) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
});
server.listen(0, '127.0.0.1', () => {
  console.log(`listening on ${String((server.address() as { port: number }).port)}`);
});

async function handle(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const raw = Buffer.concat(chunks);
  if (request.url === '/webhook') {
    const event = stripe.webhooks.constructEvent(raw, request.headers['stripe-signature'] ?? '', secret);
    if (event.type === 'payment_intent.succeeded')
      await pool.query('update naive_payments set status = $2 where intent = $1', [event.data.object.id, event.data.object.status]);
    return { status: 200, body: {} };
  }
  return { status: 201, body: await pay(JSON.parse(raw.toString()) as { amount: number; currency: string; paymentMethod: string }) };
}

async function pay(wish: { amount: number; currency: string; paymentMethod: string }): Promise<unknown> {
  const id = randomUUID();
  const client = HOLDS_TRANSACTION ? await pool.connect() : null;
  const database = client ?? pool;
  try {
    if (client) await client.query('begin');
    await database.query('insert into naive_payments (id, amount, currency, status) values ($1, $2, $3, $4)', [
      id,
      wish.amount,
      wish.currency,
      'processing',
    ]);
    const created = await stripe.paymentIntents.create(
      {
        amount: wish.amount,
        currency: wish.currency,
        payment_method: wish.paymentMethod,
        automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
      },
      { idempotencyKey: `create-${id}` },
    );
    const confirmed = await stripe.paymentIntents.confirm(created.id, {}, { idempotencyKey: `confirm-${id}` });
    await database.query('update naive_payments set status = $2, intent = $3 where id = $1', [id, confirmed.status, confirmed.id]);
    if (client) await client.query('commit');
    return { id, status: confirmed.status, requestIds: [created.lastResponse.requestId, confirmed.lastResponse.requestId] };
  } finally {
    client?.release();
  }
}
