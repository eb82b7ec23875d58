// The same module instance as in global-setup.mjs: both run in Jest's main process.
export { stopTestServer as default } from '../dist/test/support/test-server.js';
