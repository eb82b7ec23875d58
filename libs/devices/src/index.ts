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
