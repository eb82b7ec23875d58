import { Injectable } from '@nestjs/common';
import { type Device, DevicesService } from '#devices';
import { type CurrencyCode, money } from '#kernel';
import { Database } from '#platform';
import { CustomersRepository } from '../customers/customers.repository.js';
import { type PayerElements, payerElements } from '../domain/dispute-evidence.js';
import { type EarlierPayment } from '../domain/evidence-assembly.js';
import { type Payment } from '../payment.js';
import { PaymentsRepository } from '../payments.repository.js';
import { printedAmount } from '../presentation/amount-text.js';
import { type Dispute } from './dispute.js';
import { EvidenceRepository, type PayerPayment } from './evidence.repository.js';

/** A disputed payment among those that its payer made before. */
export interface PayerHistory {
  readonly payment: Payment;
  readonly device: Device;
  readonly elements: PayerElements;
  /** Newest first. */
  readonly earlier: readonly EarlierPayment[];
}

/** What our own books know of the payer of a disputed payment. */
@Injectable()
export class PayerHistories {
  constructor(
    private readonly database: Database,
    private readonly evidence: EvidenceRepository,
    private readonly payments: PaymentsRepository,
    private readonly customers: CustomersRepository,
    private readonly devices: DevicesService,
  ) {}

  async of(dispute: Dispute): Promise<PayerHistory> {
    const payment = await this.payments.get(this.database, dispute.paymentId);
    const rows = await this.evidence.listPayments(dispute);
    const emails = await this.customers.emailsOf(rows.flatMap(({ customerId }) => customerId ?? []));
    const elementsOf = (row: PayerPayment): PayerElements => {
      const email = row.customerId === null ? null : (emails.get(row.customerId) ?? null);
      return payerElements({ email, deviceId: row.deviceId, deviceFingerprint: row.deviceFingerprint, ip: row.ip });
    };
    const own = rows.find(({ id }) => id === payment.id);
    return {
      payment,
      device: await this.devices.get(payment, payment.deviceId),
      elements: own ? elementsOf(own) : payerElements({ email: null, deviceId: null, deviceFingerprint: null, ip: null }),
      earlier: rows.filter(({ id }) => id !== payment.id).map((row) => earlierOf(row, elementsOf(row))),
    };
  }
}

function earlierOf(row: PayerPayment, elements: PayerElements): EarlierPayment {
  const { isSameDevice, isSameCustomer, isSameCard, isDoubted, isOldEnough, stripeChargeId, createdAt, description } = row;
  const same = { device: isSameDevice, customer: isSameCustomer, card: isSameCard };
  return {
    paymentId: row.id,
    stripeChargeId,
    createdAt,
    printedAmount: printedAmount(money(row.amountMinor, row.currency as CurrencyCode)),
    description,
    same: (['device', 'customer', 'card'] as const).filter((name) => same[name]),
    isDoubted,
    isOldEnough,
    elements,
  };
}
