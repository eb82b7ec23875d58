/** The sandbox as a program: its state file survives kill -9, its seed repeats itself, and it stops when told. */
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Stripe from 'stripe';
import { startStripeSandbox } from '../../apps/stripe-sandbox/src/server.js';
import { control, sdk, WebhookReceiver } from './support/sandbox.js';

let folder: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sandbox-'));
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

interface Started {
  readonly child: ChildProcess;
  readonly url: string;
  readonly stripe: Stripe;
}

/** Starts the program and waits for the line that says it is ready. */
async function start(...options: string[]): Promise<Started> {
  const child = spawn(process.execPath, ['dist/apps/stripe-sandbox/src/main.js', '--port', '0', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const line = await new Promise<string>((resolve) =>
    child.stdout.once('data', (chunk: Buffer) => {
      resolve(chunk.toString());
    }),
  );
  const url = /http:\S+/.exec(line)?.[0] ?? '';
  return { child, url, stripe: sdk(Number(new URL(url).port)) };
}

function exit(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  return new Promise((resolve) => {
    child.once('exit', resolve);
    child.kill(signal);
  });
}

const PAYMENT: Stripe.PaymentIntentCreateParams = {
  amount: 1_099,
  currency: 'usd',
  payment_method: 'pm_card_visa',
  confirm: true,
  automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
};

describe('the program', () => {
  it('stops at a signal though a request hangs', async () => {
    const { child, url, stripe } = await start();
    await control(url, 'faults', { fault: 'hang' });
    const hanging = stripe.customers.create({}).catch(() => 'cut off');
    await stripe.customers.list();

    const code = await exit(child, 'SIGTERM');

    expect(code).toBe(0);
    expect(await hanging).toBe('cut off');
  });

  it('loses no answered write to kill -9', async () => {
    const state = join(folder, 'state.jsonl');
    const first = await start('--state', state);
    const answered: string[] = [];
    const paying = Array.from({ length: 4 }, async (_, worker) => {
      for (let index = 0; ; index += 1) {
        const { id } = await first.stripe.paymentIntents.create(PAYMENT, { idempotencyKey: `${String(worker)}-${String(index)}` });
        answered.push(id);
        if (answered.length === 60) first.child.kill('SIGKILL');
      }
    });
    await Promise.allSettled(paying);

    const second = await start('--state', state);
    const { charges } = await control<{ charges: { payment_intent: string }[] }>(second.url, 'ledger');
    const again = await second.stripe.paymentIntents.create(PAYMENT, { idempotencyKey: '0-0' });

    expect(answered.length).toBeGreaterThanOrEqual(60);
    expect(charges.map((charge) => charge.payment_intent)).toEqual(expect.arrayContaining(answered));
    expect(new Set(charges.map((charge) => charge.payment_intent)).size).toBe(charges.length);
    expect(answered).toContain(again.id);
  });

  it('leaves out a line that a kill cut off', async () => {
    const state = join(folder, 'state.jsonl');
    const first = await start('--state', state);
    const { id } = await first.stripe.customers.create({ name: 'Ada' });
    await exit(first.child, 'SIGKILL');
    appendFileSync(state, readFileSync(state, 'utf8').slice(0, 100));

    const second = await start('--state', state);

    expect((await second.stripe.customers.retrieve(id)) as Stripe.Customer).toMatchObject({ name: 'Ada' });
  });

  it('goes on with deliveries and everything else that waited', async () => {
    const state = join(folder, 'state.jsonl');
    const receiver = await WebhookReceiver.start();
    receiver.status = 500;
    const options = ['--state', state, '--webhook', receiver.url, '--webhook-secret', 'whsec_x'];
    const first = await start(...options);
    const { id } = await first.stripe.paymentIntents.create({ ...PAYMENT, capture_method: 'manual' });
    await receiver.until(() => receiver.received.length > 0);
    await exit(first.child, 'SIGKILL');
    receiver.received.length = 0;
    receiver.status = 200;

    const second = await start(...options);
    await receiver.until(() => ['payment_intent.created', 'charge.succeeded'].every((type) => receiver.types.includes(type)));
    await control(second.url, 'clock', { advance_seconds: 8 * 86_400 });
    await receiver.until(() => receiver.types.includes('payment_intent.canceled'));
    await receiver.close();

    expect((await second.stripe.paymentIntents.retrieve(id)).status).toBe('canceled');
  });

  it('says what is wrong with an option and does not start', async () => {
    const child = spawn(process.execPath, ['dist/apps/stripe-sandbox/src/main.js', '--latency', 'slow'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));

    const code = await new Promise((resolve) => child.once('close', resolve));

    expect(code).toBe(1);
    expect(said).toContain('--latency');
  });
});

describe('a seed', () => {
  it('gives the same ids for the same requests', async () => {
    const ids: string[][] = [];
    for (const seed of [5, 5, 6]) {
      const running = await startStripeSandbox({ seed });
      const stripe = sdk(running.port);
      const intent = await stripe.paymentIntents.create(PAYMENT);
      const refund = await stripe.refunds.create({ payment_intent: intent.id });
      ids.push([intent.id, refund.id]);
      await running.close();
    }

    expect(ids[0]).toEqual(ids[1]);
    expect(ids[0]).not.toEqual(ids[2]);
  });
});
