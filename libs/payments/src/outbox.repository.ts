import { Injectable } from '@nestjs/common';
import { Database } from '#platform';
import { paymentResponseOf } from './dto/payment.response.js';
import { type Payment } from './payment.js';

/** SQL of `outbox_events`: what merchants are told, with the object as it was at that moment. */
@Injectable()
export class OutboxRepository {
  constructor(private readonly database: Database) {}

  /** Appends an event of a payment; once for each of its versions. */
  async append(type: 'payment.capture_expiring', payment: Payment): Promise<void> {
    await this.database.query(
      `insert into outbox_events (id, merchant_id, livemode, type, object_id, sequence, data) values ($1, $2, $3, $4, $5, $6, $7)
       on conflict (id) do nothing`,
      // Derived from what it tells, as the ids of the payment's other events: telling it again is the same event.
      [
        `evt_${payment.id.slice('pay_'.length)}_${payment.version}_${type.slice('payment.'.length)}`,
        payment.merchantId,
        payment.livemode,
        type,
        payment.id,
        payment.version,
        JSON.stringify(paymentResponseOf(payment)),
      ],
    );
  }
}
