import { Injectable } from '@nestjs/common';
import { deviceResponseOf, DevicesService } from '#devices';
import { MerchantsService } from '#merchants';
import { CustomersRepository } from './customers/customers.repository.js';
import { type PaymentStatus } from './domain/payment-status.js';
import { type PaymentListResponse } from './dto/payment-lists.response.js';
import { type PageRequest, PaymentListsRepository } from './payment-lists.repository.js';
import { type Expansion } from './dto/expand.query.js';
import { customerResponseOf } from './dto/customer.response.js';
import { type PaymentResponse, paymentResponseOf } from './dto/payment.response.js';
import { refundResponseOf } from './dto/refund.response.js';
import { type Payment, type PaymentCaller } from './payment.js';
import { PaymentsService } from './payments.service.js';
import { RefundsRepository } from './refunds/refunds.repository.js';

/** Payments as clients see them: one with what its device shows of it and, where asked for, the objects it names, or a page of many. */
@Injectable()
export class PaymentViews {
  constructor(
    private readonly payments: PaymentsService,
    private readonly merchants: MerchantsService,
    private readonly devices: DevicesService,
    private readonly customers: CustomersRepository,
    private readonly refunds: RefundsRepository,
    private readonly lists: PaymentListsRepository,
  ) {}

  /** @param expand - At most one level, so that the cost of a request has a bound. @throws PaymentNotFoundError */
  async show(caller: PaymentCaller, id: string, expand: readonly Expansion[]): Promise<PaymentResponse> {
    const payment = await this.payments.get(caller, id);
    const response = paymentResponseOf(payment, await this.merchants.sellerOf(payment.merchantId));
    for (const name of new Set(expand)) Object.assign(response, { [name]: await this.expansion(name, payment) });
    return response;
  }

  /** One page, newest first. */
  async list(caller: PaymentCaller, page: PageRequest, status: PaymentStatus | null): Promise<PaymentListResponse> {
    const payments = await this.lists.list(caller, { ...page, limit: page.limit + 1 }, status);
    const data = payments.slice(0, page.limit).map((payment) => paymentResponseOf(payment));
    return { object: 'list', data, hasMore: payments.length > page.limit };
  }

  private async expansion(name: Expansion, payment: Payment): Promise<PaymentResponse[Expansion]> {
    switch (name) {
      case 'device':
        return deviceResponseOf(await this.devices.get(payment, payment.deviceId));
      case 'customer': {
        const customer = payment.customerId === null ? null : await this.customers.find(payment, payment.customerId);
        return customer && customerResponseOf(customer);
      }
      case 'refunds':
        return { object: 'list', data: (await this.refunds.list(payment.id)).map(refundResponseOf), hasMore: false };
    }
  }
}
