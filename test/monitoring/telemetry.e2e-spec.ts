import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitFor } from '#test';
import { TestSystem } from '../support/test-system.js';

interface Received {
  readonly path: string;
  readonly apiKey: string | undefined;
  readonly body: {
    readonly resourceSpans?: { scopeSpans: { spans: Span[] }[] }[];
    readonly resourceMetrics?: { resource: { attributes: unknown[] }; scopeMetrics: { metrics: Metric[] }[] }[];
  };
}
interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
}
interface Metric {
  readonly name: string;
  readonly sum?: { isMonotonic: boolean; dataPoints: { asDouble: number }[] };
  readonly histogram?: { dataPoints: { count: string; explicitBounds: number[]; bucketCounts: string[] }[] };
}

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

describe('OpenTelemetry by OTLP', () => {
  let receiver: Server;
  const received: Received[] = [];
  let system: TestSystem;

  beforeAll(async () => {
    receiver = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        received.push({
          path: request.url ?? '',
          apiKey: request.headers['api-key'] as string | undefined,
          body: JSON.parse(body) as Received['body'],
        });
        response.setHeader('content-type', 'application/json').end('{}');
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    system = await TestSystem.start({
      environment: {
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`,
        OTEL_EXPORTER_OTLP_HEADERS: 'api-key=licence%2Fkey',
        OTEL_SERVICE_NAME: 'upp-test',
        OTEL_TRACES_SAMPLE_PERCENT: '0',
        OTEL_METRIC_EXPORT_INTERVAL: '200',
      },
    });
  });

  afterAll(async () => {
    await system.stop();
    await new Promise((resolve) => receiver.close(resolve));
  });

  it("makes a payment part of its caller's trace, with what it waited for", async () => {
    const device = await system.device();
    await system.call('POST', '/api/payments', {
      key: 'traced',
      headers: { traceparent: `00-${TRACE}-${PARENT}-01` },
      body: { amount: 2_000, currency: 'usd', deviceId: device.id, paymentMethod: 'pm_card_visa' },
    });

    const spans = await waitFor(
      () => {
        const all = received.flatMap(
          ({ body }) => body.resourceSpans?.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)) ?? [],
        );
        return all.length > 0 ? all : null;
      },
      { timeoutMs: 15_000 },
    );

    const request = spans.find(({ name }) => name === 'POST /api/payments');
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
    expect(request?.parentSpanId).toBe(PARENT);
    for (const name of ['stripe payment_intents.create', 'stripe payment_intents.confirm', 'database transaction']) {
      const span = spans.find((each) => each.name === name);
      expect(span?.parentSpanId).toBe(request?.spanId);
      expect(BigInt(span?.endTimeUnixNano ?? 0) >= BigInt(span?.startTimeUnixNano ?? 0)).toBe(true);
    }
  });

  it('sends every metric with the headers that the operator gave', async () => {
    const sent = await waitFor(() => received.find(({ path }) => path === '/v1/metrics'));
    const [{ resource, scopeMetrics } = { resource: { attributes: [] }, scopeMetrics: [] }] = sent.body.resourceMetrics ?? [];
    const metrics = scopeMetrics.flatMap((scope) => scope.metrics);
    const durations = metrics.find(({ name }) => name === 'upp_http_request_duration_seconds');

    expect(sent.apiKey).toBe('licence/key');
    expect(resource.attributes).toContainEqual({ key: 'service.name', value: { stringValue: 'upp-test' } });
    expect(metrics.find(({ name }) => name === 'upp_payments_total')?.sum?.isMonotonic).toBe(true);
    for (const { count, explicitBounds, bucketCounts } of durations?.histogram?.dataPoints ?? []) {
      expect(bucketCounts).toHaveLength(explicitBounds.length + 1);
      expect(bucketCounts.reduce((sum, each) => sum + Number(each), 0)).toBe(Number(count));
    }
  });
});
