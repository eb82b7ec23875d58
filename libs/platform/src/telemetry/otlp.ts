/**
 * Sends telemetry as OTLP in JSON over HTTP.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp (checked 2026-11)
 */
import type { TelemetryConfig } from '../config/telemetry-config.js';

/** A value with its name, as OTLP writes it. */
export interface OtlpAttribute {
  readonly key: string;
  readonly value: { readonly stringValue: string } | { readonly intValue: string } | { readonly boolValue: boolean };
}

/** Names and values in OTLP's form. */
export function attributesOf(values: Readonly<Record<string, string | number | boolean>>): OtlpAttribute[] {
  return Object.entries(values).map(([key, value]) => {
    if (typeof value === 'boolean') return { key, value: { boolValue: value } };
    return {
      key,
      value: typeof value === 'number' && Number.isInteger(value) ? { intValue: String(value) } : { stringValue: String(value) },
    };
  });
}

/** Who sends. */
export function resourceOf(config: TelemetryConfig): { readonly attributes: OtlpAttribute[] } {
  return { attributes: attributesOf({ 'service.name': config.serviceName, 'process.pid': process.pid }) };
}

/**
 * Sends one document to `<endpoint>/v1/<signal>`.
 *
 * @throws Error when it was not taken: telemetry that cannot be sent is lost, never repeated, and nothing waits for it.
 */
export async function sendOtlp(config: TelemetryConfig, signal: 'traces' | 'metrics', document: unknown): Promise<void> {
  if (config.endpoint === null) return;
  const response = await fetch(`${config.endpoint.replace(/\/$/, '')}/v1/${signal}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headersOf(config.headers) },
    body: JSON.stringify(document),
    signal: AbortSignal.timeout(config.timeoutMs),
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`status ${response.status}`);
}

function headersOf(text: string | null): Record<string, string> {
  if (text === null) return {};
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())];
    }),
  );
}
