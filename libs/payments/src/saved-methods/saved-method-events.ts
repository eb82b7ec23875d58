import { Injectable } from '@nestjs/common';
import { assertNever } from '#kernel';
import { type Queryable } from '#platform';
import { CustomersRepository } from '../customers/customers.repository.js';
import { SavedMethodChanges } from './saved-method-changes.js';
import { type SavedMethodEvent } from './saved-method-gateway.js';
import { SavedMethodsRepository } from './saved-methods.repository.js';

/**
 * What the processor says of saved methods by itself, in the transaction that also marks the event as processed.
 *
 * Setups and methods arrive as they were fetched, never as an event's own body. A method or a customer that is not ours changes nothing:
 * ours are committed before the processor hears of them, so there is nothing to wait for.
 */
@Injectable()
export class SavedMethodEvents {
  constructor(
    private readonly repository: SavedMethodsRepository,
    private readonly changes: SavedMethodChanges,
    private readonly customers: CustomersRepository,
  ) {}

  async apply(transaction: Queryable, event: SavedMethodEvent, eventId: string): Promise<'applied' | 'unchanged'> {
    const by = { actor: 'system:webhook', requestId: eventId };
    switch (event.kind) {
      case 'setup': {
        const { object } = event;
        if (object.savedMethodId === null || !(await this.repository.exists(transaction, object.savedMethodId))) return 'unchanged';
        return (await this.changes.applySetup(transaction, object.savedMethodId, object)).isNews ? 'applied' : 'unchanged';
      }
      case 'method': {
        const methods = await this.repository.listActiveByStripeId(transaction, event.object.gatewayId);
        let isNews = false;
        for (const { id } of methods) {
          if (event.object.customerGatewayId === null) {
            await this.changes.detach(transaction, id, by, true);
            isNews = true;
          } else isNews = (await this.changes.refresh(transaction, id, event.object)).isNews || isNews;
        }
        return isNews ? 'applied' : 'unchanged';
      }
      case 'customer_deleted': {
        const methods = await this.repository.listActiveOfStripeCustomer(transaction, event.object.gatewayId);
        for (const { id } of methods) await this.changes.detach(transaction, id, by, true);
        await this.customers.forgetStripeId(transaction, event.object.gatewayId);
        return methods.length > 0 ? 'applied' : 'unchanged';
      }
      default:
        return assertNever(event, 'saved method event');
    }
  }
}
