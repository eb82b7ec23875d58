import { summaryOf, type RunResult } from './summary-reporter.js';

function aRun(parts: Partial<RunResult> = {}): RunResult {
  return {
    numPassedTests: 0,
    numFailedTests: 0,
    numPendingTests: 0,
    numTodoTests: 0,
    numRuntimeErrorTestSuites: 0,
    testResults: [],
    ...parts,
  };
}

describe('summaryOf', () => {
  it('says what passed and failed', () => {
    expect(summaryOf(aRun({ numPassedTests: 12 }))).toEqual(['12 passed, 0 failed']);
  });

  it('counts a file that could not run as a failure', () => {
    expect(summaryOf(aRun({ numPassedTests: 3, numFailedTests: 1, numRuntimeErrorTestSuites: 1 }))).toEqual(['3 passed, 2 failed']);
  });

  it('names each program that skipped suites miss once', () => {
    const tests = [
      { status: 'pending', ancestorTitles: ['Limits [needs redis-server]'] },
      { status: 'pending', ancestorTitles: ['Certificates [needs pebble] [needs certbot]', 'renewal'] },
      { status: 'pending', ancestorTitles: ['Locks [needs redis-server]'] },
      { status: 'passed', ancestorTitles: ['Money'] },
    ];

    expect(summaryOf(aRun({ numPassedTests: 1, numPendingTests: 3, testResults: [{ testResults: tests }] }))).toEqual([
      'skipped for want of certbot: install it to run these suites',
      'skipped for want of pebble: install it to run these suites',
      'skipped for want of redis-server: install it to run these suites',
      '1 passed, 0 failed, 3 skipped',
    ]);
  });

  it('names each test that passed at its second attempt only', () => {
    const tests = [
      { status: 'passed', ancestorTitles: [], fullName: 'drains under load', invocations: 2 },
      { status: 'failed', ancestorTitles: [], fullName: 'loses nothing', invocations: 2 },
      { status: 'passed', ancestorTitles: [], fullName: 'adds up', invocations: 1 },
    ];

    expect(summaryOf(aRun({ numPassedTests: 2, numFailedTests: 1, testResults: [{ testResults: tests }] }))).toEqual([
      'passed at the second attempt only, mend its race: drains under load',
      '2 passed, 1 failed',
    ]);
  });
});
