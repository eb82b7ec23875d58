/** A sandbox for one test file, the official SDK as its client, and a receiver for its webhooks. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import Stripe from 'stripe';
import { type RunningSandbox, type SandboxOptions, startStripeSandbox } from '../../../apps/stripe-sandbox/src/server.js';
import { violationsOf } from './answer-schema.js';

/** Any key of the right shape is accepted. */
export const TEST_KEY = 'sk_test_sandbox0000000000';

/** The official SDK, pointed at a sandbox; without retries, so that each test sees each answer. */
export function sdk(port: number, options: Partial<Stripe.StripeConfig> = {}): Stripe {
  const stripe = new Stripe(TEST_KEY, { host: '127.0.0.1', port, protocol: 'http', telemetry: false, maxNetworkRetries: 0, ...options });
  return stripe;
}

/**
 * A running sandbox with its client. Every answer that the client gets is held against the SDK's types; `close` rejects when one was not as
 * they say, and so fails the test file.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<RunningSandbox & { stripe: Stripe }> {
  const running = await startStripeSandbox(options);
  const violations = new Set<string>();
  const close = async () => {
    await running.close();
    if (violations.size > 0) throw new Error([...violations].join('\n'));
  };
  return { ...running, close, stripe: sdk(running.port, { httpClient: judgedClient(violations) }) };
}

/** Node's own client, which also holds each answer against the schema. */
function judgedClient(violations: Set<string>): Stripe.HttpClient {
  const client = Stripe.createNodeHttpClient();
  const makeRequest = client.makeRequest.bind(client);
  client.makeRequest = async (...request) => {
    const response = await makeRequest(...request);
    const toJSON = response.toJSON.bind(response);
    response.toJSON = async () => {
      const answer: unknown = await toJSON();
      for (const violation of violationsOf(answer)) violations.add(violation);
      return answer;
    };
    return response;
  };
  return client;
}

/** One webhook as it arrived. */
export interface ReceivedWebhook {
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

/** An endpoint that keeps what it receives and answers as it is told. */
export class WebhookReceiver {
  readonly received: ReceivedWebhook[] = [];
  /** The status of the next answers. */
  status = 200;
  private waiting: { condition: () => boolean; resolve: () => void }[] = [];

  private constructor(private readonly server: Server) {}

  /** Listens on a free port. */
  static async start(): Promise<WebhookReceiver> {
    const server = createServer();
    const receiver = new WebhookReceiver(server);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        response.writeHead(receiver.status).end();
        receiver.received.push({ body: Buffer.concat(chunks).toString('utf8'), headers: request.headers });
        receiver.waiting = receiver.waiting.filter(({ condition, resolve }) => {
          if (!condition()) return true;
          resolve();
          return false;
        });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  /** Where to post to. */
  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}/webhooks`;
  }

  /** The types received so far, in order of arrival. */
  get types(): string[] {
    return this.received.map(({ body }) => (JSON.parse(body) as { type: string }).type);
  }

  /** Resolves as soon as `condition` holds; the test's own deadline ends a wait in vain. */
  async until(condition: () => boolean): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve) => this.waiting.push({ condition, resolve }));
  }

  /** Stops listening. */
  async close(): Promise<void> {
    await new Promise((resolve) => {
      this.server.close(resolve);
      this.server.closeAllConnections();
    });
  }
}

/** Calls a control route of the sandbox. */
export async function control<T>(url: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`${url}/_sandbox/${path}`, body ? { method: 'POST', body: JSON.stringify(body) } : {});
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(`${path}: ${String(response.status)} ${JSON.stringify(answer)}`);
  return answer as T;
}
