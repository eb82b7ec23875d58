/** Where a request came from, for the audit log. */
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { actorOf, type Principal } from './principal.js';

/** The outer facts of a request. */
export interface RequestOrigin {
  readonly requestId: string;
  readonly ip: string;
  readonly userAgent: string | null;
}

/** Who does something, from where, as the audit log writes it. */
export interface AuditActor {
  readonly actor: string;
  readonly requestId: string;
  readonly ip: string;
}

/** The origin of the request, as a handler's parameter. */
export const Origin = createParamDecorator((_data: unknown, context: ExecutionContext): RequestOrigin => {
  const { id, ip, headers } = context.switchToHttp().getRequest<FastifyRequest>();
  return { requestId: id, ip, userAgent: headers['user-agent'] ?? null };
});

/** The principal and the origin together. */
export function auditActor(principal: Principal, { requestId, ip }: RequestOrigin): AuditActor {
  return { actor: actorOf(principal), requestId, ip };
}
