/** The disorder of real webhooks, by seed: duplicates, reordering inside a window, delays and losses. Off unless asked for. */
import { SeededRandom } from './ids.js';

/** How webhooks misbehave. */
export interface DisorderSettings {
  /** Every delivery waits up to this many milliseconds, at random: events overtake each other. */
  windowMs: number;
  /** Share of deliveries sent twice, 0–1; the copies travel at the same time. */
  duplicate: number;
  /** Share of deliveries that never arrive, not even by a retry, 0–1. */
  drop: number;
  /** Share of deliveries that are late by `lateByMs`, 0–1. */
  late: number;
  /** Milliseconds of virtual time. */
  lateByMs: number;
  /** Seconds added to the signature's timestamp; below −300 a careful receiver refuses. */
  signatureSkewSeconds: number;
  /** Share of deliveries with one byte changed after signing, 0–1. */
  tamper: number;
  /** Copies of each event sent at the same time, 1 or more. */
  copies: number;
}

/** Everything in order, once, at once. */
export const NO_DISORDER: Readonly<DisorderSettings> = {
  windowMs: 0,
  duplicate: 0,
  drop: 0,
  late: 0,
  lateByMs: 0,
  signatureSkewSeconds: 0,
  tamper: 0,
  copies: 1,
};

/** `duplicate=0.1,windowMs=2000`. @throws Error for a name that is no setting, or a value that is no number. */
export function parseDisorder(text: string): Partial<DisorderSettings> {
  const settings: Record<string, number> = {};
  for (const part of text.split(',').filter((each) => each !== '')) {
    const [name = '', value = ''] = part.split('=');
    if (!(name in NO_DISORDER) || !/^-?\d+(\.\d+)?$/.test(value)) {
      throw new Error(`--disorder takes numbers for ${Object.keys(NO_DISORDER).join(', ')}, not ${part}`);
    }
    settings[name] = Number(value);
  }
  return settings;
}

/** Decides by its own seeded generator, so that ids stay the same with and without disorder. */
export class Disorder {
  private readonly random: SeededRandom;
  settings: DisorderSettings = { ...NO_DISORDER };

  constructor(seed: number) {
    this.random = new SeededRandom(seed ^ 0x5eed);
  }

  /** When each copy of an event leaves: none for a lost one. */
  delaysMs(eventType: string): number[] {
    const { windowMs, duplicate, drop, late, lateByMs, copies } = this.settings;
    if (this.hits(drop)) return [];
    const count = Math.max(copies, 1) + (this.hits(duplicate) ? 1 : 0);
    const baseMs = this.hits(late) ? lateByMs : 0;
    // `payment_intent.created` is often the last of its second to arrive, which receivers forget.
    const isLastMan = eventType === 'payment_intent.created' && windowMs > 0;
    const shiftMs = isLastMan ? windowMs / 2 : 0;
    return Array.from({ length: count }, () => baseMs + shiftMs + Math.floor(this.random.fraction() * windowMs));
  }

  /** The second that a signature names. */
  signedAt(nowSeconds: number): number {
    return nowSeconds + this.settings.signatureSkewSeconds;
  }

  /** The body as it arrives. */
  tamper(body: string): string {
    return this.hits(this.settings.tamper) ? body.replace('"livemode":false', '"livemode":true') : body;
  }

  private hits(share: number): boolean {
    return share > 0 && this.random.fraction() < share;
  }
}
