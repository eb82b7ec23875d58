/** Merchants: who sells, and by which rules. */
export {
  BUSINESS_TYPES,
  type BusinessProfile,
  type BusinessType,
  type CurrencyRules,
  type OpeningHours,
  type PaymentCountRule,
  type RetryPolicy,
  type ReviewRule,
  type TipRule,
} from './domain/business-profile.js';
export { DEFAULT_PROFILES } from './domain/default-profiles.js';
export { FEATURE_FLAGS, type FeatureFlag, type FeatureRollout, isFeatureOn } from './domain/feature-flag.js';
export { isPaymentMethod, PAYMENT_METHODS, type PaymentMethod } from './domain/payment-method.js';
export { type ProfileProblem } from './domain/profile-checks.js';
export {
  applyProfileOverrides,
  diffProfiles,
  type ProfileDifference,
  ProfileInvalidError,
  type ProfileOverrides,
} from './domain/profile-overrides.js';
export { FeatureFlagsService, type FeatureFlagState } from './feature-flags/feature-flags.service.js';
export { type Merchant } from './merchant.entity.js';
export { MerchantsAdminModule, MerchantsModule } from './merchants.module.js';
export { BusinessTypeNotEnabledError, type MerchantContext, MerchantNotFoundError, MerchantsService } from './merchants.service.js';
