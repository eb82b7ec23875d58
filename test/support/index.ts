/** What tests stand on: databases, processes, waiting. */
export { asOwner } from './as-owner.js';
export { DEBIAN_POSTGRES, DEBIAN_POSTGRES_FOLDER, DebianPostgres } from './debian-postgres.js';
export { freePorts } from './free-ports.js';
export { metricValue } from './metric-value.js';
export { spawnProcess, type ProcessEnd, type SpawnedProcess, type SpawnOptions } from './processes.js';
export { requiresProgram } from './requires-program.js';
export { createTestDatabase, type TestDatabase } from './test-server.js';
export { presentTransactionsEnded } from './transactions.js';
export { waitFor } from './wait-for.js';
