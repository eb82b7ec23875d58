/** What must not happen inside a request, as a table: each job is asked for work again and again, and waits while there is none. */
import { type INestApplicationContext } from '@nestjs/common';
import { PaymentCompleter, RefundsService } from '#payments';
import { SECOND_MS } from '#kernel';

/** One kind of background work. */
export interface Job {
  /** For logs. */
  readonly name: string;
  /** Pause after a round without work, or after an error. */
  readonly pauseMs: number;
  /** One round. @returns How much was done; more than 0 means that the next round follows at once. */
  readonly run: () => Promise<number>;
}

/** Every job of the worker besides the webhook inbox, which has its own loop because it can also be kicked. */
export function jobsOf(app: INestApplicationContext): readonly Job[] {
  const completer = app.get(PaymentCompleter);
  const refunds = app.get(RefundsService);
  return [
    { name: 'complete payments', pauseMs: SECOND_MS, run: () => completer.completeDue() },
    { name: 'complete refunds', pauseMs: 2 * SECOND_MS, run: () => refunds.completeDue({ source: 'completer', sourceId: null }) },
  ];
}
