/** Platform: what every service stands on and no business rule lives in. */
export { EmbeddedPostgres, type EmbeddedPostgresOptions } from './database/embedded-postgres.js';
export { FolderInUseError, lockFolder, type FolderLock } from './process/folder-lock.js';
