import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, Repository } from 'typeorm';
import { Database, type Queryable } from '#platform';
import { type BusinessType } from './domain/business-profile.js';
import { Merchant } from './merchant.entity.js';

/** One version of what a merchant changes of a profile. */
export interface ProfileVersion {
  readonly businessType: BusinessType;
  readonly version: number;
  readonly overrides: unknown;
}

/** A version with who made it. */
export interface ProfileVersionRow {
  readonly version: number;
  readonly overrides: unknown;
  readonly createdBy: string;
  readonly createdAt: Date;
}

/** SQL of `merchants` and `business_profiles`. */
@Injectable()
export class MerchantsRepository {
  constructor(
    @InjectRepository(Merchant) private readonly merchants: Repository<Merchant>,
    private readonly database: Database,
  ) {}

  findMerchant(id: string): Promise<Merchant | null> {
    return this.merchants.findOneBy({ id });
  }

  async insertMerchant(
    merchant: Pick<Merchant, 'id' | 'name' | 'country' | 'timeZone' | 'defaultBusinessType' | 'enabledBusinessTypes'>,
  ): Promise<void> {
    await this.merchants.insert(merchant);
  }

  /** One page, newest first; of one merchant when its id is given. */
  listMerchants(id: string | null, page: { readonly limit: number; readonly before: string | null }): Promise<Merchant[]> {
    return this.merchants.find({
      where: { ...(id === null ? {} : { id }), ...(page.before === null ? {} : { id: id ?? LessThan(page.before) }) },
      order: { id: 'DESC' },
      take: page.limit,
    });
  }

  /** Inserts a merchant in the transaction that also audits it. */
  async insert(
    transaction: Queryable,
    merchant: Pick<Merchant, 'id' | 'name' | 'country' | 'timeZone' | 'defaultBusinessType' | 'enabledBusinessTypes'>,
  ): Promise<void> {
    await transaction.query(
      `insert into merchants (id, name, country, time_zone, default_business_type, enabled_business_types) values ($1, $2, $3, $4, $5, $6)`,
      [merchant.id, merchant.name, merchant.country, merchant.timeZone, merchant.defaultBusinessType, merchant.enabledBusinessTypes],
    );
  }

  async update(
    transaction: Queryable,
    id: string,
    merchant: Pick<Merchant, 'name' | 'timeZone' | 'defaultBusinessType' | 'enabledBusinessTypes' | 'status'>,
  ): Promise<void> {
    await transaction.query(
      `update merchants set name = $2, time_zone = $3, default_business_type = $4, enabled_business_types = $5, status = $6, updated_at = now()
       where id = $1`,
      [id, merchant.name, merchant.timeZone, merchant.defaultBusinessType, merchant.enabledBusinessTypes, merchant.status],
    );
  }

  /** A profile's versions, the newest first. */
  listVersions(merchantId: string, businessType: BusinessType, limit: number): Promise<ProfileVersionRow[]> {
    return this.database.query(
      `select version, overrides, created_by as "createdBy", created_at as "createdAt"
       from business_profiles where merchant_id = $1 and business_type = $2 order by version desc limit $3`,
      [merchantId, businessType, limit],
    );
  }

  /** Adds a version. @returns false when somebody else has added it already. */
  async insertVersion(
    transaction: Queryable,
    row: { merchantId: string; businessType: BusinessType; version: number; overrides: unknown; createdBy: string },
  ): Promise<boolean> {
    const rows = await transaction.query(
      `insert into business_profiles (merchant_id, business_type, version, overrides, created_by) values ($1, $2, $3, $4, $5)
       on conflict do nothing returning version`,
      [row.merchantId, row.businessType, row.version, JSON.stringify(row.overrides), row.createdBy],
    );
    return rows.length === 1;
  }

  /** The newest version of each business type that the merchant has changed. */
  listNewestProfiles(merchantId: string): Promise<ProfileVersion[]> {
    return this.database.query(
      `select distinct on (business_type) business_type as "businessType", version, overrides
       from business_profiles where merchant_id = $1 order by business_type, version desc`,
      [merchantId],
    );
  }
}
