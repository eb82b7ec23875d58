/** What may pay, how, and whether it may at the moment. */
import { type PaymentMethod } from '#merchants';

/** Every device type, in the order of the documentation. */
export const DEVICE_TYPES = [
  'smartphone',
  'tablet',
  'smart_tv',
  'iot_device',
  'voice_assistant',
  'gaming_console',
  'pos_terminal',
  'kiosk',
  'web_browser',
  'vehicle',
] as const;

/** A kind of device that can be registered. */
export type DeviceType = (typeof DEVICE_TYPES)[number];

/** Every device status. */
export const DEVICE_STATUSES = ['active', 'suspended', 'revoked'] as const;

/** `active` pays; `suspended` may be made active again; `revoked` is for ever. */
export type DeviceStatus = (typeof DEVICE_STATUSES)[number];

/** The methods a device of each type has the hardware for; a business profile may allow fewer. */
export const METHODS_BY_DEVICE_TYPE: Readonly<Record<DeviceType, readonly PaymentMethod[]>> = {
  smartphone: ['card', 'mobile_wallet', 'nfc', 'qr', 'biometric'],
  tablet: ['card', 'mobile_wallet', 'nfc', 'qr', 'biometric'],
  smart_tv: ['qr', 'card'],
  iot_device: ['card', 'mobile_wallet'],
  voice_assistant: ['voice', 'card'],
  gaming_console: ['card', 'mobile_wallet'],
  pos_terminal: ['card', 'nfc'],
  kiosk: ['card', 'qr', 'nfc'],
  web_browser: ['card', 'mobile_wallet'],
  vehicle: ['card', 'mobile_wallet'],
};

/** Whether `value` is one of {@link DEVICE_TYPES}. */
export function isDeviceType(value: unknown): value is DeviceType {
  return (DEVICE_TYPES as readonly unknown[]).includes(value);
}

/** Whether a device of that type can present that method at all. */
export function canPresent(deviceType: DeviceType, method: PaymentMethod): boolean {
  return METHODS_BY_DEVICE_TYPE[deviceType].includes(method);
}
