/** Finds what was never delivered: Stripe's list of events is read behind a cursor, into the same inbox, where duplicates cost nothing. */
import { Injectable, Logger } from '@nestjs/common';
import { Clock, DAY_MS, HOUR_MS, MINUTE_MS } from '#kernel';
import { AppConfig, Database } from '#platform';
import { readStripeEnvelope, StripeLists } from '#stripe';
import { WebhookInbox } from './webhook-inbox.js';

/** The lists: `undelivered` every five minutes, `all` every hour in case Stripe counts as delivered what we never stored. */
const LISTS = [
  { name: 'undelivered', everyMs: 5 * MINUTE_MS, undeliveredOnly: true },
  { name: 'all', everyMs: HOUR_MS, undeliveredOnly: false },
] as const;
type ListName = (typeof LISTS)[number]['name'];
// An event may enter the list, or fail to be delivered, some time after it was created.
const OVERLAP_MS = HOUR_MS;
// Stripe keeps events for 30 days; a cursor as old as that has lost something.
const HISTORY_MS = 30 * DAY_MS;
const ALARM_MS = DAY_MS;
// The cursor moves after each window, so that a long gap is closed in steps that are kept.
const WINDOW_MS = 6 * HOUR_MS;

/** Reads Stripe's events behind a cursor. */
@Injectable()
export class WebhookBackFill {
  private readonly logger = new Logger(WebhookBackFill.name);

  constructor(
    private readonly config: AppConfig,
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly lists: StripeLists,
    private readonly inbox: WebhookInbox,
  ) {}

  /**
   * Reads every list that is due.
   *
   * @returns How many events were offered to the inbox; most of them are known there.
   * @throws StripeListUnavailableError: what was read so far is kept, and the next round goes on.
   */
  async readDue(): Promise<number> {
    let offered = 0;
    const now = this.clock.now();
    for (const { name, everyMs, undeliveredOnly } of LISTS) {
      const readUntil = await this.cursorOf(name);
      if (readUntil !== null && now.getTime() - readUntil.getTime() < everyMs) continue;
      offered += await this.readList(name, readUntil, now, undeliveredOnly);
    }
    return offered;
  }

  /** Reads both lists now, whenever they were read last: for operators and tests. */
  async readNow(): Promise<number> {
    const now = this.clock.now();
    let offered = 0;
    for (const { name, undeliveredOnly } of LISTS) offered += await this.readList(name, await this.cursorOf(name), now, undeliveredOnly);
    return offered;
  }

  private async readList(name: ListName, readUntil: Date | null, now: Date, undeliveredOnly: boolean): Promise<number> {
    const oldest = now.getTime() - HISTORY_MS;
    this.warnWhenLate(name, readUntil, now);
    let fromMs = Math.max(oldest, readUntil === null ? oldest : readUntil.getTime() - OVERLAP_MS);
    let offered = 0;
    while (fromMs < now.getTime()) {
      const untilMs = Math.min(fromMs + WINDOW_MS, now.getTime());
      // Stripe counts in whole seconds; the current one may still grow, and is read again by the overlap.
      for await (const event of this.lists.events({ from: new Date(fromMs), until: new Date(untilMs + 1_000) }, undeliveredOnly)) {
        await this.offer(event);
        offered++;
      }
      await this.moveCursor(name, new Date(untilMs));
      fromMs = untilMs;
    }
    return offered;
  }

  private async offer(event: object): Promise<void> {
    // The list is no signed delivery: the bytes are the event as the SDK read it.
    const payload = Buffer.from(JSON.stringify(event));
    await this.inbox.store({ envelope: readStripeEnvelope(payload, this.clock.now(), this.config.isLive), payload, source: 'backfill' });
  }

  private warnWhenLate(name: string, readUntil: Date | null, now: Date): void {
    if (readUntil === null || now.getTime() - readUntil.getTime() <= ALARM_MS) return;
    this.logger.error({
      event: 'webhook_back_fill_late',
      list: name,
      behindHours: Math.round((now.getTime() - readUntil.getTime()) / HOUR_MS),
    });
  }

  private async cursorOf(name: string): Promise<Date | null> {
    const [row] = await this.database.query<{ readUntil: Date }>('select read_until as "readUntil" from webhook_cursors where name = $1', [
      name,
    ]);
    return row?.readUntil ?? null;
  }

  private async moveCursor(name: string, readUntil: Date): Promise<void> {
    await this.database.query(
      `insert into webhook_cursors (name, read_until) values ($1, $2)
       on conflict (name) do update set read_until = greatest(webhook_cursors.read_until, excluded.read_until), finished_at = now()`,
      [name, readUntil],
    );
  }
}
