// Jest wants a default export; the work is done in TypeScript.
export { startTestServer as default } from '../dist/test/support/test-server.js';
