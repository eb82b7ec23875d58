/** The story of an event after its 200: claim, translate, apply, finish; or postpone, or give up. */
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { randomInt } from 'node:crypto';
import { SECOND_MS } from '#kernel';
import { AppConfig, Database, DatabaseUnavailableError } from '#platform';
import { type StripeEventTranslation } from '#stripe';
import { failureWaitMs, parkedWaitMs } from './domain/retry-schedule.js';
import { type ApplyOutcome, EventApplier, type SourcedEvent } from './event-applier.js';
import { FetchedObjects } from './fetched-objects.js';
import { webhookAttemptsTotal } from './metrics.js';
import { translateStoredEvent } from './stored-event.js';
import { type ClaimedJob, type FinishedJob, LeaseLostError, WebhookJobsRepository } from './webhook-jobs.repository.js';

// One transaction's worth: large enough to share a commit, small enough to be done long before its lease ends.
const BATCH_SIZE = 50;
// Fetches of a batch run side by side: 50 calls of at most 9 s each end within the lease of 60 s.
const CONCURRENT_FETCHES = 8;
// Where no kick arrives: events stored by another process, and jobs whose time has come.
const POLL_INTERVAL_MS = SECOND_MS;

/** A claimed job with the meaning of its event. */
interface Work {
  readonly job: ClaimedJob;
  readonly translation: StripeEventTranslation;
}

/** A job whose event changes something. */
interface Applicable {
  readonly job: ClaimedJob;
  readonly sourced: SourcedEvent;
}

/** Turns stored events into effects, each exactly once: effect and removal of the job commit together. */
@Injectable()
export class WebhookProcessor implements BeforeApplicationShutdown {
  private readonly logger = new Logger(WebhookProcessor.name);
  private isRunning = false;
  private isKicked = false;
  private isStopped = true;
  private timer: NodeJS.Timeout | undefined;
  private current: Promise<void> = Promise.resolve();

  constructor(
    private readonly config: AppConfig,
    private readonly database: Database,
    private readonly jobs: WebhookJobsRepository,
    private readonly applier: EventApplier,
    private readonly objects: FetchedObjects,
  ) {}

  /** Works in this process from now on: at every kick, and every second. */
  start(): void {
    if (!this.isStopped) return;
    this.isStopped = false;
    this.timer = setInterval(() => {
      this.kick();
    }, POLL_INTERVAL_MS);
    this.timer.unref();
    this.kick();
  }

  /** Says that there is work; does nothing in a process that has not started to work. */
  kick(): void {
    this.isKicked = true;
    if (this.isStopped || this.isRunning) return;
    this.isRunning = true;
    this.current = this.run();
  }

  /** Ends after the current batch. */
  async stop(): Promise<void> {
    this.isStopped = true;
    clearInterval(this.timer);
    await this.current;
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.stop();
  }

  private async run(): Promise<void> {
    try {
      let hasMore = true;
      while (hasMore && !this.isStopped) {
        this.isKicked = false;
        const isWholeBatch = (await this.processDue()) === BATCH_SIZE;
        hasMore = isWholeBatch || this.wasKicked();
      }
    } catch (error) {
      // The next poll tries again; the jobs keep their leases until then.
      // Without the stack while the database is away: this line comes every second.
      this.logger.error({ event: 'webhook_processing_interrupted', error: error instanceof DatabaseUnavailableError ? error.code : error });
    } finally {
      this.isRunning = false;
    }
  }

  /** A kick during the last batch: what it announces may have been committed after that batch was claimed. */
  private wasKicked(): boolean {
    return this.isKicked;
  }

  /**
   * Processes one batch of due events.
   *
   * @returns How many were claimed; fewer than a whole batch means that nothing more is due.
   */
  async processDue(): Promise<number> {
    const claimed = await this.jobs.claimDue(BATCH_SIZE);
    if (claimed.length === 0) return 0;
    const applicable: Applicable[] = [];
    const ignored: FinishedJob[] = [];
    const fetches: Work[] = [];
    for (const job of claimed) {
      const translation = await this.translate(job);
      if (translation === null) continue;
      if (translation.kind === 'ignored') ignored.push({ job, outcome: 'ignored', detail: translation.reason });
      else if (translation.kind === 'fetch' || translation.kind === 'unreadable') fetches.push({ job, translation });
      else applicable.push({ job, sourced: { eventId: job.stripeEventId, event: translation, evidence: 'hint' } });
    }
    const unsettled = await this.applyTogether(applicable, ignored);
    await this.eachAtATime([...unsettled, ...fetches]);
    return claimed.length;
  }

