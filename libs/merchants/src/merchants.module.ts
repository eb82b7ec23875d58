import { Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { SecurityCoreModule } from '#security';
import { Merchant } from './merchant.entity.js';
import { MerchantsAdminController } from './merchants-admin.controller.js';
import { MerchantsAdminService } from './merchants-admin.service.js';
import { MerchantsRepository } from './merchants.repository.js';
import { MerchantsService } from './merchants.service.js';
import { ProfilesAdminController } from './profiles-admin.controller.js';
import { TenantInterceptor } from './tenant.interceptor.js';

/** Merchants and their business profiles, without routes: for the worker and for other libraries. */
@Module({
  imports: [TypeOrmModule.forFeature([Merchant]), SecurityCoreModule],
  providers: [MerchantsAdminService, MerchantsService, MerchantsRepository],
  exports: [MerchantsAdminService, MerchantsService],
})
export class MerchantsModule {}

/** Merchants with the admin's routes; every handler of the application runs within its caller's tenant. */
@Module({
  imports: [MerchantsModule],
  controllers: [MerchantsAdminController, ProfilesAdminController],
  providers: [{ provide: APP_INTERCEPTOR, useClass: TenantInterceptor }],
  exports: [MerchantsModule],
})
export class MerchantsAdminModule {}
