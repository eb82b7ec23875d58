/** Who has switched what, and what follows from it. */
import { Injectable } from '@nestjs/common';
import { AppConfig, Database } from '#platform';
import { type AuditContext, AuditLog } from '#security';
import { FEATURE_FLAGS, type FeatureFlag, type FeatureRollout } from '../domain/feature-flag.js';
import { type FeatureFlagRow, FeatureFlagsRepository } from './feature-flags.repository.js';

/** A flag as it stands for somebody. */
export interface FeatureFlagState {
  readonly name: FeatureFlag;
  /** What holds, 0–100. */
  readonly percentage: number;
  readonly source: 'merchant' | 'deployment' | 'configuration';
  /** The setting that holds; null when it is the configuration's. */
  readonly setting: FeatureFlagRow | null;
}

/** Reads and changes feature flags; every change is in the audit log. Payments read them through MerchantsService, at most five seconds old. */
@Injectable()
export class FeatureFlagsService {
  constructor(
    private readonly database: Database,
    private readonly repository: FeatureFlagsRepository,
    private readonly auditLog: AuditLog,
    private readonly config: AppConfig,
  ) {}

  /** Every flag as it stands for the merchant, or with null for the deployment. */
  async list(merchantId: string | null): Promise<FeatureFlagState[]> {
    const rows = await this.repository.listFor(merchantId);
    return FEATURE_FLAGS.map((name) => {
      const own = rows.find((row) => row.name === name && row.merchantId !== null);
      const setting = own ?? rows.find((row) => row.name === name) ?? null;
      const source = setting === null ? 'configuration' : setting === own ? 'merchant' : 'deployment';
      return { name, source, setting, percentage: setting?.percentage ?? this.configured[name] };
    });
  }

  /** What holds for a merchant. */
  async rolloutFor(merchantId: string): Promise<FeatureRollout> {
    const rollout = { ...this.configured };
    // The deployment's come first, so that the merchant's own have the last word.
    for (const { name, percentage } of await this.repository.listFor(merchantId)) rollout[name] = percentage;
    return rollout;
  }

  /** Switches a flag for the merchant, or with null for every merchant without a setting of its own. */
  async put(name: FeatureFlag, merchantId: string | null, change: { percentage: number; reason: string }, by: AuditContext): Promise<void> {
    const { percentage, reason } = change;
    await this.database.transaction(async (transaction) => {
      const before = await this.repository.put(transaction, { name, merchantId, percentage, reason, updatedBy: by.actor });
      const changes = { percentage: { before, after: percentage } };
      await this.auditLog.record(transaction, { ...by, merchantId, action: 'feature_flag_changed', objectId: name, changes, reason });
    });
  }

  /** Gives a flag back to the next wider setting; without a setting nothing happens. */
  async remove(name: FeatureFlag, merchantId: string | null, by: AuditContext): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const before = await this.repository.remove(transaction, name, merchantId);
      if (before === null) return;
      const changes = { percentage: { before, after: null } };
      await this.auditLog.record(transaction, { ...by, merchantId, action: 'feature_flag_removed', objectId: name, changes });
    });
  }

  private get configured(): Record<FeatureFlag, number> {
    const { acceptPaymentsPercent, enforceFraudDecisionsPercent, registerDevicesPercent } = this.config.features;
    return {
      accept_payments: acceptPaymentsPercent,
      enforce_fraud_decisions: enforceFraudDecisionsPercent,
      register_devices: registerDevicesPercent,
    };
  }
}
