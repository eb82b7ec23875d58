/** Stripe's own command line as a referee: what it triggers works here, and what happens here it hears. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Stripe from 'stripe';
import { startStripeSandbox, type RunningSandbox } from '../../apps/stripe-sandbox/src/server.js';
import { violationsOfEvent } from './support/answer-schema.js';
import { sdk, TEST_KEY, WebhookReceiver } from './support/sandbox.js';
import { CLI, referee } from './support/stripe-cli.js';
import { COVERED_TRIGGERS } from './support/triggers.js';

const SECRET = 'whsec_of_the_command_line_tests';

let home: string;
let receiver: WebhookReceiver;
let running: RunningSandbox;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'stripe-cli-'));
  receiver = await WebhookReceiver.start();
  running = await startStripeSandbox({ webhooks: [{ url: receiver.url, secret: SECRET }] });
});

afterAll(async () => {
  await running.close();
  await receiver.close();
  rmSync(home, { recursive: true });
});

function cli(...parameters: string[]): ChildProcess {
  return spawn(CLI, [...parameters, '--api-key', TEST_KEY, '--api-base', running.url], {
    env: { PATH: process.env.PATH, HOME: home, STRIPE_CLI_TELEMETRY_OPTOUT: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** The exit code and everything said. */
function finished(child: ChildProcess): Promise<{ code: number | null; output: string }> {
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => {
    child.on('close', (code) => {
      resolve({ code, output });
    });
  });
}

/** Resolves when the child has said `text`. */
function said(child: ChildProcess, text: string): Promise<string> {
  let output = '';
  return new Promise((resolve) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes(text)) resolve(output);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
  });
}

referee('stripe trigger', () => {
  it.each(COVERED_TRIGGERS.map((trigger) => [trigger]))('%s ends well, and its event arrives signed and in shape', async (trigger) => {
    const type = trigger.replace(/^subscription\.payment_(\w+)$/, 'invoice.payment_$1');
    const before = receiver.received.length;

    const { code, output } = await finished(cli('trigger', trigger));
    // Bank debits and trials go on for a while; their time is moved, not waited for.
    running.sandbox.clock.advance(10_000);
    await receiver.until(() => receiver.types.slice(before).includes(type));

    expect([code, output]).toEqual([0, expect.stringContaining('Trigger succeeded')]);
    for (const { body, headers } of receiver.received.slice(before)) {
      const event = new Stripe(TEST_KEY).webhooks.constructEvent(body, headers['stripe-signature'] ?? '', SECRET);
      expect(violationsOfEvent(JSON.parse(body) as { type: string })).toEqual([]);
      expect(event.object).toBe('event');
    }
  });
});

referee('stripe listen', () => {
  it('forwards what happens, signed with the secret it prints', async () => {
    const target = await WebhookReceiver.start();
    const child = cli('listen', '--all-snapshot', '--skip-update', '--forward-to', target.url);
    const greeting = await said(child, 'Ready!');
    const secret = /whsec_\w+/.exec(greeting)?.[0] ?? '';

    await sdk(running.port).customers.create({ name: 'Ada' });
    await target.until(() => target.types.includes('customer.created'));
    child.kill();
    await target.close();

    const [webhook] = target.received;
    const event = new Stripe(TEST_KEY).webhooks.constructEvent(webhook?.body ?? '', webhook?.headers['stripe-signature'] ?? '', secret);
    expect(event.type).toBe('customer.created');
  });
});

referee('stripe events resend', () => {
  it('sends an event again', async () => {
    const { id } = await sdk(running.port).customers.create({ name: 'Ada' });
    const created = () => receiver.received.filter(({ body }) => body.includes(id) && body.includes('customer.created'));
    await receiver.until(() => created().length === 1);
    const event = JSON.parse(created()[0]?.body ?? '') as { id: string };
    const [endpoint] = running.sandbox.platform.webhookEndpoints.all();

    const { code } = await finished(cli('events', 'resend', event.id, '--webhook-endpoint', endpoint?.id ?? ''));
    await receiver.until(() => created().length === 2);

    expect(code).toBe(0);
  });
});
