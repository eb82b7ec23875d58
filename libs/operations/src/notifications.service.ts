/** Tells operators, by mail and webhook: queued with the fact, sent by a worker, repeated until it is taken. */
import { Injectable, Logger } from '@nestjs/common';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '#kernel';
import { AppConfig, type Queryable } from '#platform';
import { OutboundHttp } from '#security';
import { Mailer, MailRefusedError } from './mailer.js';
import { notificationsTotal } from './metrics.js';
import { type ClaimedNotification, NotificationsRepository } from './notifications.repository.js';

/** A fact to be told to every recipient that the configuration names. */
export interface OperatorMessage {
  readonly subject: string;
  /** For people. */
  readonly text: string;
  /** For programs. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** Names the fact: the same one is told each recipient once. */
  readonly dedupeKey: string;
}

// At least three for one recipient at the same time become one mail.
const DIGEST_FROM = 3;
const BATCH_SIZE = 50;
const WEBHOOK_TIMEOUT_MS = 10 * SECOND_MS;
const MAX_RESPONSE_BYTES = 1_024;
// 1, 2, 4 … 64 minutes and then every hour: two days until it is given up.
const FIRST_WAIT_MS = MINUTE_MS;
const ATTEMPTS = 54;

/** The durable queue of notifications. */
@Injectable()
export class NotificationsService {
  private readonly logger = new Logger('Notifications');

  constructor(
    private readonly repository: NotificationsRepository,
    private readonly mailer: Mailer,
    private readonly http: OutboundHttp,
    private readonly config: AppConfig,
  ) {}

  /** Queues a message for every recipient of alerts, in the transaction of what it tells of. */
  async tellOperators(transaction: Queryable, message: OperatorMessage): Promise<void> {
    const { subject, text, facts, dedupeKey } = message;
    const { mailTo, webhookUrl } = this.config.alerts;
    if (this.mailer.isConfigured) {
      for (const recipient of mailTo) {
        await this.repository.insert(transaction, {
          channel: 'mail',
          recipient,
          subject,
          body: text,
          dedupeKey: `${dedupeKey}:mail:${recipient}`,
        });
      }
    }
    if (webhookUrl !== null) {
      const body = JSON.stringify({ text: `${subject}\n${text}`, ...facts });
      // The address may hold a token: the row says where from the configuration it is taken.
      await this.repository.insert(transaction, {
        channel: 'webhook',
        recipient: 'ALERT_WEBHOOK_URL',
        subject,
        body,
        dedupeKey: `${dedupeKey}:webhook`,
      });
    }
  }

  /** Sends what is due for one recipient. @returns How many notifications were taken up. */
  async deliverDue(): Promise<number> {
    const batch = await this.repository.claimDue(BATCH_SIZE);
    const [first] = batch;
    if (first === undefined) return 0;
    if (first.channel === 'webhook') for (const each of batch) await this.attempt([each], () => this.post(each));
    else await this.deliverMail(batch);
    return batch.length;
  }

  private async deliverMail(batch: readonly ClaimedNotification[]): Promise<void> {
    if ((await this.repository.countSentLastHour()) >= this.config.mail.maxPerHour) {
      await this.repository.postpone(idsOf(batch), MINUTE_MS, 'MAIL_MAX_PER_HOUR is reached');
      return;
    }
    if (batch.length < DIGEST_FROM) for (const each of batch) await this.attempt([each], () => this.mail(each));
    else await this.attempt(batch, () => this.mail(digestOf(batch)));
  }

  /** One attempt for notifications that go together. */
  private async attempt(batch: readonly ClaimedNotification[], send: () => Promise<void>): Promise<void> {
    const { channel, attempts } = batch[0] as ClaimedNotification;
    try {
      await send();
      await this.repository.markSent(idsOf(batch));
      notificationsTotal.inc({ channel, outcome: 'sent' }, batch.length);
    } catch (error) {
      const isFinal = (error instanceof MailRefusedError && error.isFinal) || attempts >= ATTEMPTS;
      await this.repository.postpone(idsOf(batch), isFinal ? null : waitMs(attempts), (error as Error).message);
      notificationsTotal.inc({ channel, outcome: isFinal ? 'given_up' : 'postponed' }, batch.length);
      this.logger.warn({ event: 'notification_not_sent', channel, isFinal, count: batch.length, reason: (error as Error).message });
    }
  }

  private mail({ id, recipient, subject, body }: Pick<ClaimedNotification, 'id' | 'recipient' | 'subject' | 'body'>): Promise<void> {
    return this.mailer.send({ to: recipient, subject, text: body, id });
  }

  private async post({ id, body }: ClaimedNotification): Promise<void> {
    const url = this.config.alerts.webhookUrl;
    if (url === null) throw new MailRefusedError('ALERT_WEBHOOK_URL is not set any more', true, null);
    const answer = await this.http.send({
      url,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': id },
      body,
      timeoutMs: WEBHOOK_TIMEOUT_MS,
      maxResponseBytes: MAX_RESPONSE_BYTES,
    });
    if (answer.outcome === 'failed') throw new Error(answer.reason);
    if (answer.status < 200 || answer.status >= 300) throw new Error(`status ${answer.status}`);
  }
}

function digestOf(batch: readonly ClaimedNotification[]): Pick<ClaimedNotification, 'id' | 'recipient' | 'subject' | 'body'> {
  const { id, recipient } = batch[0] as ClaimedNotification;
  const body = batch.map((each) => `${each.subject}\n${'-'.repeat(each.subject.length)}\n${each.body}`).join('\n\n\n');
  return { id, recipient, subject: `${batch.length} messages`, body };
}

function idsOf(batch: readonly ClaimedNotification[]): string[] {
  return batch.map(({ id }) => id);
}

function waitMs(attempts: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** (attempts - 1), HOUR_MS);
}
