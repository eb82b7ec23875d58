/** What a person may ask for: a copy of their data, and its end. */
import { Injectable } from '@nestjs/common';
import { DomainError } from '#kernel';
import { Database } from '#platform';
import type { AuditContext } from '../api-keys.service.js';
import { AuditLog } from '../audit/audit-log.js';
import { PersonalDataCipher } from '../personal-data-cipher.js';
import { CustomerDataRepository, type CustomerPayment, type CustomerRow } from './customer-data.repository.js';

/** Everything about one customer. */
export interface CustomerExport {
  readonly customer: CustomerRow;
  readonly email: string | null;
  readonly payments: readonly CustomerPayment[];
}

/** The customer cannot be exported or erased. */
export class CustomerPrivacyError extends DomainError {
  override readonly name = 'CustomerPrivacyError';

  constructor(code: 'customer_not_found' | 'customer_has_open_payments') {
    const isAbsent = code === 'customer_not_found';
    super(
      isAbsent ? 'not_found' : 'conflict',
      code,
      isAbsent ? 'There is no such customer.' : 'A payment of this customer is not at rest yet.',
    );
  }
}

const RESEAL_BATCH = 200;

/**
 * Export and erasure. The append-only tables hold ids and keyed hashes of customers, never data in clear, so that erasing breaks neither the audit
 * chain nor the books: once the address is gone, nothing leads from them to the person.
 */
@Injectable()
export class CustomerPrivacyService {
  constructor(
    private readonly database: Database,
    private readonly repository: CustomerDataRepository,
    private readonly cipher: PersonalDataCipher,
    private readonly auditLog: AuditLog,
  ) {}

  /** A copy of all data; that it was made is in the audit log. @throws CustomerPrivacyError `customer_not_found`. */
  async export(merchantId: string, id: string, by: AuditContext): Promise<CustomerExport> {
    const customer = await this.repository.find(this.database, merchantId, id);
    if (customer === null) throw new CustomerPrivacyError('customer_not_found');
    await this.auditLog.record(this.database, { ...by, merchantId, action: 'customer_exported', objectId: id });
    const email = customer.emailSealed === null ? null : this.cipher.open(customer.emailSealed, placeOf(id));
    return { customer, email, payments: await this.repository.payments(merchantId, id) };
  }

  /**
   * Removes what names or places the person. Repeating it changes nothing.
   *
   * @returns The customer at Stripe, if there is one: its data is redacted there.
   * @throws CustomerPrivacyError `customer_has_open_payments` while a payment may still move.
   */
  erase(merchantId: string, id: string, by: AuditContext): Promise<{ stripeCustomerId: string | null }> {
    return this.database.transaction(async (transaction) => {
      const customer = await this.repository.find(transaction, merchantId, id);
      if (customer === null) throw new CustomerPrivacyError('customer_not_found');
      if (await this.repository.hasOpenPayment(transaction, id)) throw new CustomerPrivacyError('customer_has_open_payments');
      if (customer.erasedAt === null) {
        await this.repository.erase(transaction, id);
        await this.auditLog.record(transaction, { ...by, merchantId, action: 'customer_erased', objectId: id });
      }
      return { stripeCustomerId: customer.stripeCustomerId };
    });
  }

  /** Seals addresses anew under the present key after a rotation; a job of the worker. @returns How many were sealed. */
  async resealNext(): Promise<number> {
    const rows = await this.repository.sealedOtherwise(this.cipher.presentPrefix, RESEAL_BATCH);
    for (const { id, emailSealed } of rows) {
      const email = this.cipher.open(emailSealed, placeOf(id));
      await this.repository.reseal(id, emailSealed, this.cipher.seal(email, placeOf(id)));
    }
    return rows.length;
  }
}

function placeOf(id: string): { table: string; column: string; rowId: string } {
  return { table: 'customers', column: 'email_sealed', rowId: id };
}