  private async translate(job: ClaimedJob): Promise<StripeEventTranslation | null> {
    if (job.livemode !== this.config.isLive) return { kind: 'ignored', reason: 'livemode_mismatch' };
    try {
      return translateStoredEvent(job);
    } catch (error) {
      await this.fail(job, error);
      return null;
    }
  }

  /** All in one transaction; when anything in it throws, each in its own, so that one poisoned event cannot hold up its neighbours. */
  private async applyTogether(applicable: Applicable[], ignored: readonly FinishedJob[]): Promise<Work[]> {
    if (applicable.length + ignored.length === 0) return [];
    try {
      return await this.applyInTransaction(applicable, ignored);
    } catch (error) {
      if (error instanceof DatabaseUnavailableError) throw error;
      if (applicable.length + ignored.length === 1) return this.giveBack(applicable, ignored, error);
    }
    const unsettled: Work[] = [];
    for (const one of applicable) unsettled.push(...(await this.applyTogether([one], [])));
    for (const one of ignored) await this.applyTogether([], [one]);
    return unsettled;
  }

  private async applyInTransaction(applicable: Applicable[], ignored: readonly FinishedJob[]): Promise<Work[]> {
    // One order of locks in every worker: payments by id, and the events of a payment in Stripe's order.
    const ordered = applicable.toSorted((a, b) => compareText(paymentOf(a.sourced.event), paymentOf(b.sourced.event)));
    const events = ordered.map(({ sourced }) => sourced);
    const { finished, unsettled } = await this.database.transaction(async (transaction) => {
      const outcomes = events.length === 0 ? [] : await this.applier.apply(events, transaction);
      const settled: FinishedJob[] = [...ignored];
      const rest: Work[] = [];
      for (const [index, { job, sourced }] of ordered.entries()) {
        const outcome = outcomes[index];
        if (outcome === 'applied' || outcome === 'unchanged') settled.push({ job, outcome, detail: null });
        else if (outcome === 'not_found' && !isOurs(sourced.event)) settled.push({ job, outcome: 'ignored', detail: 'not_ours' });
        else rest.push({ job, translation: outcome === 'conflict' ? fetchOf(sourced.event) : sourced.event });
      }
      await this.jobs.finish(settled, transaction);
      return { finished: settled, unsettled: rest };
    });
    for (const { outcome } of finished) webhookAttemptsTotal.inc({ outcome });
    return unsettled;
  }

  /** What the batch could not settle: fetched objects, events without their payment, bytes that nobody can read. */
  private async eachAtATime(works: readonly Work[]): Promise<void> {
    const queue = [...works];
    const lane = async (): Promise<void> => {
      for (let work = queue.shift(); work !== undefined; work = queue.shift()) await this.settle(work);
    };
    await Promise.all(Array.from({ length: Math.min(CONCURRENT_FETCHES, works.length) }, lane));
  }

  private async settle({ job, translation }: Work): Promise<void> {
    if (translation.kind === 'unreadable') {
      await this.bury(job, 'the signed bytes are no Stripe event');
    } else if (translation.kind === 'fetch') {
      await this.settleByFetching(job, translation);
    } else if (translation.kind !== 'ignored') {
      await this.park(job, translation);
    }
  }

  /** The object as Stripe has it now. No transaction is open across the call. */
  private async settleByFetching(job: ClaimedJob, wanted: Extract<StripeEventTranslation, { kind: 'fetch' }>): Promise<void> {
    try {
      const events = await this.objects.fetch(wanted);
      const event = events.at(-1);
      if (event === undefined) {
        await this.applyInTransaction([], [{ job, outcome: 'ignored', detail: 'the object does not exist at Stripe' }]);
        return;
      }
      const outcome = await this.applyFetched(job, events);
      if (outcome === 'conflict') throw new Error('the fetched object conflicts with the row as well');
      if (outcome === 'not_found') await this.park(job, event);
    } catch (error) {
      if (error instanceof DatabaseUnavailableError) throw error;
      await this.fail(job, error);
    }
  }

