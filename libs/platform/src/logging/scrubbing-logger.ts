import { ConsoleLogger, type ConsoleLoggerOptions } from '@nestjs/common';
import { scrubMember } from './scrub.js';

/** Nest's logger, one JSON object a line, without secrets and card numbers. */
export class ScrubbingLogger extends ConsoleLogger {
  constructor(options: Pick<ConsoleLoggerOptions, 'logLevels'> = {}) {
    super({ ...options, json: true });
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
