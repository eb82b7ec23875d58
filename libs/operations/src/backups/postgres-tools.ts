/** PostgreSQL's own programs, which know best how to copy a database, and tar, which unpacks what they packed. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { Readable, type Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** A program ended with an error; the message is what it said. */
export class PostgresToolError extends Error {
  override readonly name = 'PostgresToolError';
}

const MAX_ERROR_LENGTH = 2_000;
// Where packages put programs; BACKUP_TOOLS_FOLDER names any other place.
const SYSTEM_PATH = '/usr/local/bin:/usr/bin:/bin';

/** How a program is called. */
export interface ToolCall {
  readonly program: 'pg_dump' | 'pg_basebackup' | 'pg_restore' | 'tar';
  readonly args: readonly string[];
  /** Folder of the programs; null: where packages put them. */
  readonly folder: string | null;
  /** Absent for a program that connects to nothing. */
  readonly databaseUrl?: string;
}

/** The output of a program, which starts when somebody reads. It ends only when the program has succeeded, and fails with it: half a database is no backup. */
export function readFromTool(call: ToolCall): Readable {
  return Readable.from(
    (async function* () {
      const child = start(call, 'ignore');
      yield* child.stdout as AsyncIterable<Buffer>;
      await child.done;
    })(),
  );
}

/** Runs a program on an input as `cipher` makes it. @throws PostgresToolError */
export async function writeToTool(call: ToolCall, input: Readable, cipher: Transform): Promise<void> {
  const child = start(call, 'pipe');
  child.stdout.resume();
  // A program that gives up closes its input; what it said counts, not the broken pipe.
  const [written, ended] = await Promise.allSettled([pipeline(input, cipher, child.stdin as Writable), child.done]);
  if (written.status === 'rejected' && !isBrokenPipe(written.reason)) throw written.reason;
  if (ended.status === 'rejected') throw ended.reason;
}

function start(
  { program, args, folder, databaseUrl }: ToolCall,
  stdin: 'ignore' | 'pipe',
): { stdout: Readable; stdin: Writable | null; done: Promise<void> } {
  const command = folder === null ? program : path.join(folder, program);
  const child = spawn(command, args, {
    env: { PATH: SYSTEM_PATH, ...(databaseUrl === undefined ? {} : connectionOf(databaseUrl)) },
    stdio: [stdin, 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-MAX_ERROR_LENGTH);
  });
  const done = new Promise<void>((resolve, reject) => {
    child.once('error', (error) => {
      reject(new PostgresToolError(`${program} cannot be started: ${error.message}`));
    });
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new PostgresToolError(`${program} ended with ${String(code)}: ${said.trim()}`));
    });
  });
  // Whoever awaits it still gets the error.
  done.catch(() => undefined);
  return { stdout: child.stdout as Readable, stdin: child.stdin, done };
}

/** In the environment, never in the arguments: those every user of the machine can read. */
function connectionOf(databaseUrl: string): Record<string, string> {
  const url = new URL(databaseUrl);
  const host = url.searchParams.get('host') ?? decodeURIComponent(url.hostname);
  return {
    PGDATABASE: decodeURIComponent(url.pathname.slice(1)),
    ...(host === '' ? {} : { PGHOST: host }),
    ...(url.port === '' ? {} : { PGPORT: url.port }),
    ...(url.username === '' ? {} : { PGUSER: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { PGPASSWORD: decodeURIComponent(url.password) }),
    ...(url.searchParams.has('sslmode') ? { PGSSLMODE: url.searchParams.get('sslmode') ?? '' } : {}),
  };
}

function isBrokenPipe(error: unknown): boolean {
  return ['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET'].includes((error as NodeJS.ErrnoException).code ?? '');
}
