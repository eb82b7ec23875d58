import { Injectable } from '@nestjs/common';
import { assert, isId } from '#kernel';
import { Database } from '#platform';
import { type Customer, CustomersRepository } from './customers.repository.js';
import { type PaymentCaller } from '../payment.js';
import { CustomerNotFoundError } from '../payments.errors.js';
import { type PageRequest } from '../payment-lists.repository.js';

/** Customers of a merchant: one for each address. */
@Injectable()
export class CustomersService {
  constructor(
    private readonly database: Database,
    private readonly customers: CustomersRepository,
  ) {}

  /** The customer with that address, made if need be. */
  async getOrCreate(caller: PaymentCaller, email: string): Promise<Customer> {
    const id = await this.database.transaction((transaction) => this.customers.getOrCreate(transaction, caller, email));
    const customer = await this.customers.find(caller, id);
    assert(customer, 'customers are never deleted');
    return customer;
  }

  /** @throws CustomerNotFoundError also for another merchant's or mode's. */
  async get(caller: PaymentCaller, id: string, param = 'id'): Promise<Customer> {
    const customer = isId('customer', id) ? await this.customers.find(caller, id) : null;
    if (!customer) throw new CustomerNotFoundError(param);
    return customer;
  }

  /** One page, newest first. */
  async list(caller: PaymentCaller, page: PageRequest): Promise<{ data: Customer[]; hasMore: boolean }> {
    const customers = await this.customers.list(caller, { ...page, limit: page.limit + 1 });
    return { data: customers.slice(0, page.limit), hasMore: customers.length > page.limit };
  }
}
