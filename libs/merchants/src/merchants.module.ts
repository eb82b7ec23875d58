import { Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { SecurityCoreModule } from '#security';
import { FeatureFlagsController } from './feature-flags/feature-flags.controller.js';
import { FeatureFlagsRepository } from './feature-flags/feature-flags.repository.js';
import { FeatureFlagsService } from './feature-flags/feature-flags.service.js';
import { Merchant } from './merchant.entity.js';
import { MerchantsAdminController } from './merchants-admin.controller.js';
import { MerchantsAdminService } from './merchants-admin.service.js';
import { MerchantsRepository } from './merchants.repository.js';
import { MerchantsService } from './merchants.service.js';
import { ProfilesAdminController } from './profiles-admin.controller.js';
import { TenantInterceptor } from './tenant.interceptor.js';

/** Merchants, their business profiles and their feature flags, without routes: for the worker and for other libraries. */
@Module({
  imports: [TypeOrmModule.forFeature([Merchant]), SecurityCoreModule],
  providers: [MerchantsAdminService, MerchantsService, MerchantsRepository, FeatureFlagsService, FeatureFlagsRepository],
  exports: [MerchantsAdminService, MerchantsService, FeatureFlagsService],
})
export class MerchantsModule {}

/** Merchants with the admin's routes; every handler of the application runs within its caller's tenant. */
@Module({
  imports: [MerchantsModule],
  controllers: [MerchantsAdminController, ProfilesAdminController, FeatureFlagsController],
  providers: [{ provide: APP_INTERCEPTOR, useClass: TenantInterceptor }],
  exports: [MerchantsModule],
})
export class MerchantsAdminModule {}
