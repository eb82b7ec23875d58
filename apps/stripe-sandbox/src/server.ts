/** The sandbox on a socket. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { Api, type ApiAnswer, type ApiRequest } from './api.js';
import { CliListeners } from './cli-listeners.js';
import { runControl } from './control.js';
import { findRoute } from './routes.js';
import { errorBody, StripeError } from './errors.js';
import { Journal } from './journal.js';
import { createEndpoint } from './resources/webhook-endpoints.js';
import { DEFAULT_SETTINGS, Sandbox, type SandboxSettings } from './sandbox.js';

/** How to start a sandbox; everything has a default. */
export interface SandboxOptions extends Partial<SandboxSettings> {
  /** Address to listen on; loopback unless said otherwise. */
  readonly host?: string;
  /** 0, the default, takes a free port. */
  readonly port?: number;
  /** Journal file; without it the state is in memory only. */
  readonly stateFile?: string;
  /** Webhook endpoints to make at the start. One whose URL is already known keeps its id and takes the secret. */
  readonly webhooks?: readonly { readonly url: string; readonly secret?: string; readonly events?: readonly string[] }[];
}

/** A running sandbox. */
export interface RunningSandbox {
  /** Such as `http://127.0.0.1:12111`. */
  readonly url: string;
  readonly port: number;
  /** The state itself, for tests in the same process. */
  readonly sandbox: Sandbox;
  /** Stops listening, ends connections and closes the journal. */
  readonly close: () => Promise<void>;
}

/** The largest body Stripe takes. */
const MAX_BODY_BYTES = 1 << 20;

