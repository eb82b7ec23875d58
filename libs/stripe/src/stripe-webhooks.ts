/** What Stripe posts to us: the signature over the raw bytes, then the few fields of the envelope that the inbox keeps beside them. */
import { createHash, createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { type Clock, DomainError, SECOND_MS } from '#kernel';

/** Stripe's own tolerance: an older signature may be a captured request, a newer one comes from a clock that is wrong. */
const TOLERANCE_MS = 300 * SECOND_MS;
// A header holds one timestamp and a signature per active secret; Stripe sends some 150 characters.
const MAX_HEADER_LENGTH = 2_048;
const SIGNATURE_HEX_LENGTH = 64;
// Columns of the inbox are narrow; Stripe's longest event type has 63 characters.
const MAX_FIELD_LENGTH = 255;

/** The request does not carry a signature that one of our secrets made within the last five minutes. */
export class WebhookSignatureInvalidError extends DomainError {
  constructor(readonly reason: 'header_missing' | 'header_malformed' | 'timestamp_outside_tolerance' | 'signature_mismatch') {
    super('invalid', 'webhook_signature_invalid', 'The Stripe-Signature header does not match the body.', { advice: 'do_not_retry' });
  }
}

/** The fields of an event that the inbox keeps in columns. The payload is the truth; these only find it again. */
export interface StripeEventEnvelope {
  readonly stripeEventId: string;
  /** The connected account, or '' for our own. */
  readonly account: string;
  readonly livemode: boolean;
  readonly type: string;
  readonly apiVersion: string | null;
  /** The id of the object that the event is about, when it has one. */
  readonly objectId: string | null;
  /** The payment intent that the object is or belongs to: what leads to our payment and its merchant. */
  readonly paymentIntentId: string | null;
  /** Stripe's clock. */
  readonly createdAt: Date;
}

/** The type under which signed bytes that are no event are kept: nothing that Stripe signed is thrown away. */
export const UNREADABLE_EVENT_TYPE = 'unreadable';

/**
 * Checks `Stripe-Signature` against every active secret, so that one secret can replace another and a Connect endpoint can stand beside
 * the account's own.
 *
 * @see https://docs.stripe.com/webhooks#verify-manually (checked 2026-11)
 */
export class StripeWebhookVerifier {
  private readonly keys: readonly KeyObject[];
  /** The secret that matched last is tried first: all but a few events of a rotation need one hash. */
  private preferred = 0;

  /** @param secrets - `whsec_…`, used as they are: Stripe does not decode them. */
  constructor(
    secrets: readonly string[],
    private readonly clock: Clock,
  ) {
    this.keys = secrets.map((secret) => createSecretKey(secret, 'utf8'));
  }

  /**
   * @param body - The bytes as they came, before anything has parsed them.
   * @returns The position of the secret that matched.
   * @throws WebhookSignatureInvalidError
   */
  verify(body: Buffer, header: string | undefined): number {
    if (header === undefined || header === '') throw new WebhookSignatureInvalidError('header_missing');
    const { timestamp, signatures } = parseHeader(header);
    if (Math.abs(this.clock.now().getTime() - Number(timestamp) * SECOND_MS) > TOLERANCE_MS) {
      throw new WebhookSignatureInvalidError('timestamp_outside_tolerance');
    }
    for (let tried = 0; tried < this.keys.length; tried++) {
      const index = (this.preferred + tried) % this.keys.length;
      const key = this.keys[index];
      if (key === undefined) continue;
      const expected = createHmac('sha256', key).update(`${timestamp}.`).update(body).digest();
      if (signatures.some((signature) => timingSafeEqual(signature, expected))) {
        this.preferred = index;
        return index;
      }
    }
    throw new WebhookSignatureInvalidError('signature_mismatch');
  }
}

function parseHeader(header: string): { timestamp: string; signatures: Buffer[] } {
  if (header.length > MAX_HEADER_LENGTH) throw new WebhookSignatureInvalidError('header_malformed');
  let timestamp: string | undefined;
  const signatures: Buffer[] = [];
  for (const part of header.split(',')) {
    const separator = part.indexOf('=');
    const name = part.slice(0, separator).trim();
    const value = part.slice(separator + 1);
    if (name === 't') timestamp = value;
    else if (name === 'v1' && value.length === SIGNATURE_HEX_LENGTH) {
      const signature = Buffer.from(value, 'hex');
      // Shorter when a character is not hexadecimal.
      if (signature.length === SIGNATURE_HEX_LENGTH / 2) signatures.push(signature);
    }
  }
  if (timestamp === undefined || !/^\d{1,12}$/.test(timestamp) || signatures.length === 0) {
    throw new WebhookSignatureInvalidError('header_malformed');
  }
  return { timestamp, signatures };
}

/**
 * Reads the envelope of a verified body. Never throws: what cannot be read is kept under {@link UNREADABLE_EVENT_TYPE} with the hash of its
 * bytes for an id, and ends with the dead letters, where a person sees it.
 *
 * @param livemode - For bodies that do not say.
 */
export function readStripeEnvelope(body: Buffer, receivedAt: Date, livemode: boolean): StripeEventEnvelope {
  const event = parseStripeEvent(body);
  if (event === null || typeof event['id'] !== 'string' || event['id'] === '' || typeof event['type'] !== 'string') {
    const stripeEventId = `sha256:${createHash('sha256').update(body).digest('hex')}`;
    return {
      stripeEventId,
      account: '',
      livemode,
      type: UNREADABLE_EVENT_TYPE,
      apiVersion: null,
      objectId: null,
      paymentIntentId: null,
      createdAt: receivedAt,
    };
  }
  return {
    stripeEventId: column(event['id']),
    // Thin events name the account `context`.
    account: textOf(event['account']) ?? textOf(event['context']) ?? '',
    livemode: typeof event['livemode'] === 'boolean' ? event['livemode'] : livemode,
    type: column(event['type']),
    apiVersion: textOf(event['api_version']),
    objectId: objectIdOf(event),
    paymentIntentId: paymentIntentIdOf(event),
    createdAt: createdAtOf(event['created']) ?? receivedAt,
  };
}

/** The JSON object in a webhook's bytes, or null when there is none. */
export function parseStripeEvent(body: Buffer): Readonly<Record<string, unknown>> | null {
  try {
    const text = body.toString('utf8');
    // A byte order mark is legal UTF-8 and no JSON.
    return recordOf(JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text));
  } catch {
    // Not JSON: the caller keeps the bytes and says so.
    return null;
  }
}

