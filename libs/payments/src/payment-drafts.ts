import { Injectable } from '@nestjs/common';
import { assert, Clock, isCurrencyCode, money, type Money, toStripeAmount } from '#kernel';
import { type Device, DevicesService, type DeviceType } from '#devices';
import { type BusinessProfile, type BusinessType, isFeatureOn, MerchantsService, type PaymentMethod } from '#merchants';
import { checkPaymentPolicy } from './domain/payment-policy.js';
import { type CreatePaymentDto } from './dto/create-payment.dto.js';
import { translateInput } from './input/translate-input.js';
import { type Payer, PaymentPayers } from './payment-payers.js';
import { type PaymentCaller } from './payment.js';
import { type Seller } from './payment-seller.js';
import {
  AgeAssertionForbiddenError,
  DeviceMismatchError,
  InputConflictError,
  InputRefusedError,
  MerchantSuspendedError,
  PolicyViolationError,
  UnknownCurrencyError,
  PaymentsPausedError,
} from './payments.errors.js';
import { PaymentsRepository } from './payments.repository.js';

/** A request that names existing things and obeys the rules of its business type. */
export interface PaymentDraft {
  readonly request: CreatePaymentDto;
  readonly amount: Money;
  readonly method: PaymentMethod;
  readonly description: string | null;
  readonly device: Device;
  readonly businessType: BusinessType;
  readonly profile: BusinessProfile;
  readonly profileVersion: number;
  readonly captureMethod: 'automatic' | 'manual';
  readonly seller: Seller;
  readonly payer: Payer;
  /** The flag `enforce_fraud_decisions`, for this device. */
  readonly areFraudDecisionsEnforced: boolean;
}

/** Reads what a request names and judges it by the rules that need no reservation. Nothing is written. */
@Injectable()
export class PaymentDrafts {
  constructor(
    private readonly devices: DevicesService,
    private readonly merchants: MerchantsService,
    private readonly payers: PaymentPayers,
    private readonly payments: PaymentsRepository,
    private readonly clock: Clock,
  ) {}

  /**
   * @throws PolicyViolationError with every broken rule. @throws AmountNotRepresentableError @throws UnknownCurrencyError @throws InputRefusedError
   * @throws PaymentsPausedError @throws DeviceNotFoundError @throws DeviceMismatchError @throws AgeAssertionForbiddenError @throws BusinessTypeNotEnabledError
   * @throws the refusals of {@link PaymentPayers.payerOf}
   */
  async draft(caller: PaymentCaller, request: CreatePaymentDto): Promise<PaymentDraft> {
    if (caller.deviceId !== null && caller.deviceId !== request.deviceId) throw new DeviceMismatchError();
    if (caller.deviceId !== null && request.verifiedAge !== undefined) throw new AgeAssertionForbiddenError();
    const device = await this.devices.get(caller, request.deviceId);
    const { amount, method, minimumAge, reference } = wishOf(request, device.type);
    const context = await this.merchants.getContext(caller.merchantId);
    if (context.merchant.status !== 'active') throw new MerchantSuspendedError();
    if (!isFeatureOn(context.features, 'accept_payments', device.id)) throw new PaymentsPausedError();
    const businessType = request.businessType ?? device.businessType ?? context.merchant.defaultBusinessType;
    const { profile, version } = this.merchants.profileOf(context, businessType);
    const payer = await this.payers.payerOf(caller, request, device);
    const { name, timeZone } = context.merchant;
    const violations = checkPaymentPolicy(
      {
        amountMinor: amount.amountMinor,
        currency: amount.currency,
        method,
        ...(request.tipAmount === undefined ? {} : { tipMinor: request.tipAmount }),
        ...(request.taxAmount === undefined ? {} : { taxMinor: request.taxAmount }),
        ...(payer.email === null ? {} : { customerEmail: payer.email }),
        ...(minimumAge === undefined ? {} : { minimumAge }),
      },
      profile,
      {
        at: this.clock.now(),
        timeZone,
        device: {
          type: device.type,
          // Off-session a merchant's server acts, not the device that the customer once used.
          status: request.offSession === true && caller.deviceId === null ? 'active' : device.status,
          isAuthorizedForAutomation: device.isAuthorisedForAutomatedPayments,
        },
        completedPayments: await this.completedPayments(payer, profile, amount),
        verifiedAge: request.verifiedAge ?? null,
      },
    );
    if (violations.length > 0) throw new PolicyViolationError(violations);
    // Last, because a currency that the profile does not accept at all is the plainer answer.
    toStripeAmount(amount);
    return {
      request,
      amount,
      method,
      description: request.description ?? reference ?? null,
      device,
      businessType,
      profile,
      profileVersion: version,
      captureMethod: request.captureMethod ?? profile.captureMethod,
      seller: { name, timeZone },
      payer,
      areFraudDecisionsEnforced: isFeatureOn(context.features, 'enforce_fraud_decisions', device.id),
    };
  }

  /** How many payments the customer has completed; counted only where a rule asks. */
  private async completedPayments({ customerId }: Payer, profile: BusinessProfile, amount: Money): Promise<number> {
    const firstPaymentMax = profile.currencies[amount.currency]?.firstPaymentMaxMinor ?? null;
    if (customerId === null || firstPaymentMax === null || amount.amountMinor <= firstPaymentMax) return 0;
    return this.payments.countCompleted(customerId);
  }
}

/** What the payment asks for, said in plain fields or by the device's native input; never by both. */
interface Wish {
  readonly amount: Money;
  readonly method: PaymentMethod;
  readonly minimumAge?: number;
  readonly reference?: string;
}

function wishOf(request: CreatePaymentDto, deviceType: DeviceType): Wish {
  const { input, amount, currency, method, minimumAge } = request;
  if (currency !== undefined && !isCurrencyCode(currency)) throw new UnknownCurrencyError();
  if (input === undefined) {
    // Validation has seen to it that both are there when there is no input.
    assert(amount !== undefined && currency !== undefined, 'a request without input has an amount and a currency');
    return { amount: money(amount, currency), method: method ?? 'card', ...(minimumAge === undefined ? {} : { minimumAge }) };
  }
  if (amount !== undefined) throw new InputConflictError('amount');
  if (method !== undefined) throw new InputConflictError('method');
  const result = translateInput(input, deviceType, currency === undefined ? {} : { currency });
  if (result.kind === 'refused') throw new InputRefusedError(result.refusal);
  const { fields } = result;
  const age = Math.max(minimumAge ?? 0, fields.minimumAge ?? 0);
  return {
    amount: money(fields.amountMinor, fields.currency),
    method: fields.method,
    ...(age === 0 ? {} : { minimumAge: age }),
    ...(fields.reference === undefined ? {} : { reference: fields.reference }),
  };
}
