import { MISSING_PROGRAM } from './requires-program.js';

interface TestResult {
  readonly status: string;
  readonly ancestorTitles: readonly string[];
  readonly fullName?: string;
  /** How often it was tried. */
  readonly invocations?: number | undefined;
}

/** The parts of Jest's result that the summary reads. */
export interface RunResult {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  /** Files that failed before their first test: a syntax error, a failed import. */
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly {
    readonly testResults: readonly TestResult[];
  }[];
}

/** Ends the output of a run: the programs that skipped suites miss, then the line `N passed, N failed`. */
export class SummaryReporter {
  onRunComplete(_contexts: unknown, result: RunResult): void {
    // At the exit: Jest puts its own summary behind those of all other reporters, and the teardown may still speak.
    process.once('exit', () => {
      process.stdout.write(`\n${summaryOf(result).join('\n')}\n`);
    });
  }
}

/** The last lines of a run. A file that did not run counts as one failure: nothing red may hide behind a zero. */
export function summaryOf(result: RunResult): string[] {
  const skipped = result.numPendingTests + result.numTodoTests;
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  return [
    ...missingProgramsOf(result).map((program) => `skipped for want of ${program}: install it to run these suites`),
    ...secondAttemptsOf(result).map((name) => `passed at the second attempt only, mend its race: ${name}`),
    `${result.numPassedTests} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`,
  ];
}

function secondAttemptsOf(result: RunResult): string[] {
  const tests = result.testResults.flatMap((file) => file.testResults);
  return tests.filter(({ status, invocations = 1 }) => status === 'passed' && invocations > 1).map(({ fullName = '' }) => fullName);
}

function missingProgramsOf(result: RunResult): string[] {
  const titles = result.testResults.flatMap((file) =>
    file.testResults.flatMap((test) => (test.status === 'pending' ? test.ancestorTitles : [])),
  );
  const programs = titles.flatMap((title) =>
    [...title.matchAll(new RegExp(MISSING_PROGRAM, 'g'))].map((match) => match.groups?.['program'] ?? ''),
  );
  return [...new Set(programs)].sort();
}
