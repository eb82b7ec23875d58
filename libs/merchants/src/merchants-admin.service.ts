import { Injectable } from '@nestjs/common';
import { assert, isId, newId } from '#kernel';
import { Database } from '#platform';
import { type AuditActor, AuditLog, merchantIdOf, type Principal } from '#security';
import { BUSINESS_TYPES, type BusinessProfile, type BusinessType } from './domain/business-profile.js';
import { DEFAULT_PROFILES } from './domain/default-profiles.js';
import { applyProfileOverrides, diffProfiles, type ProfileDifference } from './domain/profile-overrides.js';
import { type ChangeProfileDto } from './dto/profile.dto.js';
import { type CreateMerchantDto, type UpdateMerchantDto } from './dto/merchant.dto.js';
import { type Merchant } from './merchant.entity.js';
import { DefaultTypeNotEnabledError, DeploymentOnlyError, ProfileNotFoundError, ProfileVersionConflictError } from './merchants.errors.js';
import { MerchantsRepository } from './merchants.repository.js';
import { MerchantNotFoundError, MerchantsService } from './merchants.service.js';

/** A profile with its version, and what a change makes different. */
export interface VersionedProfile {
  readonly businessType: BusinessType;
  readonly version: number;
  readonly profile: BusinessProfile;
  readonly changes?: readonly ProfileDifference[];
}

/** One version of a profile's history. */
export interface ProfileHistoryEntry {
  readonly version: number;
  readonly overrides: unknown;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly changes: readonly ProfileDifference[];
}

// A profile changes a few times a year.
const HISTORY_SIZE = 100;

/** Merchants and their profiles as people change them: every change is a line of the audit log in its own transaction. */
@Injectable()
export class MerchantsAdminService {
  constructor(
    private readonly database: Database,
    private readonly repository: MerchantsRepository,
    private readonly merchants: MerchantsService,
    private readonly auditLog: AuditLog,
  ) {}

  /** One page, newest first; whoever belongs to a merchant sees that one alone. */
  list(principal: Principal, page: { readonly limit: number; readonly before: string | null }): Promise<Merchant[]> {
    return this.repository.listMerchants(principal.merchantId, page);
  }

  /** @throws MerchantNotFoundError also for another merchant than the caller's. */
  async get(principal: Principal, id: string): Promise<Merchant> {
    const isVisible = principal.merchantId === null || principal.merchantId === id;
    const merchant = isVisible && isId('merchant', id) ? await this.repository.findMerchant(id) : null;
    if (!merchant) throw new MerchantNotFoundError();
    return merchant;
  }

  /** @throws DeploymentOnlyError for whoever belongs to a merchant @throws DefaultTypeNotEnabledError */
  async create(principal: Principal, request: CreateMerchantDto, by: AuditActor): Promise<Merchant> {
    if (principal.merchantId !== null) throw new DeploymentOnlyError();
    const { enabledBusinessTypes = [...BUSINESS_TYPES], ...rest } = request;
    if (!enabledBusinessTypes.includes(rest.defaultBusinessType)) throw new DefaultTypeNotEnabledError();
    const id = newId('merchant');
    await this.database.transaction(async (transaction) => {
      await this.repository.insert(transaction, { id, ...rest, enabledBusinessTypes });
      await this.auditLog.record(transaction, {
        ...by,
        merchantId: id,
        action: 'merchant_created',
        objectId: id,
        changes: { ...rest, enabledBusinessTypes },
      });
    });
    return this.get(principal, id);
  }

