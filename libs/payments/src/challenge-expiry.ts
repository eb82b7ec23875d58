import { Injectable } from '@nestjs/common';
import { MINUTE_MS } from '#kernel';
import { type BusinessType, DEFAULT_PROFILES, MerchantsService } from '#merchants';
import { AppConfig } from '#platform';

/** How long a challenge may stay open: as the merchant's profile says, and never longer than the deployment allows. */
@Injectable()
export class ChallengeExpiry {
  constructor(
    private readonly merchants: MerchantsService,
    private readonly config: AppConfig,
  ) {}

  /** @param businessType - The payment's; the merchant's default one for what is no payment. */
  async msFor(merchantId: string, businessType?: BusinessType): Promise<number> {
    const { merchant, profiles } = await this.merchants.getContext(merchantId);
    const type = businessType ?? merchant.defaultBusinessType;
    // A type that was switched off still has challenges that were begun before.
    const { threeDSecureExpiryMs } = profiles[type]?.profile ?? DEFAULT_PROFILES[type];
    return Math.min(threeDSecureExpiryMs, this.config.payments.challengeMaxMinutes * MINUTE_MS);
  }
}
