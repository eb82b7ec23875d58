/** Every error of the HTTP surface becomes RFC 9457 problem+json here and nowhere else. */
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Advice, DomainError, type DomainErrorKind } from '#kernel';

/** The HTTP status and the default advice of each kind of refusal. */
const KINDS: Readonly<Record<DomainErrorKind, { status: number; title: string; advice: Advice }>> = {
  invalid: { status: 400, title: 'The request is not valid', advice: 'fix' },
  unauthenticated: { status: 401, title: 'Authentication is required', advice: 'fix' },
  declined: { status: 402, title: 'The payment was refused', advice: 'do_not_retry' },
  forbidden: { status: 403, title: 'This is not allowed', advice: 'fix' },
  not_found: { status: 404, title: 'Not found', advice: 'fix' },
  conflict: { status: 409, title: 'The current state does not allow this', advice: 'retry' },
  unprocessable: { status: 422, title: 'A rule does not allow this', advice: 'fix' },
  rate_limited: { status: 429, title: 'Too many requests', advice: 'retry' },
  unavailable: { status: 503, title: 'Not available now', advice: 'retry' },
};

/** The codes of errors that the framework raises before or outside our own code. */
const FRAMEWORK_CODES: Readonly<Record<number, string>> = {
  400: 'request_malformed',
  404: 'route_not_found',
  405: 'method_not_allowed',
  408: 'request_timeout',
  413: 'body_too_large',
  414: 'url_too_long',
  415: 'content_type_unsupported',
  431: 'headers_too_large',
  503: 'unavailable',
};

/** The body of every error answer. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Stable, for programs; listed in docs/api.md. */
  readonly code: string;
  readonly param?: string;
  readonly advice: Advice;
  readonly requestId: string;
  readonly [member: string]: unknown;
}

/** Maps refusals to their status; anything unexpected becomes a 500 without inner words, and a log line with them. */
@Catch()
export class ProblemDetailsFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const problem = problemOf(error, request.id);
    if (problem.status >= 500 && problem.status !== 503)
      this.logger.error({ event: 'request_failed', requestId: request.id, error: error instanceof Error ? error.stack : String(error) });
    sendProblem(reply, problem, error instanceof DomainError ? error.retryAfterSeconds : undefined);
  }
}

/** Writes a problem document with its headers. */
export function sendProblem(reply: FastifyReply, problem: ProblemDocument, retryAfterSeconds?: number): void {
  if (reply.sent) return;
  const retryAfter = retryAfterSeconds ?? (problem.status === 503 ? 2 : undefined);
  if (retryAfter !== undefined) void reply.header('retry-after', String(retryAfter));
  if (problem.status === 401) void reply.header('www-authenticate', 'Bearer');
  void reply.status(problem.status).header('content-type', 'application/problem+json; charset=utf-8').send(JSON.stringify(problem));
}

/** The document of any error. */
export function problemOf(error: unknown, requestId: string): ProblemDocument {
  if (error instanceof DomainError) {
    const { status, title, advice } = KINDS[error.kind];
    const fault = error.param === undefined ? {} : { param: error.param };
    const code = error.code;
    return {
      type: typeOf(code),
      title,
      status,
      detail: error.message,
      code,
      ...fault,
      advice: error.advice ?? advice,
      requestId,
      ...error.details,
    };
  }
  const status = frameworkStatus(error);
  const code = FRAMEWORK_CODES[status] ?? 'internal_error';
  const detail =
    FRAMEWORK_CODES[status] === undefined
      ? 'Something went wrong on our side. The request id helps us to find it.'
      : `The request was refused: ${code.replaceAll('_', ' ')}.`;
  return {
    type: typeOf(code),
    title: status < 500 ? 'The request is not valid' : 'Internal error',
    status: FRAMEWORK_CODES[status] === undefined ? 500 : status,
    detail,
    code,
    advice: status < 500 ? 'fix' : 'retry',
    requestId,
  };
}

function typeOf(code: string): string {
  return `urn:upp:problem:${code}`;
}

function frameworkStatus(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : 500;
}