  /** @throws MerchantNotFoundError @throws DeploymentOnlyError for a status @throws DefaultTypeNotEnabledError */
  async update(principal: Principal, id: string, request: UpdateMerchantDto, by: AuditActor): Promise<Merchant> {
    const before = await this.get(principal, id);
    if (request.status !== undefined && request.status !== before.status && principal.merchantId !== null) throw new DeploymentOnlyError();
    const fields = ['name', 'timeZone', 'defaultBusinessType', 'enabledBusinessTypes', 'status'] as const;
    const changed = fields.filter((field) => request[field] !== undefined && String(request[field]) !== String(before[field]));
    if (changed.length === 0) return before;
    const after = { ...pick(before), ...definedOf(request) };
    if (!after.enabledBusinessTypes.includes(after.defaultBusinessType)) throw new DefaultTypeNotEnabledError();
    await this.database.transaction(async (transaction) => {
      await this.repository.update(transaction, id, after);
      const changes = Object.fromEntries(changed.map((field) => [field, { before: before[field], after: after[field] }]));
      await this.auditLog.record(transaction, { ...by, merchantId: id, action: 'merchant_changed', objectId: id, changes });
    });
    this.merchants.forget(id);
    return this.get(principal, id);
  }

  /** Every enabled profile as it holds now. */
  async profiles(principal: Principal): Promise<VersionedProfile[]> {
    const { merchant, profiles } = await this.merchants.readContext(merchantIdOf(principal));
    return merchant.enabledBusinessTypes.flatMap((businessType) => {
      const found = profiles[businessType];
      return found ? [{ businessType, ...found }] : [];
    });
  }

  /** @throws ProfileNotFoundError also for a business type that the merchant has not enabled. */
  async profile(principal: Principal, businessType: string): Promise<VersionedProfile> {
    const found = (await this.profiles(principal)).find((each) => each.businessType === businessType);
    if (!found) throw new ProfileNotFoundError();
    return found;
  }

  /** The newest versions with what each changed, the newest first. @throws ProfileNotFoundError */
  async history(principal: Principal, wanted: string): Promise<ProfileHistoryEntry[]> {
    const { businessType } = await this.profile(principal, wanted);
    const versions = await this.repository.listVersions(merchantIdOf(principal), businessType, HISTORY_SIZE + 1);
    const profileOf = (index: number): BusinessProfile =>
      applyProfileOverrides(DEFAULT_PROFILES[businessType], versions[index]?.overrides ?? {});
    return versions.slice(0, HISTORY_SIZE).map(({ version, overrides, createdBy, createdAt }, index) => ({
      version,
      overrides,
      createdBy,
      createdAt,
      changes: diffProfiles(profileOf(index + 1), profileOf(index)),
    }));
  }

  /**
   * Replaces what the merchant has different by a new version; payments that were judged by an older one keep its number.
   *
   * @throws ProfileNotFoundError @throws ProfileInvalidError naming all that is wrong @throws ProfileVersionConflictError when another version is in force by now
   */
  async changeProfile(principal: Principal, wanted: string, request: ChangeProfileDto, by: AuditActor): Promise<VersionedProfile> {
    const merchantId = merchantIdOf(principal);
    const current = await this.profile(principal, wanted);
    const { businessType } = current;
    const profile = applyProfileOverrides(DEFAULT_PROFILES[businessType], request.overrides);
    const changes = diffProfiles(current.profile, profile);
    if (current.version !== request.baseVersion) throw new ProfileVersionConflictError(current.version);
    if (request.dryRun === true || changes.length === 0) return { businessType, version: current.version, profile, changes };
    const version = current.version + 1;
    await this.database.transaction(async (transaction) => {
      const isFirst = await this.repository.insertVersion(transaction, {
        merchantId,
        businessType,
        version,
        overrides: request.overrides,
        createdBy: by.actor,
      });
      if (!isFirst) throw new ProfileVersionConflictError(version);
      await this.auditLog.record(transaction, {
        ...by,
        merchantId,
        action: 'profile_changed',
        objectId: `${businessType}@${version}`,
        reason: request.reason,
        changes: { differences: changes },
      });
    });
    this.merchants.forget(merchantId);
    const after = await this.profile(principal, businessType);
    assert(after.version >= version, 'a version that was committed is in force');
    return { ...after, changes };
  }
}

function pick({ name, timeZone, defaultBusinessType, enabledBusinessTypes, status }: Merchant) {
  return { name, timeZone, defaultBusinessType, enabledBusinessTypes, status };
}

function definedOf(request: UpdateMerchantDto): Partial<ReturnType<typeof pick>> {
  return Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
}
