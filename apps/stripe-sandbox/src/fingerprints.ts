/** A card's fingerprint is made of its number alone, so the card of any payment method is found again by it. */
import { createHash } from 'node:crypto';
import { TEST_CARDS, type TestCard } from './cards.js';

/** The card's fingerprint: the same for every payment method of the card, as at Stripe. */
export function fingerprintOf(card: TestCard): string {
  const known = FINGERPRINTS.get(card.number);
  return known ?? fingerprint(card.number);
}

/** The test card behind a payment method; undefined for methods that are no card. */
export function cardOf(method: { readonly card?: { readonly fingerprint: string } }): TestCard | undefined {
  return method.card ? CARDS.get(method.card.fingerprint) : undefined;
}

function fingerprint(number: string): string {
  return createHash('sha256').update(number).digest('base64').replace(/[+/=]/g, '').slice(0, 16);
}

const FINGERPRINTS = new Map(TEST_CARDS.map((each) => [each.number, fingerprint(each.number)]));
const CARDS = new Map(TEST_CARDS.map((each) => [fingerprint(each.number), each]));
