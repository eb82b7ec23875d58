import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { MerchantsModule } from '#merchants';
import { SecurityCoreModule } from '#security';
import { Device } from './device.entity.js';
import { DevicesController } from './devices.controller.js';
import { DevicesRepository } from './devices.repository.js';
import { DevicesService } from './devices.service.js';

/** Devices without their routes: for the worker and for other libraries. */
@Module({
  imports: [TypeOrmModule.forFeature([Device]), MerchantsModule, SecurityCoreModule],
  providers: [DevicesService, DevicesRepository],
  exports: [DevicesService],
})
export class DevicesCoreModule {}

/** Devices with their routes. */
@Module({ imports: [DevicesCoreModule], controllers: [DevicesController], exports: [DevicesCoreModule] })
export class DevicesModule {}
