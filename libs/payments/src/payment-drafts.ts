import { Injectable } from '@nestjs/common';
import { Clock, isCurrencyCode, isId, money, type Money, toStripeAmount } from '#kernel';
import { type Device, DevicesService } from '#devices';
import { type BusinessProfile, type BusinessType, isFeatureOn, MerchantsService } from '#merchants';
import { Database } from '#platform';
import { CustomersRepository } from './customers.repository.js';
import { checkPaymentPolicy } from './domain/payment-policy.js';
import { type CreatePaymentDto } from './dto/create-payment.dto.js';
import { type PaymentCaller } from './payment.js';
import {
  AgeAssertionForbiddenError,
  CustomerNotFoundError,
  DeviceMismatchError,
  PolicyViolationError,
  UnknownCurrencyError,
  PaymentsPausedError,
} from './payments.errors.js';
import { PaymentsRepository } from './payments.repository.js';

/** A request that names existing things and obeys the rules of its business type. */
export interface PaymentDraft {
  readonly request: CreatePaymentDto;
  readonly amount: Money;
  readonly device: Device;
  readonly businessType: BusinessType;
  readonly profile: BusinessProfile;
  readonly profileVersion: number;
  readonly captureMethod: 'automatic' | 'manual';
  /** The merchant's IANA time zone. */
  readonly timeZone: string;
  /** The flag `enforce_fraud_decisions`, for this device. */
  readonly areFraudDecisionsEnforced: boolean;
}

/** Reads what a request names and judges it by the rules that need no reservation. Nothing is written. */
@Injectable()
export class PaymentDrafts {
  constructor(
    private readonly database: Database,
    private readonly devices: DevicesService,
    private readonly merchants: MerchantsService,
    private readonly customers: CustomersRepository,
    private readonly payments: PaymentsRepository,
    private readonly clock: Clock,
  ) {}

  /**
   * @throws PolicyViolationError with every broken rule. @throws AmountNotRepresentableError @throws UnknownCurrencyError
   * @throws PaymentsPausedError @throws DeviceNotFoundError @throws DeviceMismatchError @throws AgeAssertionForbiddenError @throws CustomerNotFoundError @throws BusinessTypeNotEnabledError
   */
  async draft(caller: PaymentCaller, request: CreatePaymentDto): Promise<PaymentDraft> {
    const amount = amountOf(request);
    if (caller.deviceId !== null && caller.deviceId !== request.deviceId) throw new DeviceMismatchError();
    if (caller.deviceId !== null && request.verifiedAge !== undefined) throw new AgeAssertionForbiddenError();
    const device = await this.devices.get(caller, request.deviceId);
    const context = await this.merchants.getContext(caller.merchantId);
    if (!isFeatureOn(context.features, 'accept_payments', device.id)) throw new PaymentsPausedError();
    const businessType = request.businessType ?? device.businessType ?? context.merchant.defaultBusinessType;
    const { profile, version } = this.merchants.profileOf(context, businessType);
    const { timeZone } = context.merchant;
    const violations = checkPaymentPolicy(
      {
        amountMinor: amount.amountMinor,
        currency: amount.currency,
        method: request.method ?? 'card',
        ...(request.tipAmount === undefined ? {} : { tipMinor: request.tipAmount }),
        ...(request.taxAmount === undefined ? {} : { taxMinor: request.taxAmount }),
        ...(request.customerEmail === undefined ? {} : { customerEmail: request.customerEmail }),
        ...(request.minimumAge === undefined ? {} : { minimumAge: request.minimumAge }),
      },
      profile,
      {
        at: this.clock.now(),
        timeZone,
        device: { type: device.type, status: device.status, isAuthorizedForAutomation: device.isAuthorisedForAutomatedPayments },
        completedPayments: await this.completedPayments(caller, request, profile, amount),
        verifiedAge: request.verifiedAge ?? null,
      },
    );
    if (violations.length > 0) throw new PolicyViolationError(violations);
    // Last, because a currency that the profile does not accept at all is the plainer answer.
    toStripeAmount(amount);
    return {
      request,
      amount,
      device,
      businessType,
      profile,
      profileVersion: version,
      captureMethod: request.captureMethod ?? profile.captureMethod,
      timeZone,
      areFraudDecisionsEnforced: isFeatureOn(context.features, 'enforce_fraud_decisions', device.id),
    };
  }

  /** How many payments the customer has completed; counted only where a rule asks. */
  private async completedPayments(
    caller: PaymentCaller,
    request: CreatePaymentDto,
    profile: BusinessProfile,
    amount: Money,
  ): Promise<number> {
    const customerId = await this.findCustomer(caller, request);
    const firstPaymentMax = profile.currencies[amount.currency]?.firstPaymentMaxMinor ?? null;
    if (customerId === null || firstPaymentMax === null || amount.amountMinor <= firstPaymentMax) return 0;
    return this.payments.countCompleted(customerId);
  }

  private async findCustomer(caller: PaymentCaller, request: CreatePaymentDto): Promise<string | null> {
    if (request.customerId !== undefined) {
      const isKnown = isId('customer', request.customerId) && (await this.customers.exists(this.database, caller, request.customerId));
      if (!isKnown) throw new CustomerNotFoundError();
      return request.customerId;
    }
    return request.customerEmail === undefined ? null : this.customers.findByEmail(this.database, caller, request.customerEmail);
  }
}

function amountOf(request: CreatePaymentDto): Money {
  if (!isCurrencyCode(request.currency)) throw new UnknownCurrencyError();
  return money(request.amount, request.currency);
}
