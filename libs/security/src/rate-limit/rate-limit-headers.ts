/** The headers of draft-ietf-httpapi-ratelimit-headers-10: https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ (checked 2026-11) */
import type { FastifyReply } from 'fastify';
import type { RateLimitOutcome } from './rate-limiter.js';

/**
 * Adds one limit to the answer: `RateLimit-Policy: "payments";q=10;w=60` and `RateLimit: "payments";r=3;t=42`, a list when several hold.
 *
 * `t` is the time until the whole quota is there again, rounded up to seconds.
 */
export function addRateLimitHeaders(reply: FastifyReply, { policy, remaining, resetMs }: RateLimitOutcome): void {
  append(reply, 'ratelimit-policy', `"${policy.name}";q=${policy.limit};w=${policy.windowMs / 1_000}`);
  append(reply, 'ratelimit', `"${policy.name}";r=${remaining};t=${Math.ceil(resetMs / 1_000)}`);
}

function append(reply: FastifyReply, name: string, item: string): void {
  const before = reply.getHeader(name);
  void reply.header(name, typeof before === 'string' ? `${before}, ${item}` : item);
}
