import { Injectable } from '@nestjs/common';
import { isId } from '#kernel';
import { type Device } from '#devices';
import { Database } from '#platform';
import { CustomersRepository } from './customers/customers.repository.js';
import { type CreatePaymentDto } from './dto/create-payment.dto.js';
import { savedMethodResponseOf } from './dto/saved-method.response.js';
import { type PaymentCaller } from './payment.js';
import { CustomerNotFoundError } from './payments.errors.js';
import { type SavedMethod } from './saved-methods/saved-method.js';
import {
  OffSessionForbiddenError,
  OffSessionNotAgreedError,
  SavedMethodNotFoundError,
  SavedMethodStateError,
} from './saved-methods/saved-methods.errors.js';
import { SavedMethodsRepository } from './saved-methods/saved-methods.repository.js';

/** Who pays, and with what, as far as it is known before anything is written. */
export interface Payer {
  /** Null for nobody known; a customer who is named by an address for the first time is made when the payment is recorded. */
  readonly customerId: string | null;
  /** As the request says it, else the customer's own. */
  readonly email: string | null;
  /** What stands for the card before the fraud rules; null for a one-time token. */
  readonly card: string | null;
  /** Upper-case ISO 3166 code of the card's issuer; known of saved methods. */
  readonly cardCountry: string | null;
}

/** What of a request says who pays. */
export type PayerRequest = Pick<CreatePaymentDto, 'customerId' | 'customerEmail' | 'paymentMethod' | 'offSession'>;

/** Finds out who pays and whether they agreed to it. */
@Injectable()
export class PaymentPayers {
  constructor(
    private readonly database: Database,
    private readonly customers: CustomersRepository,
    private readonly savedMethods: SavedMethodsRepository,
  ) {}

  /**
   * The payer of a request.
   *
   * @throws CustomerNotFoundError @throws SavedMethodNotFoundError also for another customer's, merchant's or mode's @throws SavedMethodStateError
   * @throws OffSessionNotAgreedError @throws OffSessionForbiddenError
   */
  async payerOf(caller: PaymentCaller, request: PayerRequest, device: Device): Promise<Payer> {
    const customerId = await this.findCustomer(caller, request);
    const isSaved = isId('savedMethod', request.paymentMethod);
    const method = isSaved ? await this.savedMethodOf(caller, request, customerId, device) : null;
    if (request.offSession === true) {
      if (method?.usage !== 'off_session') throw new OffSessionNotAgreedError();
      if (caller.deviceId !== null && !device.isAuthorisedForAutomatedPayments) throw new OffSessionForbiddenError();
    }
    const payerId = method?.customerId ?? customerId;
    const isNamed = request.customerId !== undefined || method !== null;
    return {
      customerId: payerId,
      email: request.customerEmail ?? (isNamed && payerId !== null ? await this.customers.emailOf(caller, payerId) : null),
      card: method ? (method.fingerprint ?? method.stripePaymentMethodId) : cardOf(request.paymentMethod),
      cardCountry: method?.country ?? null,
    };
  }

  private async savedMethodOf(
    caller: PaymentCaller,
    { paymentMethod, customerId, customerEmail }: PayerRequest,
    known: string | null,
    device: Device,
  ): Promise<SavedMethod> {
    const method = await this.savedMethods.find(caller, paymentMethod);
    const isAnothers = method !== null && (customerId !== undefined || customerEmail !== undefined) && method.customerId !== known;
    // A device pays with what its own owner saved, and with nobody else's.
    const isForeignToDevice = method !== null && caller.deviceId !== null && device.customerId !== method.customerId;
    if (!method || isAnothers || isForeignToDevice) throw new SavedMethodNotFoundError('paymentMethod');
    if (method.status !== 'active') throw new SavedMethodStateError('used', savedMethodResponseOf(method));
    return method;
  }

  private async findCustomer(caller: PaymentCaller, request: PayerRequest): Promise<string | null> {
    if (request.customerId !== undefined) {
      const isKnown = isId('customer', request.customerId) && (await this.customers.exists(this.database, caller, request.customerId));
      if (!isKnown) throw new CustomerNotFoundError();
      return request.customerId;
    }
    return request.customerEmail === undefined ? null : this.customers.findByEmail(this.database, caller, request.customerEmail);
  }
}

/** Test tokens stand for a kind of card, not for one card: counting under them would make one card of everybody's. */
function cardOf(paymentMethod: string): string | null {
  return /^pm_card_/.test(paymentMethod) ? null : paymentMethod;
}
