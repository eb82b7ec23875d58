import { Injectable } from '@nestjs/common';
import { Database, type Queryable } from '#platform';
import { AuditLog } from '#security';
import { EventApplier } from './event-applier.js';
import { translateStoredEvent } from './stored-event.js';
import {
  WebhookAdminRepository,
  type WebhookAttemptRow,
  type WebhookEffectRow,
  type WebhookEventFilter,
  type WebhookEventRow,
  type WebhookLag,
} from './webhook-admin.repository.js';
import { WebhookProcessor } from './webhook-processor.js';
import { WebhookEventNotFoundError } from './webhooks.errors.js';

/** Events that one replay by filter takes at most; the answer says whether more match. */
export const REPLAY_LIMIT = 1_000;
// A dry run opens a transaction per event; more than a screen of them helps nobody.
const DRY_RUN_LIMIT = 100;

/** Who asks, for the audit log and for what may be seen. */
export interface WebhookOperator {
  readonly actor: string;
  /** null: the whole deployment. */
  readonly merchantId: string | null;
  readonly requestId: string;
  readonly ip: string;
}

/** Everything that is known of one event. */
export interface WebhookEventDetail {
  readonly event: WebhookEventRow;
  readonly payload: Buffer;
  readonly attempts: readonly WebhookAttemptRow[];
  readonly effects: readonly WebhookEffectRow[];
}

/** What of a payment a replay may change. Amounts in minor units. */
export interface PaymentState {
  readonly status: string;
  readonly amountCapturable: number;
  readonly amountReceived: number;
  readonly amountRefunded: number;
  readonly amountDisputed: number;
}

/** What replaying one event would do. */
export interface ReplayPreview {
  readonly event: WebhookEventRow;
  /** As of an attempt; `would_fetch` when only Stripe's object can tell, `error` with its text when it would fail. */
  readonly outcome: string;
  readonly before: PaymentState | null;
  readonly after: PaymentState | null;
}

/** Carries a result out of a transaction that must not commit. */
class RolledBack extends Error {
  constructor(readonly preview: Omit<ReplayPreview, 'event'>) {
    super('a dry run changes nothing');
  }
}

/** What people do with the inbox. Every change and every look at a payload is audited. */
@Injectable()
export class WebhookAdminService {
  constructor(
    private readonly database: Database,
    private readonly events: WebhookAdminRepository,
    private readonly applier: EventApplier,
    private readonly processor: WebhookProcessor,
    private readonly audit: AuditLog,
  ) {}

  /** One page, newest first; one row more than `limit` is fetched to know whether there are more. */
  async list(
    filter: WebhookEventFilter,
    page: { readonly limit: number; readonly before: number | null },
  ): Promise<{ events: WebhookEventRow[]; hasMore: boolean }> {
    const rows = await this.events.list(filter, { ...page, limit: page.limit + 1 });
    return { events: rows.slice(0, page.limit), hasMore: rows.length > page.limit };
  }

  lag(): Promise<WebhookLag> {
    return this.events.lag();
  }

  /** @throws WebhookEventNotFoundError */
  async read(sequence: number, operator: WebhookOperator): Promise<WebhookEventDetail> {
    const event = await this.get(sequence, operator);
    // Payloads hold personal data: who read them is written down before they are shown.
    await this.audit.record(this.database, {
      ...lineOf(operator),
      action: 'webhook_event_read',
      objectId: event.stripeEventId,
    });
    const [payload, attempts, effects] = await Promise.all([
      this.events.payloadOf(sequence),
      this.events.listAttempts(sequence),
      this.events.listEffects(event.stripeEventId, event.paymentId),
    ]);
    return { event, payload, attempts, effects };
  }

  /**
   * Makes one event due now. Effects are guarded by the state of the payment, so an event that was applied before ends as `unchanged`.
   *
   * @throws WebhookEventNotFoundError
   */
  async replay(sequence: number, reason: string, operator: WebhookOperator): Promise<WebhookEventRow> {
    await this.get(sequence, operator);
    await this.requeue([sequence], reason, operator);
    return this.get(sequence, operator);
  }

  /** Makes every matching event due now, oldest of the newest {@link REPLAY_LIMIT} first. */
  async replayMatching(
    filter: WebhookEventFilter,
    reason: string,
    operator: WebhookOperator,
  ): Promise<{ replayed: number; hasMore: boolean }> {
    const { events, hasMore } = await this.list(filter, { limit: REPLAY_LIMIT, before: null });
    const sequences = events.map(({ sequence }) => sequence);
    return { replayed: sequences.length === 0 ? 0 : await this.requeue(sequences, reason, operator), hasMore };
  }

  /** What {@link replayMatching} would change, payment by payment. Nothing is written and Stripe is not asked. */
  async previewMatching(filter: WebhookEventFilter): Promise<{ previews: ReplayPreview[]; hasMore: boolean }> {
    const { events, hasMore } = await this.list(filter, { limit: DRY_RUN_LIMIT, before: null });
    const previews: ReplayPreview[] = [];
    for (const event of events) previews.push({ event, ...(await this.preview(event)) });
    return { previews, hasMore };
  }

  private async preview(event: WebhookEventRow): Promise<Omit<ReplayPreview, 'event'>> {
    try {
      const translation = translateStoredEvent({ ...event, payload: await this.events.payloadOf(event.sequence) });
      if (translation.kind === 'fetch') return unchanged('would_fetch');
      if (translation.kind === 'ignored' || translation.kind === 'unreadable') return unchanged(translation.kind);
      await this.database.transaction(async (transaction) => {
        const before = await stateOf(transaction, event.paymentId);
        const [outcome] = await this.applier.apply([{ eventId: event.stripeEventId, event: translation, evidence: 'hint' }], transaction);
        throw new RolledBack({ outcome: outcome ?? 'unchanged', before, after: await stateOf(transaction, event.paymentId) });
      });
      return unchanged('unchanged');
    } catch (error) {
      if (error instanceof RolledBack) return error.preview;
      return unchanged(error instanceof Error ? `error: ${error.message}` : 'error');
    }
  }

  private async requeue(sequences: readonly number[], reason: string, operator: WebhookOperator): Promise<number> {
    const count = await this.database.transaction(async (transaction) => {
      const requeued = await this.events.requeue(transaction, sequences, reason);
      await this.audit.record(transaction, {
        ...lineOf(operator),
        action: 'webhook_events_replayed',
        objectId: sequences.length === 1 ? `whe_${String(sequences[0])}` : null,
        changes: { count: requeued, first: sequences.at(-1), last: sequences[0] },
        reason,
      });
      return requeued;
    });
    this.processor.kick();
    return count;
  }

  private async get(sequence: number, operator: WebhookOperator): Promise<WebhookEventRow> {
    const event = await this.events.find(sequence, operator.merchantId);
    if (event === null) throw new WebhookEventNotFoundError();
    return event;
  }
}

async function stateOf(transaction: Queryable, paymentId: string | null): Promise<PaymentState | null> {
  const [row] = await transaction.query<PaymentState>(
    `select status, amount_capturable_minor as "amountCapturable", amount_received_minor as "amountReceived",
       amount_refunded_minor as "amountRefunded", amount_disputed_minor as "amountDisputed" from payments where id = $1`,
    [paymentId],
  );
  return row ?? null;
}

function unchanged(outcome: string): Omit<ReplayPreview, 'event'> {
  return { outcome, before: null, after: null };
}

function lineOf(operator: WebhookOperator): { merchantId: string | null; actor: string; requestId: string; ip: string } {
  return { merchantId: operator.merchantId, actor: operator.actor, requestId: operator.requestId, ip: operator.ip };
}