/** Starts a sandbox; it answers when the promise resolves. */
export async function startStripeSandbox(options: SandboxOptions = {}): Promise<RunningSandbox> {
  const { host = '127.0.0.1', port = 0, stateFile, webhooks = [], ...settings } = options;
  const sandbox = new Sandbox({ ...DEFAULT_SETTINGS, ...settings });
  const journal = stateFile === undefined ? null : Journal.open(stateFile, sandbox.store);
  const front = new Front(sandbox);
  const listeners = new CliListeners(sandbox);
  const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
    front.receive(request, response);
  });
  listeners.attach(server);
  await listen(server, port, host);
  const { port: actualPort } = server.address() as AddressInfo;
  sandbox.baseUrl = `http://${host.includes(':') ? `[${host}]` : host}:${String(actualPort)}`;
  for (const webhook of webhooks) addWebhook(sandbox, webhook);
  sandbox.store.commit();
  sandbox.clock.start();
  sandbox.delivery.resume();
  return {
    url: sandbox.baseUrl,
    port: actualPort,
    sandbox,
    close: async () => {
      sandbox.clock.stop();
      sandbox.delivery.close();
      listeners.close();
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
      journal?.close();
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function addWebhook(sandbox: Sandbox, { url, secret, events }: { url: string; secret?: string; events?: readonly string[] }): void {
  for (const endpoint of sandbox.platform.webhookEndpoints.all()) {
    if (endpoint.url !== url) continue;
    if (secret !== undefined) endpoint.secrets = [{ value: secret, expiresAtMs: null }];
    sandbox.platform.webhookEndpoints.put(endpoint);
    return;
  }
  createEndpoint(sandbox, sandbox.platform, { url, enabled_events: [...(events ?? ['*'])] }, secret);
}

/** Reads requests and writes answers. */
class Front {
  private readonly api: Api;

  constructor(private readonly sandbox: Sandbox) {
    this.api = new Api(sandbox);
  }

  receive(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === 'GET' || request.method === 'DELETE') {
      request.resume();
      this.answer(request, response, '');
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) chunks.push(chunk);
    });
    request.on('end', () => {
      if (size > MAX_BODY_BYTES)
        writeJson(
          response,
          413,
          errorBody(new StripeError(413, { type: 'invalid_request_error', message: 'Request body too large.' }), '', ''),
        );
      else this.answer(request, response, (chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))?.toString('utf8') ?? '');
    });
  }

  private answer(request: IncomingMessage, response: ServerResponse, body: string): void {
    const { method = 'GET', url = '/', headers } = request;
    const question = url.indexOf('?');
    const path = question < 0 ? url : url.slice(0, question);
    const query = question < 0 ? '' : url.slice(question + 1);
    if (path.startsWith('/_sandbox/')) {
      this.control(response, { method, path, query, body });
      return;
    }
    const form = body === '' ? query : body;
    let apiRequest: ApiRequest;
    try {
      apiRequest = this.toApiRequest({ method, path, form, headers });
    } catch (error) {
      this.refuseControl(response, error);
      return;
    }
    const latencyMs = this.sandbox.latency.drawFor(apiRequest.requestId);
    if (latencyMs === 0 && apiRequest.fault === null) {
      const answer = this.api.run(apiRequest);
      this.api.release(answer, apiRequest);
      write(response, answer);
      return;
    }
    void this.answerLater(apiRequest, response, latencyMs);
  }

  private toApiRequest(parts: Pick<ApiRequest, 'method' | 'path' | 'form' | 'headers'>): ApiRequest {
    const { faults, store } = this.sandbox;
    const requestId = store.newId('req', 14);
    const header = parts.headers['sandbox-fault'];
    if (header === undefined && faults.armed.length === 0) return { ...parts, requestId, fault: null };
    const match = findRoute(parts.method, parts.path);
    const route = match ? `${parts.method} ${match.route.path}` : '';
    return { ...parts, requestId, fault: faults.strike(route, typeof header === 'string' ? header : undefined) };
  }

  /** Half of the time passes on the way there, half on the way back; the idempotency key is in use during the second. */
  private async answerLater(request: ApiRequest, response: ServerResponse, latencyMs: number): Promise<void> {
    const { socket } = response;
    const kind = request.fault?.kind;
    await wait(latencyMs / 2);
    if (kind === 'hang_before') return;
    if (kind === 'reset_before') {
      socket?.resetAndDestroy();
      return;
    }
    const answer = this.api.run(request);
    await wait(latencyMs / 2 + (kind === 'slow' ? (request.fault?.ms ?? 0) : 0));
    this.api.release(answer, request);
    switch (kind) {
      case 'hang':
        return;
      case 'reset':
        socket?.resetAndDestroy();
        return;
      case 'cut':
        response.writeHead(answer.status, { ...answer.headers, 'content-length': String(Buffer.byteLength(answer.body)) });
        response.write(answer.body.slice(0, answer.body.length / 2), () => socket?.resetAndDestroy());
        return;
      case 'malformed':
        write(response, { ...answer, status: 200, body: '<html><body>upstream connect error' });
        return;
      default:
        write(response, answer);
    }
  }

  private control(response: ServerResponse, request: { method: string; path: string; query: string; body: string }): void {
    try {
      const answer = runControl(this.sandbox, this.api, request);
      if ('json' in answer) writeJson(response, 200, answer.json);
      else if ('html' in answer) response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(answer.html);
      else response.writeHead(303, { location: answer.location }).end();
    } catch (error) {
      this.refuseControl(response, error);
    }
  }

  private refuseControl(response: ServerResponse, error: unknown): void {
    const refusal = error instanceof StripeError ? error : new StripeError(500, { type: 'api_error', message: String(error) });
    writeJson(response, refusal.status, errorBody(refusal, this.sandbox.platform.id, ''));
  }
}

function wait(ms: number): Promise<void> {
  return ms > 0 ? new Promise((resolve) => setTimeout(resolve, ms)) : Promise.resolve();
}

function write(response: ServerResponse, { status, body, headers }: ApiAnswer): void {
  headers['content-length'] = String(Buffer.byteLength(body));
  response.writeHead(status, headers).end(body);
}

function writeJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}
