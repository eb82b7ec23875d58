import { parseStripeEvent, type StripeEventTranslation, translateStripeEvent } from '#stripe';

/** What the inbox holds of an event. */
export interface StoredEvent {
  readonly type: string;
  readonly objectId: string | null;
  readonly paymentIntentId: string | null;
  /** Empty once its time is over. */
  readonly payload: Buffer;
}

/**
 * What a stored event means. One without its bytes names its object still: that is fetched.
 *
 * @throws AssertionError for an amount or a currency that this product cannot hold.
 */
export function translateStoredEvent({ type, objectId, paymentIntentId, payload }: StoredEvent): StripeEventTranslation {
  const remembered = { data: { object: { id: objectId, payment_intent: paymentIntentId } } };
  return translateStripeEvent(type, payload.length === 0 ? remembered : parseStripeEvent(payload));
}
