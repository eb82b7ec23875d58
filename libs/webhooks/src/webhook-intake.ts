/** `POST /api/webhooks/stripe`, taken from the HTTP server before Fastify and Nest see it. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Clock, DomainError, newId } from '#kernel';
import { AppConfig, problemOf } from '#platform';
import { SecurityIncidents } from '#security';
import { readStripeEnvelope, StripeWebhookVerifier, WebhookSignatureInvalidError } from '#stripe';
import { WebhookQueueFullError } from './group-commit.js';
import { webhookDeliveriesTotal, webhookSignatureFailuresTotal, webhookSignedTotal } from './metrics.js';
import { WebhookInbox } from './webhook-inbox.js';

const ROUTE = '/api/webhooks/stripe';
/** Bytes of one event. Stripe's are some kilobytes, a few hundred at most. */
const BODY_LIMIT_BYTES = 1_048_576;
/** Bytes of all bodies that are arriving: whoever sends slowly, signed or not, takes from this and from nothing else. */
const ARRIVING_LIMIT_BYTES = 67_108_864;
// Text, not bytes: node:http sends it in one piece with the head, and bytes in a second one.
const ACCEPTED = '{"received":true}';
const ACCEPTED_HEADERS = { 'content-type': 'application/json', 'content-length': ACCEPTED.length };

class WebhookTooLargeError extends Error {
  readonly statusCode = 413;
}

/** The database refused the event for a reason of its own; it is not stored, and Stripe sends it again. */
class WebhookNotStoredError extends DomainError {
  constructor(cause: unknown) {
    super('unavailable', 'webhook_not_stored', 'The event could not be stored; send it again.', { retryAfterSeconds: 60, cause });
  }
}

/** Verifies what Stripe posts, hands it to the inbox and answers 200 after the commit, never before. */
@Injectable()
export class WebhookIntake implements BeforeApplicationShutdown {
  private readonly logger = new Logger(WebhookIntake.name);
  private readonly verifier: StripeWebhookVerifier;
  /** The counter of each secret, looked up once. */
  private readonly signed: readonly { inc(): void }[];
  private isClosing = false;
  /** Bytes of bodies that are still arriving: unsigned strangers share one bound, whatever their number. */
  private arrivingBytes = 0;

  constructor(
    private readonly config: AppConfig,
    private readonly clock: Clock,
    private readonly inbox: WebhookInbox,
    private readonly incidents: SecurityIncidents,
  ) {
    const secrets = config.stripe.webhookSecrets;
    this.verifier = new StripeWebhookVerifier(secrets, clock);
    this.signed = secrets.map((_, position) => webhookSignedTotal.labels(String(position)));
  }

  /** Answers stay the same while the server drains, but each one asks its sender to leave. */
  beforeApplicationShutdown(): void {
    this.isClosing = true;
  }

  /** Whether the request is ours. A query string is tolerated: some accounts carry one in the endpoint's address. */
  takes(request: IncomingMessage): boolean {
    const url = request.url ?? '';
    return request.method === 'POST' && url.startsWith(ROUTE) && (url.length === ROUTE.length || url[ROUTE.length] === '?');
  }

  /** Reads, verifies, stores and answers one delivery. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    if (Number(request.headers['content-length'] ?? 0) > BODY_LIMIT_BYTES) {
      this.refuse(request, response, new WebhookTooLargeError());
      return;
    }
    const chunks: Buffer[] = [];
    let length = 0;
    const settle = (): void => {
      this.arrivingBytes -= length;
      chunks.length = 0;
    };
    request.on('data', (chunk: Buffer) => {
      if (response.writableEnded) return;
      length += chunk.length;
      this.arrivingBytes += chunk.length;
      chunks.push(chunk);
      if (length > BODY_LIMIT_BYTES) this.refuse(request, response, new WebhookTooLargeError());
      else if (this.arrivingBytes > ARRIVING_LIMIT_BYTES) this.refuse(request, response, new WebhookQueueFullError());
    });
    request.on('end', () => {
      if (!response.writableEnded) this.accept(request, response, chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
    });
    request.on('close', settle);
    // A sender that goes away mid-body has sent nothing.
    request.on('error', () => undefined);
  }

  private accept(request: IncomingMessage, response: ServerResponse, payload: Buffer): void {
    try {
      const header = request.headers['stripe-signature'];
      this.signed[this.verifier.verify(payload, typeof header === 'string' ? header : undefined)]?.inc();
    } catch (error) {
      this.refuse(request, response, error);
      return;
    }
    const envelope = readStripeEnvelope(payload, this.clock.now(), this.config.isLive);
    if (envelope.livemode !== this.config.isLive) {
      // Stored and ignored; somebody has pointed an endpoint of the other mode here.
      this.incidents.report({ type: 'webhook_mode_mismatch', severity: 'low', subject: envelope.livemode ? 'live' : 'test' });
    }
    this.inbox.store({ envelope, payload, source: 'delivery' }).then(
      () => {
        if (this.isClosing) response.setHeader('connection', 'close');
        response.writeHead(200, ACCEPTED_HEADERS).end(ACCEPTED);
      },
      (error: unknown) => {
        this.refuse(request, response, error instanceof DomainError ? error : new WebhookNotStoredError(error));
      },
    );
  }

  private refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    const requestId = newId('request', this.clock.now().getTime());
    const problem = problemOf(error, requestId);
    this.countRefusal(error, problem.status, request, requestId);
    const isUnread = !request.complete;
    const body = JSON.stringify(problem);
    response.writeHead(problem.status, {
      'content-type': 'application/problem+json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      'x-request-id': requestId,
      ...(problem.status >= 500 ? { 'retry-after': String(error instanceof DomainError ? (error.retryAfterSeconds ?? 5) : 5) } : {}),
      ...(isUnread || this.isClosing ? { connection: 'close' } : {}),
    });
    response.end(body, () => {
      // The rest of a body that nobody will read must not keep the socket.
      if (isUnread) request.socket.destroySoon();
    });
  }

  private countRefusal(error: unknown, status: number, request: IncomingMessage, requestId: string): void {
    if (error instanceof WebhookSignatureInvalidError) {
      webhookDeliveriesTotal.inc({ outcome: 'signature_invalid' });
      webhookSignatureFailuresTotal.inc({ reason: error.reason });
      this.incidents.report({
        type: 'webhook_signature_invalid',
        severity: 'medium',
        subject: error.reason,
        ...(request.socket.remoteAddress === undefined ? {} : { ip: request.socket.remoteAddress }),
      });
    } else if (status === 413) webhookDeliveriesTotal.inc({ outcome: 'too_large' });
    else {
      const isOurs = error instanceof WebhookNotStoredError;
      webhookDeliveriesTotal.inc({ outcome: isOurs ? 'failed' : 'unavailable' });
      if (isOurs) this.logger.error({ event: 'webhook_not_stored', requestId, error: error.cause });
    }
  }
}

/**
 * Puts the intake in front of the application's HTTP server.
 *
 * In front of the router, not in it: a raw route of Fastify in the same application, which runs its hooks and its parsers, took 195 µs of this
 * process for an event where this took 124 in the same run of a busy machine; a Nest controller takes several times that.
 */
export function registerWebhookIntake(app: NestFastifyApplication): Promise<void> {
  const intake = app.get(WebhookIntake);
  const server = app.getHttpServer();
  const others = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (intake.takes(request)) intake.handle(request, response);
    else for (const listener of others) listener(request, response);
  });
  return Promise.resolve();
}
