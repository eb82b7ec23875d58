import { Injectable } from '@nestjs/common';
import { AppConfig, Database } from '#platform';
import { type Payment } from './payment.js';
import { PAYMENT_COLUMNS } from './payments.repository.js';

/** SQL of `payments` as a queue: when the completer looks at which. No look is a change of the payment: version and history stay as they are. */
@Injectable()
export class PaymentQueueRepository {
  constructor(
    private readonly database: Database,
    private readonly config: AppConfig,
  ) {}

  /** Takes up to `limit` payments that are due for a look, and keeps other completers away from them for the lease. */
  claimDue(limit: number, leaseSeconds: number): Promise<Payment[]> {
    return this.database.query<Payment>(
      `update payments set next_check_at = now() + make_interval(secs => $2), check_count = check_count + 1
       where id in (select id from payments where next_check_at <= now() and status <> 'accumulating' order by next_check_at limit $1 for update skip locked)
       returning ${PAYMENT_COLUMNS}`,
      [limit, leaseSeconds],
    );
  }

  /**
   * Takes a payment at rest for as long as a request may last, so that one alone asks the processor about it; a completer gives it back when that one dies.
   *
   * @returns false when it has changed since it was read, somebody else has it, or a look at it is still to come.
   */
  async takeAtRest({ id, version }: Payment): Promise<boolean> {
    const rows = await this.database.query(
      `update payments set next_check_at = now() + make_interval(secs => $3)
       where id = $1 and version = $2 and (next_check_at is null or next_check_at <= now()) and outcome_certainty = 'known' returning id`,
      [id, version, this.config.payments.requestLeaseSeconds],
    );
    return rows.length === 1;
  }

  /** Sets the next look at a payment that a look has not changed. */
  async scheduleCheck(payment: Payment, delayMs: number | null): Promise<void> {
    await this.database.query(
      `update payments set next_check_at = now() + make_interval(secs => $3::float8 / 1000) where id = $1 and version = $2`,
      [payment.id, payment.version, delayMs],
    );
  }
}
