// In CI a test with processes and clocks in it that fails once is tried once more, at once; the summary names it, so that its race is mended and not hidden.
if (process.env.CI === 'true' && !/(?<!db-|e2e-)spec\.js$/.test(expect.getState().testPath)) {
  import.meta.jest.retryTimes(1, { logErrorsBeforeRetry: true, retryImmediately: true });
}
