/**
 * Requests to addresses that somebody else chose: merchants' webhook endpoints, a scoring service.
 *
 * The address that is checked is the address that is connected to, for the check sits in the socket's own name lookup: a name that answers
 * differently the second time gains nothing. Redirects are not followed: they would be a second address.
 */
import { lookup, type LookupAddress, type LookupOptions } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import { isIP, type BlockList } from 'node:net';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Clock, DomainError } from '#kernel';
import { AppConfig } from '#platform';
import { addressList, isPublicAddress, listHolds } from './public-address.js';
import { SecurityIncidents } from './security-incidents.js';

/** What is sent. */
export interface OutboundRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Milliseconds for everything: name lookup, connection, answer. */
  readonly timeoutMs: number;
  /** Bytes of the answer that are kept; the rest is not read. */
  readonly maxResponseBytes: number;
}

/** What came of it. `body` is the start of the answer, at most `maxResponseBytes`. */
export type OutboundAnswer =
  | {
      readonly outcome: 'answered';
      readonly status: number;
      readonly headers: http.IncomingHttpHeaders;
      readonly body: string;
      readonly durationMs: number;
    }
  | {
      readonly outcome: 'failed';
      readonly reason: 'timeout' | 'connection_failed' | 'tls_failed' | 'name_not_found';
      readonly durationMs: number;
    };

/** The URL leads, or would lead, where this server must not go. */
export class OutboundAddressRefusedError extends DomainError {
  constructor(reason: string) {
    super('invalid', 'outbound_address_refused', reason, { param: 'url' });
  }
}

// Sockets to one receiver at most: a slow one must not take all of them.
const MAX_SOCKETS_PER_HOST = 10;
const MAX_SOCKETS = 200;
const MAX_URL_LENGTH = 2_048;

/** Sends requests to the public internet, and to the networks that OUTBOUND_ALLOWED_CIDRS names. */
@Injectable()
export class OutboundHttp implements OnApplicationShutdown {
  private readonly allowed: BlockList;
  private readonly agents = {
    http: new http.Agent({ keepAlive: true, maxSockets: MAX_SOCKETS_PER_HOST, maxTotalSockets: MAX_SOCKETS }),
    https: new https.Agent({ keepAlive: true, maxSockets: MAX_SOCKETS_PER_HOST, maxTotalSockets: MAX_SOCKETS }),
  };

  constructor(
    private readonly config: AppConfig,
    private readonly clock: Clock,
    private readonly incidents: SecurityIncidents,
  ) {
    this.allowed = addressList(config.security.outboundAllowedCidrs);
  }

  /**
   * Refuses a URL whose text alone shows that it will never be called, for the moment when somebody enters it.
   *
   * @throws OutboundAddressRefusedError for other schemes than https (http only in test mode), credentials in the URL, non-public addresses.
   */
  check(text: string): URL {
    const url = URL.canParse(text) && text.length <= MAX_URL_LENGTH ? new URL(text) : null;
    if (url === null) throw new OutboundAddressRefusedError('This is not a URL.');
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && !this.config.isLive)) {
      throw new OutboundAddressRefusedError('The URL must begin with https://.');
    }
    if (url.username !== '' || url.password !== '') throw new OutboundAddressRefusedError('The URL must not hold a password.');
    const host = hostOf(url);
    if (isIP(host) !== 0 && !this.isAllowed(host)) throw new OutboundAddressRefusedError('The address is not on the public internet.');
    return url;
  }

  /**
   * Sends one request and reads one answer; 3xx is an answer like any other.
   *
   * @throws OutboundAddressRefusedError as {@link check}, and when the name leads to a non-public address; that is also an incident.
   */
  async send(request: OutboundRequest): Promise<OutboundAnswer> {
    const startedAt = this.clock.monotonicMs();
    try {
      const url = this.check(request.url);
      const answer = await this.exchange(url, request);
      return { outcome: 'answered', ...answer, durationMs: this.clock.monotonicMs() - startedAt };
    } catch (error) {
      if (error instanceof OutboundAddressRefusedError) {
        const subject = URL.canParse(request.url) ? new URL(request.url).hostname : 'malformed_url';
        this.incidents.report({ type: 'outbound_address_refused', severity: 'medium', subject });
        throw error;
      }
      return { outcome: 'failed', reason: failureOf(error), durationMs: this.clock.monotonicMs() - startedAt };
    }
  }

  onApplicationShutdown(): void {
    this.agents.http.destroy();
    this.agents.https.destroy();
  }

  private exchange(url: URL, request: OutboundRequest): Promise<{ status: number; headers: http.IncomingHttpHeaders; body: string }> {
    const isTls = url.protocol === 'https:';
    const options: https.RequestOptions = {
      method: request.method,
      headers: { ...request.headers, 'content-length': String(Buffer.byteLength(request.body ?? '')) },
      agent: isTls ? this.agents.https : this.agents.http,
      signal: AbortSignal.timeout(request.timeoutMs),
      lookup: this.publicLookup,
    };
    return new Promise((resolve, reject) => {
      const sending = (isTls ? https : http).request(url, options, (response) => {
        readStart(response, request.maxResponseBytes).then((body) => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
        }, reject);
      });
      sending.once('error', reject);
      sending.end(request.body);
    });
  }

  /** dns.lookup, except that a name with any non-public address leads nowhere. */
  private readonly publicLookup = (
    host: string,
    options: LookupOptions,
    callback: (error: Error | null, address: string | LookupAddress[], family?: number) => void,
  ): void => {
    lookup(host, { ...options, all: true }, (error, addresses) => {
      const [first] = (addresses as LookupAddress[] | undefined) ?? [];
      if (error !== null) callback(error, []);
      else if (first === undefined || !addresses.every(({ address }) => this.isAllowed(address))) {
        callback(new OutboundAddressRefusedError('The name leads to an address that is not on the public internet.'), []);
      } else if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };

  private isAllowed(address: string): boolean {
    return isPublicAddress(address) || listHolds(this.allowed, address);
  }
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

async function readStart(response: http.IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    // Leaving the loop closes the socket: an endless answer ends here.
    if (length >= maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8');
}

function failureOf(error: unknown): 'timeout' | 'connection_failed' | 'tls_failed' | 'name_not_found' {
  const { name, code = '' } = error as NodeJS.ErrnoException;
  if (name === 'TimeoutError' || name === 'AbortError') return 'timeout';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'name_not_found';
  return /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO)/.test(code) ? 'tls_failed' : 'connection_failed';
}
