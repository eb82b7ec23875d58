/** The sandbox as a program. Every option can also be an environment variable: `--webhook-secret` is `STRIPE_SANDBOX_WEBHOOK_SECRET`. */
import { parseArgs } from 'node:util';
import { parseDisorder } from './disorder.js';
import { parseLatency } from './latency.js';
import { startStripeSandbox, type SandboxOptions } from './server.js';

const OPTIONS = ['host', 'port', 'state', 'seed', 'webhook', 'webhook-secret', 'latency', 'disorder'] as const;
type OptionName = (typeof OPTIONS)[number];

const DEFAULT_PORT = 12_111;
/** A stop that takes longer is ended by force. */
const STOP_MS = 1_500;

function readOptions(): SandboxOptions {
  const { values } = parseArgs({ options: Object.fromEntries(OPTIONS.map((name) => [name, { type: 'string' as const }])) });
  const option = (name: OptionName) => {
    const value = values[name];
    return typeof value === 'string' ? value : process.env[`STRIPE_SANDBOX_${name.toUpperCase().replaceAll('-', '_')}`];
  };
  const integer = (name: OptionName, missing: number) => {
    const text = option(name);
    if (text === undefined) return missing;
    if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} is a whole number, not ${text}`);
    return Number(text);
  };
  const stateFile = option('state');
  const host = option('host');
  const webhook = option('webhook');
  const secret = option('webhook-secret');
  const latency = parseLatency(option('latency') ?? 'off');
  if (latency === undefined) throw new Error('--latency is off, a number of milliseconds, or median:99th-percentile');
  return {
    port: integer('port', DEFAULT_PORT),
    seed: integer('seed', 1),
    latency,
    disorder: parseDisorder(option('disorder') ?? ''),
    ...(host === undefined ? {} : { host }),
    ...(stateFile === undefined ? {} : { stateFile }),
    ...(webhook === undefined ? {} : { webhooks: [{ url: webhook, ...(secret === undefined ? {} : { secret }) }] }),
  };
}

try {
  const running = await startStripeSandbox(readOptions());
  const stop = () => {
    setTimeout(() => process.exit(0), STOP_MS).unref();
    void running.close().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  console.log(`Stripe sandbox is listening on ${running.url}`);
} catch (error) {
  console.error(`The Stripe sandbox could not start: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
