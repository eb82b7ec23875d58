/** Which processes belong to the data folder, written down so that the next start can end what a killed launcher left behind. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readPrivateJson, writePrivateJson } from './data-folder.js';

/** Orphans notice at once that the launcher is gone, and drain; one that hangs is killed after this. */
const ORPHAN_TIMEOUT_MS = 8_000;
const POLL_MS = 50;

interface RecordedChild {
  readonly name: string;
  readonly pid: number;
  /** With the pid it names one process for ever: pids are given out again. */
  readonly startedAt: string;
}

/** The children of one launcher. Its user holds the folder's lock. */
export class ChildRecord {
  private readonly file: string;
  private children: readonly RecordedChild[] = [];

  constructor(folder: string) {
    this.file = path.join(folder, 'children.json');
  }

  /** Waits for the children of a launcher that died, and kills those that do not end. */
  async endOrphans(report: (message: string) => void): Promise<void> {
    const orphans = existsSync(this.file) ? (readPrivateJson(this.file) as RecordedChild[]).filter(isAlive) : [];
    if (orphans.length > 0) report(`Waiting for ${orphans.map(({ name }) => name).join(', ')} of the last run to end.`);
    const end = performance.now() + ORPHAN_TIMEOUT_MS;
    while (orphans.some(isAlive) && performance.now() < end) await delay(POLL_MS);
    for (const { pid } of orphans.filter(isAlive)) process.kill(pid, 'SIGKILL');
    while (orphans.some(isAlive)) await delay(POLL_MS);
    this.write([]);
  }

  /** Writes a new child down. */
  add(name: string, pid: number): void {
    this.write([...this.children, { name, pid, startedAt: startOf(pid) ?? '' }]);
  }

  /** Forgets a child that has ended. */
  remove(pid: number): void {
    this.write(this.children.filter((child) => child.pid !== pid));
  }

  private write(children: readonly RecordedChild[]): void {
    this.children = children;
    writePrivateJson(this.file, children);
  }
}

function isAlive({ pid, startedAt }: RecordedChild): boolean {
  return startOf(pid) === startedAt;
}

/** When a process was started, in words that no other process of the same pid shares; null when there is none or only its zombie. */
function startOf(pid: number): string | null {
  try {
    if (process.platform !== 'linux') return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    // The name, in parentheses, may hold spaces; after it come the state, as the 18th the number of threads and as the 20th the start in ticks
    // since boot (proc(5)). A zombie whose other threads still end holds its ports.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const hasEnded = fields[0] === 'Z' && Number(fields[17]) <= 1;
    return hasEnded ? null : `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${fields[19] ?? ''}`;
  } catch {
    return null;
  }
}
