/** What tests stand on: databases, processes, waiting. */
export { asOwner } from './as-owner.js';
export { freePorts } from './free-ports.js';
export { metricValue } from './metric-value.js';
export { spawnProcess, type ProcessEnd, type SpawnedProcess, type SpawnOptions } from './processes.js';
export { requiresProgram } from './requires-program.js';
export { createTestDatabase, type TestDatabase } from './test-server.js';
export { waitFor } from './wait-for.js';
