import { IsBoolean, IsIn } from 'class-validator';
import { Env } from './env.js';

/** The log: one JSON line for each event, without secrets and personal data. */
export class LoggingConfig {
  /** How much is logged: error, warn, info or debug; each includes those before it. */
  @Env('LOG_LEVEL')
  @IsIn(['error', 'warn', 'info', 'debug'])
  level: string = 'info';

  /** Whether each request is a line, with its id, route, status and time; needs LOG_LEVEL info. */
  @Env('LOG_REQUESTS')
  @IsBoolean()
  areRequestsLogged: boolean = true;
}
