import { Injectable } from '@nestjs/common';
import { Clock, isCurrencyCode, isId } from '#kernel';
import { type Device, DeviceNotFoundError, DevicesService } from '#devices';
import { type BusinessProfile, type BusinessType, MerchantsService } from '#merchants';
import { Database, type Queryable } from '#platform';
import { CustomersRepository } from '../customers/customers.repository.js';
import { bucketsFor, decideReservation, type LimitedPayment, type SpendingBucket } from '../domain/spending-limit.js';
import { type LimitResponse, type LimitsResponse } from '../dto/limits.response.js';
import { type PaymentDraft } from '../payment-drafts.js';
import { type PaymentCaller } from '../payment.js';
import { CustomerNotFoundError, type LimitViolation, PolicyViolationError, UnknownCurrencyError } from '../payments.errors.js';
import { SpendingLimitsRepository } from './spending-limits.repository.js';

/** Spending limits: reserved before money moves, shown to whoever may see the subject, lowered by the merchant. */
@Injectable()
export class SpendingLimitsService {
  constructor(
    private readonly database: Database,
    private readonly repository: SpendingLimitsRepository,
    private readonly devices: DevicesService,
    private readonly customers: CustomersRepository,
    private readonly merchants: MerchantsService,
    private readonly clock: Clock,
  ) {}

  /**
   * Reserves what the payment takes, in the transaction that records it.
   *
   * @throws PolicyViolationError naming every limit that has no room; its transaction takes all reservations back.
   */
  async reserve(
    transaction: Queryable,
    caller: PaymentCaller,
    draft: PaymentDraft,
    ids: { readonly paymentId: string; readonly customerId: string | null },
  ): Promise<void> {
    const payment = {
      amountMinor: draft.amount.amountMinor,
      currency: draft.amount.currency,
      at: this.clock.now(),
      timeZone: draft.seller.timeZone,
      customerId: ids.customerId,
      ...limitsOf(draft.device, draft.amount.currency),
    };
    const taker = { id: ids.paymentId, isReleasedByRefund: draft.profile.refundReleasesLimits };
    // In the order of their keys, all in one message.
    const buckets = bucketsFor(payment, draft.profile);
    const taken = await Promise.all(buckets.map((bucket) => this.repository.take(transaction, caller, taker, bucket)));
    const violations = buckets.flatMap((bucket, index) => {
      const { fits, used, freesAt } = taken[index] ?? { fits: true, used: 0, freesAt: bucket.window.end };
      return fits ? [] : [violationOf(bucket, used, freesAt)];
    });
    if (violations.length > 0) throw new PolicyViolationError(violations);
  }

  /** Removes the reservations of a payment that holds none any more, before it reserves anew. */
  async forget(transaction: Queryable, paymentId: string): Promise<void> {
    await this.repository.forget(transaction, paymentId);
  }

  /**
   * What a device or a customer may still spend, limit by limit.
   *
   * @throws DeviceNotFoundError @throws CustomerNotFoundError
   */
  async describe(caller: PaymentCaller, subjectId: string): Promise<LimitsResponse> {
    const { merchant, profiles } = await this.merchants.getContext(caller.merchantId);
    const device = isId('customer', subjectId) ? null : await this.deviceOf(caller, subjectId);
    if (!device) await this.requireCustomer(caller, subjectId);
    const types = device ? [device.businessType ?? merchant.defaultBusinessType] : merchant.enabledBusinessTypes;
    const entries = types.flatMap((type) => {
      const { profile } = profiles[type] ?? {};
      return profile ? this.bucketsOf(profile, device ?? subjectId, merchant.timeZone).map((bucket) => ({ type, bucket })) : [];
    });
    const uses = await this.repository.use(entries.map(({ bucket }) => bucket));
    return {
      object: 'limits',
      subject: subjectId,
      data: entries.map(({ type, bucket }) => limitResponseOf(type, bucket, uses.get(bucket.key) ?? { reserved: 0, settled: 0 })),
    };
  }

  /** Lowers what a device may spend in a day; null takes that back. @throws DeviceNotFoundError */
  async setDeviceDaily(caller: PaymentCaller, deviceId: string, currency: string, dailyMinor: number | null): Promise<LimitsResponse> {
    if (!isCurrencyCode(currency)) throw new UnknownCurrencyError();
    await this.devices.setDailyLimit(caller, deviceId, currency, dailyMinor, { actor: caller.actorId, requestId: caller.requestId });
    return this.describe(caller, deviceId);
  }

  private async deviceOf(caller: PaymentCaller, id: string): Promise<Device> {
    // A device sees its own limits and nobody else's.
    if (caller.deviceId !== null && caller.deviceId !== id) throw new DeviceNotFoundError('subject');
    return this.devices.get(caller, id, 'subject');
  }

  private async requireCustomer(caller: PaymentCaller, id: string): Promise<void> {
    if (caller.deviceId !== null || !(await this.customers.exists(this.database, caller, id))) throw new CustomerNotFoundError('subject');
  }

  /** The limits of a subject by themselves, without a payment: those of the smallest amount in every currency. */
  private bucketsOf(profile: BusinessProfile, subject: Device | string, timeZone: string): SpendingBucket[] {
    const kind = typeof subject === 'string' ? 'customer' : 'device';
    const buckets = Object.keys(profile.currencies).flatMap((currency) =>
      bucketsFor(
        {
          amountMinor: 1,
          currency,
          at: this.clock.now(),
          timeZone,
          ...(typeof subject === 'string' ? { deviceId: '', customerId: subject } : { customerId: null, ...limitsOf(subject, currency) }),
        },
        profile,
      ),
    );
    // The count of payments has no currency and comes once for each.
    return [...new Map(buckets.filter((bucket) => bucket.subject.kind === kind).map((bucket) => [bucket.key, bucket])).values()];
  }
}

function limitsOf(device: Device, currency: string): Pick<LimitedPayment, 'deviceId' | 'deviceDailyMinor'> {
  const own = device.dailyLimits[currency];
  return { deviceId: device.id, ...(own === undefined ? {} : { deviceDailyMinor: own }) };
}

function violationOf(bucket: SpendingBucket, used: number, freesAt: Date): LimitViolation {
  const { remaining } = decideReservation(bucket, { reserved: used, settled: 0 });
  return {
    code: 'spending_limit_exceeded',
    param: bucket.currency === null ? 'deviceId' : 'amount',
    name: bucket.name,
    limit: bucket.limit,
    remaining,
    windowEndsAt: freesAt.toISOString(),
  };
}

function limitResponseOf(
  businessType: BusinessType,
  bucket: SpendingBucket,
  use: { readonly reserved: number; readonly settled: number },
): LimitResponse {
  const isCalendar = bucket.window.kind !== 'rolling';
  return {
    name: bucket.name,
    businessType,
    currency: bucket.currency,
    limit: bucket.limit,
    reserved: use.reserved,
    used: use.settled,
    remaining: decideReservation(bucket, use).remaining,
    windowStartsAt: bucket.window.start.toISOString(),
    windowEndsAt: isCalendar ? bucket.window.end.toISOString() : null,
  };
}
