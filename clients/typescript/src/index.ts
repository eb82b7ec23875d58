/** A typed client of the Universal Payment Protocol. */
export { ApiError, type ClientOptions, type Input, PaymentsClient, type Route } from './client.js';
export type { Operations, Schemas } from './schema.js';