function objectIdOf(event: Readonly<Record<string, unknown>>): string | null {
  const snapshot = recordOf(recordOf(event['data'])?.['object']);
  return textOf(snapshot?.['id']) ?? textOf(recordOf(event['related_object'])?.['id']);
}

function paymentIntentIdOf(event: Readonly<Record<string, unknown>>): string | null {
  const snapshot = recordOf(recordOf(event['data'])?.['object']);
  if (snapshot === null) return null;
  if (snapshot['object'] === 'payment_intent') return textOf(snapshot['id']);
  return textOf(snapshot['payment_intent']) ?? textOf(recordOf(snapshot['payment_intent'])?.['id']);
}

function createdAtOf(created: unknown): Date | null {
  // Snapshot events count seconds, thin events write RFC 3339.
  const date = typeof created === 'number' ? new Date(created * SECOND_MS) : typeof created === 'string' ? new Date(created) : null;
  return date === null || Number.isNaN(date.getTime()) ? null : date;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? column(value) : null;
}

/** Text that any column takes: PostgreSQL refuses NUL, and UTF-8 has no half surrogates. */
function column(text: string): string {
  const short = text.length > MAX_FIELD_LENGTH ? text.slice(0, MAX_FIELD_LENGTH) : text;
  return short.includes('\0') || !short.isWellFormed() ? short.replaceAll('\0', '\ufffd').toWellFormed() : short;
}
