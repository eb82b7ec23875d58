// Jest wants a default export; the work is done in TypeScript.
export { SummaryReporter as default } from '../dist/test/support/summary-reporter.js';
