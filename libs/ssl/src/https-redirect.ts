import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { assertNever, newId } from '#kernel';
import { AppConfig, problemOf } from '#platform';
import { AcmeChallengesRepository } from './acme-challenges.repository.js';
import { CertificateService, describe } from './certificate.service.js';
import { decidePlainHttp, type PlainHttpDecision } from './domain/plain-http-policy.js';
import { HttpsRequiredError } from './ssl.errors.js';

/** A request has no body worth waiting for: its head must be here by then. */
const HEAD_TIMEOUT_MS = 5_000;
const CONNECTIONS_AT_ONCE = 1_000;
/** Anybody may ask for tokens: one question to the database at a time, so that a flood of them never crowds out payments. */
const LOOKUPS_WAITING = 200;

/** The listener without TLS: it answers the certificate authority, sends pages to HTTPS and refuses everything else. */
@Injectable()
export class HttpsRedirect implements OnApplicationShutdown {
  private readonly logger = new Logger(HttpsRedirect.name);
  private server: Server | null = null;
  private lookupsWaiting = 0;
  private lastLookup: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly config: AppConfig,
    private readonly certificates: CertificateService,
    private readonly challenges: AcmeChallengesRepository,
  ) {}

  /**
   * Listens on `TLS_PLAIN_HTTP_PORT`, unless TLS or this listener is off.
   *
   * @returns The port, or null when there is no such listener.
   * @throws Error when the port is taken or needs a privilege the process lacks.
   */
  async start(host: string): Promise<number | null> {
    const { mode, plainHttp, plainHttpPort } = this.config.tls;
    if (mode === 'off' || !plainHttp) return null;
    const server = createServer({ headersTimeout: HEAD_TIMEOUT_MS, requestTimeout: HEAD_TIMEOUT_MS }, (request, response) => {
      void this.answer(request, response);
    });
    server.maxConnections = CONNECTIONS_AT_ONCE;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(plainHttpPort, host, resolve);
    });
    this.server = server;
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : null;
  }

  async onApplicationShutdown(): Promise<void> {
    const { server } = this;
    if (server === null) return;
    this.server = null;
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeIdleConnections();
    });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // One request each: what may follow on the connection could be a key sent in the clear.
    response.setHeader('connection', 'close');
    const decision = decidePlainHttp(
      {
        method: request.method ?? '',
        url: request.url ?? '',
        host: request.headers.host,
        accept: request.headers.accept,
        hasCredentials: request.headers.authorization !== undefined,
      },
      { names: this.pageNames(), port: this.config.tls.publicPort },
    );
    try {
      await this.carryOut(decision, response);
    } catch (error) {
      this.logger.error({ event: 'acme_challenge_failed', error: describe(error) });
      sendText(response, 503, '');
    }
  }

  private async carryOut(decision: PlainHttpDecision, response: ServerResponse): Promise<void> {
    switch (decision.kind) {
      case 'redirect':
        // 308 keeps the method, and unlike 301 it was never rewritten by old clients.
        response.writeHead(308, { location: decision.location, 'cache-control': 'no-store' }).end();
        return;
      case 'refuse': {
        const problem = problemOf(new HttpsRequiredError(), newId('request'));
        response.writeHead(problem.status, { 'content-type': 'application/problem+json; charset=utf-8', 'cache-control': 'no-store' });
        response.end(JSON.stringify(problem));
        return;
      }
      case 'acme_challenge':
        await this.answerChallenge(decision.token, response);
        return;
      default:
        assertNever(decision, 'decision on a plain request');
    }
  }

  private async answerChallenge(token: string, response: ServerResponse): Promise<void> {
    if (this.lookupsWaiting >= LOOKUPS_WAITING) {
      sendText(response, 503, '');
      return;
    }
    this.lookupsWaiting++;
    const lookup = this.lastLookup.then(async () => this.challenges.findKeyAuthorization(token));
    this.lastLookup = lookup.catch(() => null);
    try {
      const keyAuthorization = await lookup;
      sendText(response, keyAuthorization === null ? 404 : 200, keyAuthorization ?? '');
    } finally {
      this.lookupsWaiting--;
    }
  }

  private pageNames(): readonly string[] {
    const { names } = this.config.tls;
    return names.length > 0 ? names : (this.certificates.status()?.names ?? []);
  }
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }).end(text);
}
