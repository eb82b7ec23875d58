/** What PostgreSQL's errors mean here, in four words instead of its 250 codes. */
import { DomainError } from '#kernel';

/** The database cannot answer now: down, full, or no connection became free in time. The client may retry. */
export class DatabaseUnavailableError extends DomainError {
  constructor(cause: unknown) {
    super(
      'unavailable',
      'database_unavailable',
      'The service cannot reach its database. Nothing was charged by this request; retry with the same idempotency key.',
      {
        retryAfterSeconds: 2,
        advice: 'retry',
        cause,
      },
    );
  }
}

/** Whether two transactions met so that one had to give way; running the whole transaction again is right. */
export function isSerializationFailure(error: unknown): boolean {
  const code = sqlState(error);
  return code === '40001' || code === '40P01';
}

/** Whether a unique key was already taken; with `constraint`, that very one. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return sqlState(error) === '23505' && (constraint === undefined || (error as { constraint?: string }).constraint === constraint);
}

/** Whether a row names another one that is not there. */
export function isForeignKeyViolation(error: unknown): boolean {
  return sqlState(error) === '23503';
}

/** Whether the error says that the server, not the statement, is the problem. */
export function isUnavailable(error: unknown): boolean {
  const code = sqlState(error);
  // Class 08 connection, 53 resources, 57P operator intervention (shutdown, crash, starting up), 55P03 lock and 57014 statement timeout.
  if (code !== undefined && /^(08|53|57P|55P03|57014|25P03)/.test(code)) return true;
  if (!(error instanceof Error)) return false;
  if (/^E(CONN|PIPE|HOST|NOENT|NOTFOUND|AI_AGAIN|TIMEDOUT)/.test((error as NodeJS.ErrnoException).code ?? '')) return true;
  // pg gives these no code: the pool's wait ran out, or the socket closed under a query.
  return /timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error|Cannot use a pool after/.test(
    error.message,
  );
}

/** Whether the connection is gone with this error. */
export function isHangUp(error: unknown): boolean {
  const code = sqlState(error);
  // Class 08 connection, 57P operator intervention, 25P03 and 25P04 a transaction that took too long.
  return code === undefined ? isUnavailable(error) : /^(08|57P|25P0[34])/.test(code);
}

function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}
