/** What a person may ask for: a copy of their data, and its end. */
import { Injectable } from '@nestjs/common';
import { DomainError } from '#kernel';
import { Database } from '#platform';
import type { AuditContext } from '../api-keys.service.js';
import { AuditLog } from '../audit/audit-log.js';
import { redactEvent } from '../domain/event-redaction.js';
import { PersonalDataCipher } from '../personal-data-cipher.js';
import { CustomerDataRepository, type CustomerRow, type ExportedRecords } from './customer-data.repository.js';
import { parse } from './erased-events.service.js';

/** What one of Stripe's events tells of the person. */
export interface ExportedEvent {
  readonly type: string;
  readonly receivedAt: Date;
  /** By its place in the event: `data.object.billing_details.name`. */
  readonly personalData: Readonly<Record<string, unknown>>;
}

/** Everything about one customer. */
export interface CustomerExport {
  readonly customer: CustomerRow;
  readonly email: string | null;
  readonly records: readonly ExportedRecords[];
  readonly events: readonly ExportedEvent[];
}

/** The customer cannot be exported or erased. */
export class CustomerPrivacyError extends DomainError {
  constructor(code: 'customer_not_found' | 'customer_has_open_payments') {
    const isAbsent = code === 'customer_not_found';
    super(
      isAbsent ? 'not_found' : 'conflict',
      code,
      isAbsent ? 'There is no such customer.' : 'A payment of this customer is not at rest yet.',
    );
  }
}

const ERASE_BATCH = 50;

/**
 * Export and erasure. What names a person is sealed under a key of that person, which an erasure destroys; what describes their payments is removed
 * in the same transaction (`PERSONAL_RECORDS`), and Stripe's raw events are searched by `ErasedEventsService`. The audit chain holds ids and amounts
 * only, so that it verifies as before.
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
    const events = await this.repository.events(id);
    return {
      customer,
      email: this.emailOf(customer),
      records: await this.repository.records(id),
      events: events.map(({ type, receivedAt, payload }) => ({ type, receivedAt, personalData: redactEvent(parse(payload)).removed })),
    };
  }

  /**
   * Destroys the person's key and removes what names or places the person. Repeating it changes nothing.
   *
   * @returns The customer at Stripe, if there is one: its data is redacted there.
   * @throws CustomerPrivacyError `customer_has_open_payments` while a payment may still move.
   */
  erase(merchantId: string, id: string, by: AuditContext): Promise<{ stripeCustomerId: string | null }> {
    return this.database.transaction(async (transaction) => {
      const customer = await this.repository.lock(transaction, merchantId, id);
      if (customer === null) throw new CustomerPrivacyError('customer_not_found');
      if (await this.repository.hasOpenPayment(transaction, id)) throw new CustomerPrivacyError('customer_has_open_payments');
      if (customer.erasedAt === null) {
        await this.repository.erase(transaction, customer);
        await this.auditLog.record(transaction, { ...by, merchantId, action: 'customer_erased', objectId: id });
      }
      return { stripeCustomerId: customer.stripeCustomerId };
    });
  }

  /** Erases anew whom the restore of an older backup brought back; a job of the worker. @returns How many. */
  async eraseBroughtBack(): Promise<number> {
    const customers = await this.repository.broughtBack(ERASE_BATCH);
    for (const { id, merchantId } of customers) {
      await this.database.transaction(async (transaction) => {
        await this.repository.erase(transaction, { id });
        await this.auditLog.record(transaction, { actor: 'system:restore', merchantId, action: 'customer_erased', objectId: id });
      });
    }
    return customers.length;
  }

  private emailOf({ id, emailSealed, wrappedKey }: CustomerRow): string | null {
    if (emailSealed === null || wrappedKey === null) return null;
    return this.cipher.openFor({ id, wrappedKey }, emailSealed, { table: 'customers', column: 'email_sealed', rowId: id });
  }
}
