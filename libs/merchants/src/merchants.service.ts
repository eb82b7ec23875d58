import { Injectable } from '@nestjs/common';
import { Clock, DomainError, isId, newId, SECOND_MS } from '#kernel';
import { BUSINESS_TYPES, type BusinessProfile, type BusinessType } from './domain/business-profile.js';
import { DEFAULT_PROFILES } from './domain/default-profiles.js';
import { applyProfileOverrides } from './domain/profile-overrides.js';
import { type FeatureRollout } from './domain/feature-flag.js';
import { FeatureFlagsService } from './feature-flags/feature-flags.service.js';
import { type Merchant } from './merchant.entity.js';
import { MerchantsRepository } from './merchants.repository.js';

/** A merchant with the profiles that hold for it now. */
export interface MerchantContext {
  readonly merchant: Merchant;
  /** How far each feature flag is rolled out for it. */
  readonly features: FeatureRollout;
  /** The profile of each enabled type with its version; 0 is the product's own default. */
  readonly profiles: Readonly<Partial<Record<BusinessType, { readonly version: number; readonly profile: BusinessProfile }>>>;
}

/** There is no such merchant, or not for this caller. */
export class MerchantNotFoundError extends DomainError {
  constructor() {
    super('not_found', 'merchant_not_found', 'There is no such merchant.');
  }
}

/** The business type is not among those the merchant has enabled. */
export class BusinessTypeNotEnabledError extends DomainError {
  constructor(businessType: string) {
    super('unprocessable', 'business_type_not_enabled', `The merchant has not enabled the business type ${businessType}.`, {
      param: 'businessType',
    });
  }
}

// How long a changed profile may still be unknown to another process.
const CACHE_MS = 5 * SECOND_MS;
const CACHE_SIZE = 10_000;

/** Who sells, and by which rules. */
@Injectable()
export class MerchantsService {
  private readonly cache = new Map<string, { readonly reading: Promise<MerchantContext>; readonly readAtMs: number }>();

  constructor(
    private readonly repository: MerchantsRepository,
    private readonly featureFlags: FeatureFlagsService,
    private readonly clock: Clock,
  ) {}

  /** Adds a merchant. @returns Its id. */
  async create(merchant: Pick<Merchant, 'name' | 'country' | 'timeZone' | 'defaultBusinessType'>): Promise<string> {
    const id = newId('merchant');
    await this.repository.insertMerchant({ ...merchant, id, enabledBusinessTypes: [...BUSINESS_TYPES] });
    return id;
  }

  /**
   * The merchant and its profiles, at most five seconds old: every payment needs them and they change a few times a year.
   *
   * @throws MerchantNotFoundError
   */
  async getContext(merchantId: string): Promise<MerchantContext> {
    const nowMs = this.clock.monotonicMs();
    const cached = this.cache.get(merchantId);
    if (cached && nowMs - cached.readAtMs < CACHE_MS) return cached.reading;
    const reading = this.readContext(merchantId);
    if (this.cache.size >= CACHE_SIZE) this.cache.clear();
    // Kept from its start, not from its end: a slow one that began before a change would else take the place of a newer one.
    this.cache.set(merchantId, { reading, readAtMs: nowMs });
    try {
      return await reading;
    } catch (error) {
      if (this.cache.get(merchantId)?.reading === reading) this.forget(merchantId);
      throw error;
    }
  }

  /** What of a merchant stands on receipts and screens. @throws MerchantNotFoundError */
  async sellerOf(merchantId: string): Promise<Pick<Merchant, 'name' | 'timeZone'>> {
    return (await this.getContext(merchantId)).merchant;
  }

  /** The profile of a business type. @throws BusinessTypeNotEnabledError when the merchant has not enabled it. */
  profileOf(context: MerchantContext, businessType: BusinessType): { readonly version: number; readonly profile: BusinessProfile } {
    const found = context.profiles[businessType];
    if (!found) throw new BusinessTypeNotEnabledError(businessType);
    return found;
  }

  /** Lets the next look in this process see a change at once; other processes see it within five seconds. */
  forget(merchantId: string): void {
    this.cache.delete(merchantId);
  }

  /** The merchant and its profiles as they are now. @throws MerchantNotFoundError */
  async readContext(merchantId: string): Promise<MerchantContext> {
    const merchant = isId('merchant', merchantId) ? await this.repository.findMerchant(merchantId) : null;
    if (!merchant) throw new MerchantNotFoundError();
    const changed = new Map((await this.repository.listNewestProfiles(merchantId)).map((each) => [each.businessType, each]));
    const profiles = merchant.enabledBusinessTypes.map((type) => {
      const change = changed.get(type);
      return [
        type,
        { version: change?.version ?? 0, profile: applyProfileOverrides(DEFAULT_PROFILES[type], change?.overrides ?? {}) },
      ] as const;
    });
    return { merchant, features: await this.featureFlags.rolloutFor(merchantId), profiles: Object.fromEntries(profiles) };
  }
}
