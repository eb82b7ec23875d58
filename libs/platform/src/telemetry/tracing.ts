/** Traces: what a request waited for. A span belongs to the request in whose course it begins; outside of a traced one nothing is measured. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Clock, SECOND_MS } from '#kernel';
import type { TelemetryConfig } from '../config/telemetry-config.js';
import { attributesOf, type OtlpAttribute, resourceOf, sendOtlp } from './otlp.js';

/** A span in OTLP's form. */
interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  /** 2: server, 3: client. */
  readonly kind: 2 | 3;
  readonly startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: OtlpAttribute[];
  /** 0: unset, 2: error. */
  status: { code: 0 | 2 };
}

interface Active {
  readonly span: Span;
  readonly tracer: Tracer;
}

const FLUSH_AFTER_MS = 5 * SECOND_MS;
const BATCH_SIZE = 512;
// More than this means that the receiver is away: what is newest is then lost.
const MAX_PENDING = 4_096;
const TRACEPARENT = /^00-(?<trace>[0-9a-f]{32})-(?<parent>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})$/;
const NANOSECONDS_PER_MS = 1_000_000n;

const active = new AsyncLocalStorage<Active>();

/** Runs `work` as a span of the request that is being traced, if one is. @param name - From a closed set: a call, never its arguments. */
export async function inSpan<T>(
  name: string,
  attributes: Readonly<Record<string, string | number | boolean>>,
  work: () => Promise<T>,
): Promise<T> {
  const parent = active.getStore();
  if (parent === undefined) return work();
  const { tracer } = parent;
  const span = tracer.begin(name, 3, parent.span.traceId, parent.span.spanId);
  span.attributes = attributesOf(attributes);
  try {
    return await active.run({ span, tracer }, work);
  } catch (error) {
    span.status = { code: 2 };
    throw error;
  } finally {
    tracer.end(span);
  }
}

/** Collects spans and sends them in the background. */
export class Tracer {
  private readonly logger = new Logger('Tracer');
  private readonly timer: NodeJS.Timeout;
  private pending: Span[] = [];

  constructor(
    private readonly config: TelemetryConfig,
    private readonly clock: Clock,
  ) {
    this.timer = setInterval(() => void this.flush(), FLUSH_AFTER_MS).unref();
  }

  /** Makes every request of the server a span, as part of its caller's trace where `traceparent` names one. */
  traceRequests(fastify: FastifyInstance): void {
    const spans = new WeakMap<FastifyRequest, Span>();
    fastify.addHook('onRequest', (request, _reply, done) => {
      const caller = TRACEPARENT.exec(String(request.headers['traceparent'] ?? ''))?.groups;
      if (!this.isSampled(caller?.['flags'])) {
        done();
        return;
      }
      const span = this.begin(request.method, 2, caller?.['trace'] ?? randomBytes(16).toString('hex'), caller?.['parent']);
      spans.set(request, span);
      active.run({ span, tracer: this }, done);
    });
    fastify.addHook('onResponse', (request, reply, done) => {
      const span = spans.get(request);
      if (span !== undefined) {
        const route = request.is404 ? 'none' : (request.routeOptions.url ?? 'none');
        span.attributes = attributesOf({
          'http.request.method': request.method,
          'http.route': route,
          'http.response.status_code': reply.statusCode,
          'upp.request_id': request.id,
        });
        span.status = { code: reply.statusCode >= 500 ? 2 : 0 };
        this.end({ ...span, name: `${request.method} ${route}` });
      }
      done();
    });
    fastify.addHook('onClose', async () => {
      clearInterval(this.timer);
      await this.flush();
    });
  }

  /** Begins a span; what is not ended is never sent. */
  begin(name: string, kind: Span['kind'], traceId: string, parentSpanId?: string): Span {
    const now = this.now();
    const spanId = randomBytes(8).toString('hex');
    const parent = parentSpanId === undefined ? {} : { parentSpanId };
    return { traceId, spanId, ...parent, name, kind, startTimeUnixNano: now, endTimeUnixNano: now, attributes: [], status: { code: 0 } };
  }

  /** Ends a span. */
  end(span: Span): void {
    span.endTimeUnixNano = this.now();
    if (this.pending.length < MAX_PENDING) this.pending.push(span);
    if (this.pending.length === BATCH_SIZE) void this.flush();
  }

  /** Sends what has ended; it never fails. */
  async flush(): Promise<void> {
    const spans = this.pending;
    if (spans.length === 0) return;
    this.pending = [];
    try {
      const scopeSpans = [{ scope: { name: 'upp' }, spans }];
      await sendOtlp(this.config, 'traces', { resourceSpans: [{ resource: resourceOf(this.config), scopeSpans }] });
    } catch (error) {
      this.logger.warn({ event: 'traces_not_sent', spans: spans.length, reason: (error as Error).message });
    }
  }

  private isSampled(flags: string | undefined): boolean {
    if (flags !== undefined) return (Number.parseInt(flags, 16) & 1) === 1;
    return Math.random() * 100 < this.config.tracesSamplePercent;
  }

  private now(): string {
    return String(BigInt(this.clock.now().getTime()) * NANOSECONDS_PER_MS);
  }
}