  /** Applies fetched objects and, when the last of them is settled, removes the job in the same transaction. */
  private async applyFetched(job: ClaimedJob, events: readonly SourcedEvent['event'][]): Promise<ApplyOutcome> {
    const sourced = events.map((event) => ({ eventId: job.stripeEventId, event, evidence: 'snapshot' as const }));
    const outcome = await this.database.transaction(async (transaction) => {
      const last = (await this.applier.apply(sourced, transaction)).at(-1) ?? 'unchanged';
      if (last === 'applied' || last === 'unchanged') await this.jobs.finish([{ job, outcome: last, detail: 'fetched' }], transaction);
      return last;
    });
    if (outcome === 'applied' || outcome === 'unchanged') webhookAttemptsTotal.inc({ outcome });
    return outcome;
  }

  /** The payment is not there: perhaps its request has not committed yet. At the end of the schedule only Stripe can say whose it is. */
  private async park(job: ClaimedJob, event: SourcedEvent['event']): Promise<void> {
    const waitMs = parkedWaitMs(job.turn, random());
    webhookAttemptsTotal.inc({ outcome: 'waiting' });
    if (waitMs !== null) {
      await this.jobs.postpone([{ job, status: 'waiting', waitMs, error: 'the payment is not here yet' }]);
      return;
    }
    if (await this.objects.isForeignPayment(paymentOf(event))) {
      await this.applyInTransaction([], [{ job, outcome: 'ignored', detail: 'not_ours' }]);
    } else await this.bury(job, 'the payment never appeared here');
  }

  /** A refund or a dispute may have been refused because its payment is behind: both are fetched. Anything else has failed. */
  private async giveBack(applicable: readonly Applicable[], ignored: readonly FinishedJob[], error: unknown): Promise<Work[]> {
    const isBehind = ({ sourced }: Applicable): boolean => 'paymentGatewayId' in sourced.event.object && !(error instanceof LeaseLostError);
    const fetches = applicable.filter(isBehind).map(({ job, sourced }) => ({ job, translation: fetchOf(sourced.event) }));
    if (fetches.length > 0) return fetches;
    for (const { job } of [...applicable, ...ignored]) await this.fail(job, error);
    return [];
  }

  private async fail(job: ClaimedJob, error: unknown): Promise<void> {
    // Whoever holds the job now decides about it.
    if (error instanceof LeaseLostError) return;
    const text = error instanceof Error ? `${error.name}: ${error.message}` : 'unknown error';
    const waitMs = failureWaitMs(job.turn, random());
    webhookAttemptsTotal.inc({ outcome: 'failed' });
    this.logger.warn({ event: 'webhook_event_failed', stripeEventId: job.stripeEventId, attempt: job.attempt, error: text });
    if (waitMs === null) await this.bury(job, text);
    else await this.jobs.postpone([{ job, status: 'failed', waitMs, error: text }]);
  }

  private async bury(job: ClaimedJob, error: string): Promise<void> {
    webhookAttemptsTotal.inc({ outcome: 'dead' });
    this.logger.error({ event: 'webhook_event_dead', stripeEventId: job.stripeEventId, attempts: job.attempt, error });
    await this.jobs.bury(job, error);
  }
}

/** Stripe's id of the payment that an event is about, or of whatever else it is about. */
function paymentOf(event: SourcedEvent['event']): string {
  return 'paymentGatewayId' in event.object ? event.object.paymentGatewayId : event.object.gatewayId;
}

/** A payment intent without our metadata was made elsewhere; of a refund or a dispute the event alone cannot tell. */
function isOurs(event: SourcedEvent['event']): boolean {
  return event.kind !== 'payment' || event.object.paymentId !== null;
}

function fetchOf(event: SourcedEvent['event']): StripeEventTranslation {
  // A customer that was deleted there is no more to be fetched, and is never in conflict with anything.
  return event.kind === 'customer_deleted' ? event : { kind: 'fetch', object: event.kind, gatewayId: event.object.gatewayId };
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function random(): number {
  return randomInt(1_000_000) / 1_000_000;
}
