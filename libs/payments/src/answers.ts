/** What routes that answer with a stored answer share. */
import type { FastifyReply } from 'fastify';
import { type Outcome } from './payment-answer.js';

/** The header of every POST that moves money, for the API's document. */
export const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  required: true,
  description: '1–255 printable characters; a repeat with the same key gets the first outcome.',
};

/** Writes a stored answer byte by byte. */
export function send(reply: FastifyReply, { answer, isReplay }: Outcome): void {
  if (isReplay) void reply.header('idempotent-replayed', 'true');
  if (answer.status === 503) void reply.header('retry-after', '2');
  const type = answer.status >= 400 ? 'application/problem+json; charset=utf-8' : 'application/json; charset=utf-8';
  void reply.status(answer.status).header('content-type', type).send(answer.body);
}
