import { Injectable } from '@nestjs/common';
import { isId } from '#kernel';
import { type PaymentCaller } from '../payment.js';
import { type Dispute, type DisputeMovement } from './dispute.js';
import { DisputeNotFoundError } from './disputes.errors.js';
import { type DisputePage, DisputesRepository } from './disputes.repository.js';

/** What merchants and analysts see of disputes. */
@Injectable()
export class DisputesService {
  constructor(private readonly disputes: DisputesRepository) {}

  /** One page, newest first; one row more than `limit` is fetched to know whether there are more. */
  async list(caller: PaymentCaller, page: DisputePage): Promise<{ readonly data: Dispute[]; readonly hasMore: boolean }> {
    const rows = await this.disputes.list(caller, { ...page, limit: page.limit + 1 });
    return { data: rows.slice(0, page.limit), hasMore: rows.length > page.limit };
  }

  /** @throws DisputeNotFoundError */
  async get(caller: PaymentCaller, id: string): Promise<Dispute> {
    const dispute = isId('dispute', id) ? await this.disputes.find(caller, id) : null;
    if (!dispute) throw new DisputeNotFoundError();
    return dispute;
  }

  /** The money of a dispute in the order in which Stripe booked it. @throws DisputeNotFoundError */
  async listMovements(caller: PaymentCaller, id: string): Promise<DisputeMovement[]> {
    return this.disputes.listMovements((await this.get(caller, id)).id);
  }
}
