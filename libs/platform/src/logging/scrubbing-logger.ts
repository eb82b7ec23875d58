import { ConsoleLogger, type ConsoleLoggerOptions, type LogLevel } from '@nestjs/common';
import { scrubMember } from './scrub.js';

// What Nest tells of its own start: a line for each module and route of every process.
const STARTING: ReadonlySet<unknown> = new Set(['InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestFactory', 'NestApplication']);

/** Nest's words for LOG_LEVEL. */
export function logLevelsOf(level: string): LogLevel[] {
  const levels: LogLevel[] = ['fatal', 'error', 'warn', 'log', 'debug'];
  return levels.slice(0, { error: 2, warn: 3, info: 4 }[level] ?? levels.length);
}

/** Nest's logger, one JSON object a line, without secrets and card numbers. */
export class ScrubbingLogger extends ConsoleLogger {
  constructor(options: Pick<ConsoleLoggerOptions, 'logLevels'> = {}) {
    super({ ...options, json: true });
  }

  override log(message: unknown, ...parameters: unknown[]): void {
    if (!STARTING.has(parameters.at(-1))) super.log(message, ...parameters);
  }

  protected override stringifyReplacer(key: string, value: unknown): unknown {
    return scrubMember(key, super.stringifyReplacer(key, value instanceof Error ? partsOf(value) : value));
  }
}

/** What an error may tell. Its other members are as its library left them there: database errors quote whole rows. */
function partsOf(error: Error): object {
  const { name, message, stack, cause, code } = error as Error & { code?: unknown };
  return { name, message, ...(typeof code === 'string' ? { code } : {}), stack, ...(cause === undefined ? {} : { cause }) };
}
