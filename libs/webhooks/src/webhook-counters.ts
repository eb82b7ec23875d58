import { Injectable } from '@nestjs/common';

/** Plain counters of this process, read by the monitoring library. They only grow. */
@Injectable()
export class WebhookCounters {
  /** Events committed to the inbox for the first time. */
  stored = 0;
  /** Deliveries of an event that was there already. */
  duplicates = 0;
  /** Requests refused with 400, by reason. */
  readonly signatureInvalid: Record<string, number> = {};
  /** Requests answered with 503: the queue was full or the database away. */
  unavailable = 0;
  /** Requests over the size limit. */
  tooLarge = 0;
  /** Deliveries by the position of the secret that signed them: an old secret at rest may be removed. */
  readonly signedBySecret: Record<number, number> = {};
  /** Attempts to process, by outcome. */
  readonly processed: Record<string, number> = {};

  /** Merchants' endpoints that were disabled because they are gone or failed for days. */
  endpointsDisabled = 0;

  /** Adds one to `record[key]`. */
  count<Key extends string | number>(record: Record<Key, number>, key: Key, by = 1): void {
    // Own keys only: reasons come from closed sets, never from the request.
    record[key] = ((record as Partial<Record<Key, number>>)[key] ?? 0) + by;
  }
}
