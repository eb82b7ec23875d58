import { IsInt, IsOptional, IsString, IsUrl, Matches, Max, Min } from 'class-validator';
import { Env } from './env.js';

/** OpenTelemetry by OTLP over HTTP, to a collector, New Relic, Datadog's agent or anything else that speaks it. */
export class TelemetryConfig {
  /** Where traces and metrics go, as http://127.0.0.1:4318 or https://otlp.nr-data.net; without it nothing is sent. */
  @Env('OTEL_EXPORTER_OTLP_ENDPOINT')
  @IsOptional()
  @IsUrl({ require_tld: false, require_protocol: true, protocols: ['http', 'https'] })
  endpoint: string | null = null;

  /** Headers of each request: api-key=… for New Relic; several are separated by commas, values are URL-encoded. */
  @Env('OTEL_EXPORTER_OTLP_HEADERS', { isSecret: true })
  @IsOptional()
  @Matches(/^[\w-]+=[^,]+(,[\w-]+=[^,]+)*$/)
  headers: string | null = null;

  /** The name under which this process appears. */
  @Env('OTEL_SERVICE_NAME')
  @IsString()
  serviceName: string = 'upp';

  /** Percent of the requests that are traced; a caller's own decision in `traceparent` goes before. */
  @Env('OTEL_TRACES_SAMPLE_PERCENT')
  @IsInt()
  @Min(0)
  @Max(100)
  tracesSamplePercent: number = 10;

  /** Milliseconds between two sendings of the metrics; 0 sends none, where Prometheus scrapes them. */
  @Env('OTEL_METRIC_EXPORT_INTERVAL')
  @IsInt()
  @Min(0)
  @Max(600_000)
  metricIntervalMs: number = 60_000;

  /** Milliseconds for one sending. */
  @Env('OTEL_EXPORTER_OTLP_TIMEOUT')
  @IsInt()
  @Min(100)
  @Max(60_000)
  timeoutMs: number = 10_000;
}
