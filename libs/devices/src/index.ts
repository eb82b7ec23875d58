/** Devices: what may pay, and how. */
export {
  canPresent,
  DEVICE_STATUSES,
  DEVICE_TYPES,
  type DeviceStatus,
  type DeviceType,
  isDeviceType,
  METHODS_BY_DEVICE_TYPE,
} from './domain/device-type.js';
export { type Device } from './device.entity.js';
export { DeviceNotFoundError, DeviceRevokedError } from './devices.errors.js';
export { DevicesCoreModule, DevicesModule } from './devices.module.js';
export { DevicesService } from './devices.service.js';
export { DeviceResponse, deviceResponseOf } from './dto/device.response.js';
export { LocationDto } from './dto/register-device.dto.js';
