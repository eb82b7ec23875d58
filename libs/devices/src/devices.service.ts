import { Injectable } from '@nestjs/common';
import { assert, isId, newId } from '#kernel';
import { isFeatureOn, MerchantsService } from '#merchants';
import { Database } from '#platform';
import { actorOf, AuditLog, Authenticator, CredentialHasher, merchantIdOf, type Principal } from '#security';
import { type Device } from './device.entity.js';
import { DeviceRegistrationPausedError, DeviceNotFoundError, DeviceRevokedError } from './devices.errors.js';
import { type DeviceScope, DevicesRepository } from './devices.repository.js';
import { devicesRegisteredTotal } from './metrics.js';
import { type RegisterDeviceDto } from './dto/register-device.dto.js';

/** A registered device with the credential that nobody can read again. */
export interface Registration {
  readonly device: Device;
  readonly credential: string;
  readonly isNew: boolean;
}

/** Registers devices and decides whether they may pay. */
@Injectable()
export class DevicesService {
  constructor(
    private readonly database: Database,
    private readonly repository: DevicesRepository,
    private readonly merchants: MerchantsService,
    private readonly hasher: CredentialHasher,
    private readonly auditLog: AuditLog,
    private readonly authenticator: Authenticator,
  ) {}

  /**
   * Registers a device. A fingerprint the merchant has registered before keeps its id and gets a new credential.
   *
   * @throws BusinessTypeNotEnabledError @throws DeviceRevokedError @throws DeviceRegistrationPausedError
   */
  async register(principal: Principal, request: RegisterDeviceDto, requestId: string): Promise<Registration> {
    const scope = scopeOf(principal);
    const context = await this.merchants.getContext(scope.merchantId);
    if (request.businessType) this.merchants.profileOf(context, request.businessType);
    const credential = this.hasher.issue({ kind: 'device', livemode: scope.livemode });
    const { id, isNew } = await this.database.transaction(async (transaction) => {
      const written = await this.repository.upsert(transaction, scope, {
        id: newId('device'),
        type: request.type,
        fingerprint: request.fingerprint,
        capabilities: request.capabilities,
        name: request.name ?? null,
        businessType: request.businessType ?? null,
        isAuthorisedForAutomatedPayments: request.authorisedForAutomatedPayments ?? false,
        latitude: request.location?.latitude ?? null,
        longitude: request.location?.longitude ?? null,
        country: request.country?.toUpperCase() ?? null,
        credentialHash: credential.hash,
        credentialLast4: credential.last4,
      });
      if (!written) throw new DeviceRevokedError();
      const action = written.isNew ? 'device_registered' : 'device_credential_rotated';
      await this.auditLog.record(transaction, {
        merchantId: scope.merchantId,
        actor: actorOf(principal),
        action,
        objectId: written.id,
        requestId,
      });
      if (written.isNew && !isFeatureOn(context.features, 'register_devices', request.fingerprint))
        throw new DeviceRegistrationPausedError();
      if (written.isNew) {
        transaction.afterCommit(() => {
          devicesRegisteredTotal.inc({ device_type: request.type });
        });
      }
      return written;
    });
    // A rotation ends the credential before it.
    this.authenticator.forget(id);
    const device = await this.repository.findDevice(scope, id);
    assert(device, 'a device that has just been written is there');
    return { device, credential: credential.text, isNew };
  }

  /** @throws DeviceNotFoundError */
  async get(scope: DeviceScope, id: string, param?: string): Promise<Device> {
    const device = isId('device', id) ? await this.repository.findDevice(scope, id) : null;
    if (!device) throw new DeviceNotFoundError(param);
    return device;
  }

  /** One page, newest first. */
  async list(scope: DeviceScope, limit: number, startingAfter: string | null): Promise<{ data: Device[]; hasMore: boolean }> {
    const devices = await this.repository.listDevices(scope, limit + 1, startingAfter);
    return { data: devices.slice(0, limit), hasMore: devices.length > limit };
  }

  /** Stops a device until it is activated again. Repeating it changes nothing. @throws DeviceNotFoundError @throws DeviceRevokedError */
  suspend(principal: Principal, id: string, requestId: string): Promise<Device> {
    return this.setStatus(principal, id, 'suspended', requestId);
  }

  /** Lets a suspended device pay again. @throws DeviceNotFoundError @throws DeviceRevokedError */
  activate(principal: Principal, id: string, requestId: string): Promise<Device> {
    return this.setStatus(principal, id, 'active', requestId);
  }

  /** Stops a device for ever. Repeating it changes nothing. @throws DeviceNotFoundError */
  revoke(principal: Principal, id: string, requestId: string): Promise<Device> {
    return this.setStatus(principal, id, 'revoked', requestId);
  }

  /** Lowers what a device may spend in a calendar day; null takes that back. @throws DeviceNotFoundError */
  async setDailyLimit(
    scope: DeviceScope,
    id: string,
    currency: string,
    dailyMinor: number | null,
    by: { readonly actor: string; readonly requestId: string },
  ): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const isFound = isId('device', id) && (await this.repository.setDailyLimit(transaction, scope, id, currency, dailyMinor));
      if (!isFound) throw new DeviceNotFoundError('subject');
      const changes = { dailyLimit: { currency, amount: dailyMinor } };
      await this.auditLog.record(transaction, { ...by, merchantId: scope.merchantId, action: 'device_limit_set', objectId: id, changes });
    });
  }

  private async setStatus(principal: Principal, id: string, status: Device['status'], requestId: string): Promise<Device> {
    const scope = scopeOf(principal);
    const device = await this.get(scope, id, 'id');
    if (device.status === status) return device;
    await this.database.transaction(async (transaction) => {
      if (!(await this.repository.setStatus(transaction, id, ['active', 'suspended'], status))) throw new DeviceRevokedError();
      const changes = { status: { before: device.status, after: status } };
      await this.auditLog.record(transaction, {
        merchantId: scope.merchantId,
        actor: actorOf(principal),
        action: `device_${status}`,
        objectId: id,
        changes,
        requestId,
      });
    });
    this.authenticator.forget(id);
    return this.get(scope, id, 'id');
  }
}

function scopeOf(principal: Principal): DeviceScope {
  return { merchantId: merchantIdOf(principal), livemode: principal.livemode };
}
