/** Platform: configuration, database and HTTP, once for every library. */
export { ClockModule } from './clock.module.js';
export { AppConfig, ConfigError, type EffectiveVariable, problemsOf, processEnvironment } from './config/app-config.js';
export { ConfigurationModule } from './config/configuration.module.js';
export type { ConfigProblem, Environment } from './config/env.js';
export type { TlsConfig } from './config/tls-config.js';
export { crashPoint, type CrashPoint } from './config/crash-point.js';
export { Database, type Queryable } from './database/database.js';
export { DatabaseModule } from './database/database.module.js';
export { EmbeddedPostgres, type EmbeddedPostgresOptions } from './database/embedded-postgres.js';
export { DatabaseUnavailableError, isForeignKeyViolation, isUniqueViolation } from './database/postgres-errors.js';
export { Draining } from './http/draining.js';
export { createHttpApplication, type HttpApplicationOptions } from './http/http-application.js';
export { problemOf, sendProblem, type ProblemDocument } from './http/problem-details.filter.js';
export { PageQuery } from './http/page-query.js';
export { InvalidRequestError, IsEmailAddress, IsMetadata, IsSafeInteger, IsText } from './http/validation.js';
export { FolderInUseError, lockFolder, type FolderLock } from './process/folder-lock.js';
export { scrubText } from './logging/scrub.js';
export { ScrubbingLogger } from './logging/scrubbing-logger.js';
