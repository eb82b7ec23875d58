/** What no request may do, whoever sends it: come over plain HTTP, come when there is no room, carry a card number. */
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DomainError, holdsCardNumber } from '#kernel';
import { AppConfig } from '#platform';
import { isShed, requestClassOf } from './domain/overload.js';
import { LoadMonitor } from './load-monitor.js';
import { shedRequestsTotal } from './metrics.js';
import { SecurityIncidents } from './security-incidents.js';

/** The request crossed the network in the clear: its secrets count as leaked, and it is not redirected to leak them twice. */
export class HttpsRequiredError extends DomainError {
  constructor() {
    super('forbidden', 'https_required', 'Use HTTPS, and replace the credential that was just sent in the clear.');
  }
}

/** The process has more to do than it can. */
export class OverloadedError extends DomainError {
  constructor() {
    super('unavailable', 'overloaded', 'The service is overloaded; nothing was done.', { retryAfterSeconds: 2, advice: 'retry' });
  }
}

/** The request holds a card number. This product never sees card numbers: Stripe's form takes them. */
export class CardNumberRefusedError extends DomainError {
  /** @param param - Where it stood; the number itself is repeated nowhere. */
  constructor(param: string) {
    super('invalid', 'card_number_refused', 'Never send card numbers here; collect them with Stripe.js and send the payment method’s id.', {
      param,
      advice: 'do_not_retry',
    });
  }
}

/** The path or query holds characters that no id and no filter has, and that PostgreSQL takes in no text. */
export class UrlMalformedError extends DomainError {
  constructor() {
    super('invalid', 'request_malformed', 'The path or query holds control characters.');
  }
}

// Bodies nest at most 16 levels and hold at most 64 KiB, so the walk is bounded by them.
const MAX_PATH_LENGTH = 200;

/** The first gate of every route. */
@Injectable()
export class EdgeGuard implements CanActivate {
  constructor(
    private readonly config: AppConfig,
    private readonly load: LoadMonitor,
    private readonly incidents: SecurityIncidents,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const route = request.routeOptions.url ?? '';
    const requestClass = requestClassOf(request.method, route);
    if (requestClass !== null && cameInTheClear(request)) throw new HttpsRequiredError();
    if (requestClass !== null && isShed(requestClass, this.load.current(), this.config.overload)) {
      shedRequestsTotal.inc({ class: requestClass });
      throw new OverloadedError();
    }
    if (holdsControlCharacters(request.params) || holdsControlCharacters(request.query)) throw new UrlMalformedError();
    const place = placeOfCardNumber(request);
    if (place !== null) {
      this.incidents.report({
        type: 'card_number_sent',
        severity: 'high',
        subject: `${request.method} ${route}`,
        ip: request.ip,
        details: { place },
      });
      throw new CardNumberRefusedError(place);
    }
    return true;
  }
}

function holdsControlCharacters(values: unknown): boolean {
  return Object.entries((values ?? {}) as Record<string, unknown>).some((pair) => /\p{Cc}/u.test(pair.join('')));
}

/** A proxy that we trust says that its client spoke plain HTTP. Without a proxy, the listener itself decides what it speaks. */
function cameInTheClear({ headers, protocol }: FastifyRequest): boolean {
  return headers['x-forwarded-proto'] !== undefined && protocol === 'http' && headers['x-forwarded-proto'] === 'http';
}

function placeOfCardNumber({ body, query, params, headers }: FastifyRequest): string | null {
  return (
    placeIn(body, 'body') ??
    placeIn(query, 'query') ??
    placeIn(params, 'path') ??
    placeIn(headers['idempotency-key'], 'Idempotency-Key') ??
    placeIn(headers['x-request-id'], 'X-Request-Id')
  );
}

function placeIn(value: unknown, path: string): string | null {
  if (typeof value === 'string') return holdsCardNumber(value) ? path.slice(0, MAX_PATH_LENGTH) : null;
  // A fraction is a coordinate, not a card.
  if (typeof value === 'number') return Number.isInteger(value) && holdsCardNumber(String(value)) ? path.slice(0, MAX_PATH_LENGTH) : null;
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, member] of Object.entries(value)) {
    if (holdsCardNumber(key)) return path.slice(0, MAX_PATH_LENGTH);
    const place = placeIn(member, path === 'body' ? key : `${path}.${key}`);
    if (place !== null) return place;
  }
  return null;
}
