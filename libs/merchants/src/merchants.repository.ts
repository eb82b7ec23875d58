import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Database } from '#platform';
import { type BusinessType } from './domain/business-profile.js';
import { Merchant } from './merchant.entity.js';

/** One version of what a merchant changes of a profile. */
export interface ProfileVersion {
  readonly businessType: BusinessType;
  readonly version: number;
  readonly overrides: unknown;
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

  /** The newest version of each business type that the merchant has changed. */
  listNewestProfiles(merchantId: string): Promise<ProfileVersion[]> {
    return this.database.query(
      `select distinct on (business_type) business_type as "businessType", version, overrides
       from business_profiles where merchant_id = $1 order by business_type, version desc`,
      [merchantId],
    );
  }
}
