/** Counters of this library, in prom-client's default registry. Labels are closed sets. */
import { Counter } from 'prom-client';

/** Security incidents as they are reported, repetitions included. */
export const incidentsTotal = new Counter({
  name: 'upp_security_incidents_total',
  help: 'Security incidents reported, repetitions included.',
  labelNames: ['type', 'severity'] as const,
});

/** Decisions of the rate limiter. */
export const rateLimitDecisionsTotal = new Counter({
  name: 'upp_rate_limit_decisions_total',
  help: 'Requests that a rate limit let pass or refused.',
  labelNames: ['policy', 'backend', 'decision'] as const,
});

/** Requests that were refused because there was no room. */
export const shedRequestsTotal = new Counter({
  name: 'upp_shed_requests_total',
  help: 'Requests refused with 503 because the process was overloaded.',
  labelNames: ['class'] as const,
});
