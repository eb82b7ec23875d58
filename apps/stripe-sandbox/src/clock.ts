/** The sandbox's time: the machine's, moved by whoever asks, and the things that are due at some point of it. */
import { type Store } from './store.js';

/** Something that will happen: a retry, a dispute, the end of a capture window. Kept in the store, so a restart forgets none. */
export interface Job {
  readonly id: string;
  readonly object: 'job';
  /** Milliseconds of virtual time. */
  readonly dueAtMs: number;
  /** The name under which its action was registered. */
  readonly kind: string;
  readonly accountId: string;
  /** Ids and figures the action needs; never an object, which may have changed by then. */
  readonly details: Readonly<Record<string, string | number | boolean>>;
}

/** What a kind of job does when it is due; runs inside one journal entry. */
export type JobAction = (job: Job) => void;

/** The longest wait `setTimeout` keeps. */
const MAX_TIMER_MS = 2_147_483_647;

/** Virtual time and its queue. Jobs run in the order of their due times, never before them. */
export class VirtualClock {
  private offsetMs = 0;
  private frozenAtMs: number | null = null;
  private queue: Job[] = [];
  private readonly actions = new Map<string, JobAction>();
  private timer: NodeJS.Timeout | undefined;
  private timerDueAtMs = Infinity;
  private isStopped = false;
  private isRunning = false;

  constructor(private readonly store: Store) {}

  /** Milliseconds of virtual time since 1970. */
  nowMs(): number {
    return this.frozenAtMs ?? Date.now() + this.offsetMs;
  }

  /** Seconds of virtual time since 1970, Stripe's unit. */
  now(): number {
    return Math.floor(this.nowMs() / 1_000);
  }

  /** Says what a kind of job does. Called once per kind, before {@link start}. */
  register(kind: string, action: JobAction): void {
    this.actions.set(kind, action);
  }

  /** Puts a job in the queue, `delayMs` of virtual time from now. */
  schedule(kind: string, accountId: string, delayMs: number, details: Job['details']): void {
    const job: Job = { id: this.store.newId('job', 12), object: 'job', dueAtMs: this.nowMs() + delayMs, kind, accountId, details };
    this.store.jobs.put(job);
    this.insert(job);
    this.wake();
  }

  /** Takes the queue from the store and lets time pass. */
  start(): void {
    const saved = this.store.clock;
    this.offsetMs = saved.offsetMs;
    this.frozenAtMs = saved.frozenAtMs;
    this.queue = [...this.store.jobs.all()].sort((a, b) => a.dueAtMs - b.dueAtMs);
    this.wake();
  }

  /** Moves time forward and runs everything that becomes due on the way, each at its own instant. */
  advance(ms: number): void {
    this.travelTo(this.nowMs() + ms);
  }

  /** Moves time to an instant, forward or back. Going back runs nothing and takes nothing back. */
  travelTo(targetMs: number): void {
    const wasFrozen = this.frozenAtMs !== null;
    this.isRunning = true;
    for (let job = this.queue[0]; job && job.dueAtMs <= targetMs; job = this.queue[0]) {
      this.frozenAtMs = Math.max(this.nowMs(), job.dueAtMs);
      this.runFirst();
    }
    this.isRunning = false;
    this.frozenAtMs = wasFrozen ? targetMs : null;
    this.offsetMs = targetMs - Date.now();
    this.save();
    this.wake();
  }

  /** Stops time, or lets it go on from where it stands. */
  setFrozen(isFrozen: boolean): void {
    const now = this.nowMs();
    this.frozenAtMs = isFrozen ? now : null;
    this.offsetMs = now - Date.now();
    this.save();
    this.wake();
  }

  /** Whether time stands still. */
  get isFrozen(): boolean {
    return this.frozenAtMs !== null;
  }

  /** Runs jobs that wait before their time, at the present instant. */
  runEarly(isWanted: (job: Job) => boolean): void {
    const early = this.queue.filter(isWanted);
    if (early.length === 0) return;
    this.queue = this.queue.filter((job) => !isWanted(job));
    for (const job of early) this.run(job);
  }

  /** How many jobs wait, and when the next is due. */
  pending(): { count: number; nextDueAtMs: number | null } {
    return { count: this.queue.length, nextDueAtMs: this.queue[0]?.dueAtMs ?? null };
  }

  /** Runs nothing more. */
  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  private save(): void {
    this.store.clock = { offsetMs: this.offsetMs, frozenAtMs: this.frozenAtMs };
    this.store.commit();
  }

  private insert(job: Job): void {
    let low = 0;
    let high = this.queue.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      // Jobs of the same instant run in the order of their making.
      if ((this.queue[middle]?.dueAtMs ?? 0) <= job.dueAtMs) low = middle + 1;
      else high = middle;
    }
    this.queue.splice(low, 0, job);
  }

  private wake(): void {
    const next = this.queue[0];
    if (this.isStopped || this.isRunning || !next || this.frozenAtMs !== null) return;
    if (next.dueAtMs >= this.timerDueAtMs) return;
    clearTimeout(this.timer);
    this.timerDueAtMs = next.dueAtMs;
    this.timer = setTimeout(
      () => {
        this.timerDueAtMs = Infinity;
        this.runDue();
      },
      Math.min(Math.max(next.dueAtMs - this.nowMs(), 0), MAX_TIMER_MS),
    );
  }

  private runDue(): void {
    this.isRunning = true;
    let count = 0;
    // The queue array is cut once per batch: shifting thousands of entries one by one would be quadratic.
    const nowMs = this.nowMs();
    while (!this.isStopped && (this.queue[count]?.dueAtMs ?? Infinity) <= nowMs) count += 1;
    for (const job of this.queue.splice(0, count)) this.run(job);
    this.isRunning = false;
    this.wake();
  }

  private runFirst(): void {
    const job = this.queue.shift();
    if (job) this.run(job);
  }

  private run(job: Job): void {
    this.store.jobs.remove(job.id);
    this.actions.get(job.kind)?.(job);
    this.store.commit();
  }
}
