/** CPU of processes, from /proc: on Linux only. */
import { readdirSync, readFileSync } from 'node:fs';

const MS_PER_TICK = 10;

/** Milliseconds of CPU of the server's processes, those that have ended included. */
export function postgresCpuMs(postmaster: number): number {
  let ticks = ticksOf(postmaster, true);
  for (const name of readdirSync('/proc')) {
    if (/^\d+$/.test(name) && parentOf(Number(name)) === postmaster) ticks += ticksOf(Number(name), false);
  }
  return ticks * MS_PER_TICK;
}

/** Milliseconds of CPU of one process, all its threads. */
export function cpuMsOf(pid: number): number {
  return ticksOf(pid, false) * MS_PER_TICK;
}

/** The process that started this one. */
export function parentOf(pid: number): number {
  return Number(statOf(pid)[1]);
}

function ticksOf(pid: number, withEndedChildren: boolean): number {
  const fields = statOf(pid);
  const own = Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  return withEndedChildren ? own + Number(fields[13] ?? 0) + Number(fields[14] ?? 0) : own;
}

/** The fields of /proc/<pid>/stat after the program's name: state, parent, …, utime, stime, cutime, cstime. */
function statOf(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    // Ended since the listing.
    return [];
  }
}
