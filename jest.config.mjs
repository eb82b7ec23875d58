// The compiled output is tested: what runs here is what ships, and no transform is needed.
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/dist'],
  testMatch: ['**/*.{spec,db-spec,e2e-spec}.js'],
  transform: {},
  globalSetup: '<rootDir>/test/global-setup.mjs',
  globalTeardown: '<rootDir>/test/global-teardown.mjs',
  reporters: ['default', '<rootDir>/test/summary-reporter.mjs'],
  setupFiles: ['<rootDir>/test/preload.mjs'],
  setupFilesAfterEnv: ['<rootDir>/test/second-attempt.mjs'],
  testTimeout: 60_000,
  // Two suites at a time, however many cores there are: many start whole products and kill them, and mostly wait.
  maxWorkers: 2,
  coverageProvider: 'v8',
  collectCoverageFrom: ['dist/{apps,libs,migrations,scripts}/**/*.js', '!**/*spec.js'],
};
