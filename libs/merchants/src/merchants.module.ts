import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { SecurityCoreModule } from '#security';
import { FeatureFlagsController } from './feature-flags/feature-flags.controller.js';
import { FeatureFlagsRepository } from './feature-flags/feature-flags.repository.js';
import { FeatureFlagsService } from './feature-flags/feature-flags.service.js';
import { Merchant } from './merchant.entity.js';
import { MerchantsRepository } from './merchants.repository.js';
import { MerchantsService } from './merchants.service.js';

/** Merchants, their business profiles and their feature flags. */
@Module({
  imports: [TypeOrmModule.forFeature([Merchant]), SecurityCoreModule],
  providers: [MerchantsService, MerchantsRepository, FeatureFlagsService, FeatureFlagsRepository],
  exports: [MerchantsService, FeatureFlagsService],
})
export class MerchantsModule {}

/** The admin's routes of merchants. */
@Module({ imports: [MerchantsModule], controllers: [FeatureFlagsController] })
export class MerchantsAdminModule {}
