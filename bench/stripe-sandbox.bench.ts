/**
 * How fast the sandbox is: create and confirm of a payment intent, two requests a payment, over a real socket.
 *
 * The client is raw sockets with requests made in advance, so that the figure is the server's; the SDK's own figure is given beside it.
 * `SECONDS=5 CONNECTIONS=8 npm run bench:sandbox`
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Stripe from 'stripe';

const SECONDS = Number(process.env.SECONDS ?? 5);
const CONNECTIONS = Number(process.env.CONNECTIONS ?? 8);
const KEY = 'sk_test_benchmark000000000';
const HEAD = `Host: 127.0.0.1\r\nAuthorization: Bearer ${KEY}\r\nContent-Type: application/x-www-form-urlencoded\r\nStripe-Version: 2026-10-28.endive\r\n`;

interface Run {
  readonly pairsPerSecond: number;
  /** Microseconds of the server's CPU for each create-and-confirm pair. */
  readonly cpuMicrosPerPair: number;
  readonly p99Ms: number;
}

async function startServer(...options: string[]): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, ['dist/apps/stripe-sandbox/src/main.js', '--port', '0', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await new Promise<string>((resolve) =>
    child.stdout.once('data', (chunk: Buffer) => {
      resolve(chunk.toString());
    }),
  );
  return { child, port: Number(/:(\d+)\s*$/.exec(line)?.[1]) };
}

async function stopServer(child: ChildProcess): Promise<void> {
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  await exited;
}

/** User and system time of a process so far, in microseconds (Linux counts it in hundredths of a second). */
function cpuMicros(pid: number): number {
  const fields =
    readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
      .split(') ')[1]
      ?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** One connection that asks and waits for the whole answer. */
class Asker {
  private text = '';
  private resolve: (body: string) => void = () => undefined;

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1');
      const headEnd = this.text.indexOf('\r\n\r\n');
      const length = /content-length: (\d+)/i.exec(this.text)?.[1];
      if (headEnd < 0 || length === undefined || this.text.length < headEnd + 4 + Number(length)) return;
      const body = this.text.slice(headEnd + 4);
      this.text = '';
      this.resolve(body);
    });
  }

  static async open(port: number): Promise<Asker> {
    const socket = connect(port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    return new Asker(socket);
  }

  post(path: string, form: string, key: string): Promise<string> {
    return new Promise((resolve) => {
      this.resolve = resolve;
      this.socket.write(`POST ${path} HTTP/1.1\r\n${HEAD}Idempotency-Key: ${key}\r\nContent-Length: ${String(form.length)}\r\n\r\n${form}`);
    });
  }

  close(): void {
    this.socket.destroy();
  }
}

const CREATE =
  'amount=1099&currency=usd&description=Order&metadata[payment_id]=pay_1&automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=never';
const CONFIRM = 'payment_method=pm_card_visa';

async function measure(options: readonly string[]): Promise<Run> {
  const { child, port } = await startServer(...options);
  const askers = await Promise.all(Array.from({ length: CONNECTIONS }, () => Asker.open(port)));
  await pairs(askers, 1_000, []);
  const durationsMs: number[] = [];
  const cpuBefore = cpuMicros(child.pid ?? 0);
  const startedMs = performance.now();
  const count = await pairs(askers, SECONDS * 1_000, durationsMs);
  const elapsedMs = performance.now() - startedMs;
  const cpu = cpuMicros(child.pid ?? 0) - cpuBefore;
  for (const asker of askers) asker.close();
  await stopServer(child);
  durationsMs.sort((a, b) => a - b);
  return {
    pairsPerSecond: Math.round((count * 1_000) / elapsedMs),
    cpuMicrosPerPair: Math.round(cpu / count),
    p99Ms: Math.round((durationsMs[Math.floor(durationsMs.length * 0.99)] ?? 0) * 100) / 100,
  };
}

let nextKey = 0;

async function pairs(askers: readonly Asker[], ms: number, durationsMs: number[]): Promise<number> {
  const endMs = performance.now() + ms;
  let count = 0;
  await Promise.all(
    askers.map(async (asker) => {
      while (performance.now() < endMs) {
        const startedMs = performance.now();
        const key = (nextKey += 2);
        const created = await asker.post('/v1/payment_intents', CREATE, `k${String(key)}`);
        const id = created.slice(7, created.indexOf('"', 7));
        const confirmed = await asker.post(`/v1/payment_intents/${id}/confirm`, CONFIRM, `k${String(key + 1)}`);
        if (!confirmed.includes('"status":"succeeded"')) throw new Error(confirmed.slice(0, 300));
        durationsMs.push(performance.now() - startedMs);
        count += 1;
      }
    }),
  );
  return count;
}

/** The same through the official SDK, whose own work is most of it. */
async function measureSdk(): Promise<number> {
  const { child, port } = await startServer();
  const stripe = new Stripe(KEY, { host: '127.0.0.1', port, protocol: 'http', telemetry: false });
  const endMs = performance.now() + SECONDS * 1_000;
  let count = 0;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (performance.now() < endMs) {
        const { id } = await stripe.paymentIntents.create({
          amount: 1_099,
          currency: 'usd',
          automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
        });
        await stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' });
        count += 1;
      }
    }),
  );
  await stopServer(child);
  return Math.round(count / SECONDS);
}

const folder = mkdtempSync(join(tmpdir(), 'sandbox-bench-'));
const memory = await measure([]);
const journal = await measure(['--state', join(folder, 'state.jsonl')]);
const endpoint = createServer((request, response) => {
  request.resume();
  request.on('end', () => response.end());
});
await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
const webhooks = await measure(['--webhook', `http://127.0.0.1:${String((endpoint.address() as AddressInfo).port)}`]);
endpoint.closeAllConnections();
endpoint.close();
const sdkPairsPerSecond = await measureSdk();
rmSync(folder, { recursive: true });

for (const [name, run] of Object.entries({ 'in memory': memory, 'with state file': journal, 'with webhooks': webhooks })) {
  console.log(
    `${name}: ${String(run.pairsPerSecond)} pairs/s, ${String(run.cpuMicrosPerPair)} µs of CPU a pair, p99 ${String(run.p99Ms)} ms`,
  );
}
console.log(`through the SDK: ${String(sdkPairsPerSecond)} pairs/s`);
const figures = { memory, journal, webhooks, sdkPairsPerSecond, pairsPerCoreSecond: Math.round(1_000_000 / memory.cpuMicrosPerPair) };
const ratios = { journalToMemory: Math.round((journal.pairsPerSecond / memory.pairsPerSecond) * 100) / 100 };
console.log(JSON.stringify({ name: 'stripe-sandbox', figures, ratios }));
