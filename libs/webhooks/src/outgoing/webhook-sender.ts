import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { OutboundAddressRefusedError, type OutboundAnswer, OutboundHttp, PersonalDataCipher } from '#security';
import { retryAfterMs } from '../domain/delivery-schedule.js';
import { eventBodyOf } from './merchant-event.js';
import { sealedPlaceOf } from './sealed-place.js';
import { standardWebhookHeaders } from './standard-webhook.js';
import type { ClaimedDelivery, DeliveryAttempt } from './webhook-deliveries.repository.js';

const TIMEOUT_MS = 15_000;
const RESPONSE_BYTES = 1_024;

/** Signs one delivery and sends it: redirects are not followed, and only public addresses are reached. */
@Injectable()
export class WebhookSender {
  constructor(
    private readonly http: OutboundHttp,
    private readonly cipher: PersonalDataCipher,
    private readonly clock: Clock,
  ) {}

  /** @returns The attempt for the log, and the milliseconds that the receiver asks to wait. */
  async send(delivery: ClaimedDelivery): Promise<{ attempt: DeliveryAttempt; retryAfter: number | null }> {
    const body = eventBodyOf({ ...delivery, id: delivery.eventId });
    const place = sealedPlaceOf(delivery.endpointId);
    const secrets = [delivery.secretSealed, delivery.formerSecretSealed].filter((sealed) => sealed !== null);
    const now = this.clock.now();
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'UniversalPaymentProtocol-Webhooks/1',
      ...standardWebhookHeaders(
        delivery.eventId,
        body,
        now,
        secrets.map((sealed) => this.cipher.open(sealed, place)),
      ),
    };
    const answer = await this.answerOf(delivery.url, headers, body);
    if (answer.outcome === 'failed') {
      return { attempt: { httpStatus: null, error: answer.reason, durationMs: answer.durationMs, response: null }, retryAfter: null };
    }
    const response = answer.body.replaceAll('\0', '\ufffd').toWellFormed();
    return {
      attempt: { httpStatus: answer.status, error: null, durationMs: answer.durationMs, response },
      retryAfter: retryAfterMs(answer.headers['retry-after'], now),
    };
  }

  private async answerOf(
    url: string,
    headers: Record<string, string>,
    body: string,
  ): Promise<Exclude<OutboundAnswer, { outcome: 'failed' }> | { outcome: 'failed'; reason: string; durationMs: number }> {
    try {
      return await this.http.send({ url, method: 'POST', headers, body, timeoutMs: TIMEOUT_MS, maxResponseBytes: RESPONSE_BYTES });
    } catch (error) {
      if (!(error instanceof OutboundAddressRefusedError)) throw error;
      return { outcome: 'failed', reason: 'address_refused', durationMs: 0 };
    }
  }
}
