import { IsInt, Max, Min } from 'class-validator';
import { Env } from './env.js';

/** Feature flags as they stand until somebody sets them for the deployment or a merchant. */
export class FeaturesConfig {
  /** Percent of the devices whose new payments are accepted; 0 pauses payments. */
  @Env('FEATURE_ACCEPT_PAYMENTS_PERCENT')
  @IsInt()
  @Min(0)
  @Max(100)
  acceptPaymentsPercent: number = 100;

  /** Percent of the devices for whose payments the fraud decisions hold; for the others they are only recorded, and lists alone block. */
  @Env('FEATURE_ENFORCE_FRAUD_DECISIONS_PERCENT')
  @IsInt()
  @Min(0)
  @Max(100)
  enforceFraudDecisionsPercent: number = 100;

  /** Percent of the fingerprints that may be registered as new devices; 0 pauses registration. */
  @Env('FEATURE_REGISTER_DEVICES_PERCENT')
  @IsInt()
  @Min(0)
  @Max(100)
  registerDevicesPercent: number = 100;
}
