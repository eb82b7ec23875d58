import { Injectable } from '@nestjs/common';
import { redactEvent } from '../domain/event-redaction.js';
import { ErasedEventsRepository } from './erased-events.repository.js';

// About 10 MB of events.
const BATCH = 5_000;

/**
 * Takes erased people out of Stripe's raw events, also out of those that arrive after the erasure; a job of the worker.
 *
 * Redaction rather than encryption: which person an event is about is known only after it was understood, and a key for each event would cost every
 * event of every payment; erasures are few.
 */
@Injectable()
export class ErasedEventsService {
  constructor(private readonly repository: ErasedEventsRepository) {}

  /** Looks through one part of the inbox. Two workers at it do no harm. @returns More than 0 when there is more to look through. */
  async redactNext(): Promise<number> {
    const range = await this.repository.nextRange(BATCH);
    if (range === null) return 0;
    for (const { sequence, payload } of await this.repository.ofErased(range)) {
      await this.repository.redact(sequence, Buffer.from(JSON.stringify(redactEvent(parse(payload)).kept)));
    }
    await this.repository.advance(range);
    return range.settledTo - range.from;
  }
}

/** The event; null for bytes that are none, of which then nothing remains. */
export function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    return null;
  }
}
