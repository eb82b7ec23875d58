/** The refusals of devices. */
import { DomainError } from '#kernel';

/** There is no such device, or it is another merchant's or mode's. */
export class DeviceNotFoundError extends DomainError {
  constructor(param = 'deviceId') {
    super('not_found', 'device_not_found', 'There is no such device.', { param });
  }
}

/** A revoked device never pays again; the hardware needs a new fingerprint. */
export class DeviceRevokedError extends DomainError {
  constructor() {
    super('conflict', 'device_revoked', 'The device was revoked and cannot be used again.', { param: 'deviceId', advice: 'do_not_retry' });
  }
}

/** New devices are paused by the flag `register_devices`. */
export class DeviceRegistrationPausedError extends DomainError {
  constructor() {
    super('unavailable', 'device_registration_paused', 'New devices are not registered now.', { retryAfterSeconds: 60 });
  }
}
