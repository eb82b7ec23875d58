/** The launcher as a process: signals, exit codes and words. */
import { setTimeout as delay } from 'node:timers/promises';
import { processEnvironment } from '#platform';
import { Launcher, type Places, type Programs } from './launcher.js';
import { readSettings, StartRefusedError } from './settings.js';

/** After this, what has not stopped is left to notice that we are gone; nothing of ours survives that for long. */
const STOP_TIMEOUT_MS = 9_500;

/**
 * Runs until a signal stops it; the process then ends with code 0, and with 1 when it could not start.
 *
 * @param programs - What runs as api, worker and Stripe sandbox.
 */
export async function runUntilStopped(programs: Programs): Promise<void> {
  let launcher: Launcher | undefined;
  let stopped: Promise<never> | undefined;
  const stop = (exitCode: number): Promise<never> => (stopped ??= stopAndExit(launcher, exitCode));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(0));
  try {
    const environment = processEnvironment();
    const settings = readSettings(environment);
    launcher = new Launcher(settings, environment, programs, (line) => {
      console.log(line);
    });
    console.log(describePlaces(await launcher.start()));
  } catch (error) {
    // A start that a signal cut off is no failure.
    await stopped;
    console.error(error instanceof StartRefusedError ? error.message : error);
    await stop(1);
  }
}

async function stopAndExit(launcher: Launcher | undefined, exitCode: number): Promise<never> {
  if (exitCode === 0) console.log('Stopping …');
  await Promise.race([launcher?.stop(), delay(STOP_TIMEOUT_MS)]);
  process.exit(exitCode);
}

function describePlaces({ credentials, credentialsFile, workerUrl, databaseFolder }: Places): string {
  const { baseUrl, stripeSandboxUrl } = credentials;
  return [
    '',
    'Universal Payment Protocol is running.',
    '',
    `  API          ${baseUrl}/api`,
    `  Contract     ${baseUrl}/openapi.json`,
    `  Health       ${baseUrl}/health`,
    `  Worker       ${workerUrl}/health`,
    `  Stripe       ${stripeSandboxUrl === null ? 'Stripe itself, with your key' : `${stripeSandboxUrl}, a sandbox: no real money moves`}`,
    `  Database     ${databaseFolder === null ? 'the server that DATABASE_URL names' : `its own PostgreSQL, in ${databaseFolder}`}`,
    `  Credentials  ${credentialsFile}, for you alone: API key, admin password, tokens`,
    '',
    'Ctrl-C stops everything.',
  ].join('\n');
}
