import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, Repository } from 'typeorm';
import { Database, type Queryable } from '#platform';
import { Device } from './device.entity.js';
import { type DeviceStatus } from './domain/device-type.js';

/** Whose devices a query may see. */
export interface DeviceScope {
  readonly merchantId: string;
  readonly livemode: boolean;
}

/** What a registration writes. */
export type RegisteredDevice = Pick<
  Device,
  | 'id'
  | 'type'
  | 'fingerprint'
  | 'capabilities'
  | 'name'
  | 'businessType'
  | 'latitude'
  | 'longitude'
  | 'country'
  | 'credentialHash'
  | 'credentialLast4'
> & {
  readonly isAuthorisedForAutomatedPayments: boolean;
};

// Without the hash of the credential, which the entity does not select either.
const COLUMNS = `id, merchant_id as "merchantId", livemode, type, status, name, fingerprint, capabilities, business_type as "businessType",
  customer_id as "customerId", is_authorised_for_automated_payments as "isAuthorisedForAutomatedPayments", daily_limits as "dailyLimits",
  latitude, longitude, country, credential_last4 as "credentialLast4", registered_at as "registeredAt", updated_at as "updatedAt"`;

/** SQL of `devices`. */
@Injectable()
export class DevicesRepository {
  constructor(
    @InjectRepository(Device) private readonly devices: Repository<Device>,
    private readonly database: Database,
  ) {}

  /** By SQL: every payment asks for its device. */
  async findDevice({ merchantId, livemode }: DeviceScope, id: string): Promise<Device | null> {
    const [row] = await this.database.query<Device & Record<string, unknown>>(
      `select ${COLUMNS} from devices where id = $1 and merchant_id = $2 and livemode = $3`,
      [id, merchantId, livemode],
    );
    return row ?? null;
  }

  /** Newest first. */
  listDevices({ merchantId, livemode }: DeviceScope, limit: number, startingAfter: string | null): Promise<Device[]> {
    return this.devices.find({
      where: { merchantId, livemode, ...(startingAfter === null ? {} : { id: LessThan(startingAfter) }) },
      order: { id: 'DESC' },
      take: limit,
    });
  }

  /**
   * Adds a device, or gives the merchant's own device of that fingerprint a new credential: the old one stops at once.
   *
   * A revoked device stays revoked for ever. @returns Its id, and whether it is new; null when it is revoked.
   */
  async upsert(
    transaction: Queryable,
    scope: DeviceScope,
    device: RegisteredDevice,
  ): Promise<{ readonly id: string; readonly isNew: boolean } | null> {
    const [row] = await transaction.query<{ id: string }>(
      `insert into devices (id, merchant_id, livemode, type, fingerprint, capabilities, name, business_type, is_authorised_for_automated_payments,
         latitude, longitude, country, credential_hash, credential_last4)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
       on conflict (merchant_id, livemode, fingerprint) do update set type = excluded.type, capabilities = excluded.capabilities,
         name = coalesce(excluded.name, devices.name), business_type = coalesce(excluded.business_type, devices.business_type),
         is_authorised_for_automated_payments = excluded.is_authorised_for_automated_payments,
         latitude = coalesce(excluded.latitude, devices.latitude), longitude = coalesce(excluded.longitude, devices.longitude),
         country = coalesce(excluded.country, devices.country),
         credential_hash = excluded.credential_hash, credential_last4 = excluded.credential_last4, updated_at = now()
       where devices.status <> 'revoked'
       returning id`,
      [
        device.id,
        scope.merchantId,
        scope.livemode,
        device.type,
        device.fingerprint,
        device.capabilities,
        device.name,
        device.businessType,
        device.isAuthorisedForAutomatedPayments,
        device.latitude,
        device.longitude,
        device.country,
        device.credentialHash,
        device.credentialLast4,
      ],
    );
    return row ? { id: row.id, isNew: row.id === device.id } : null;
  }

  /** Sets the status from one of `from`. @returns Whether it was one of them. */
  async setStatus(transaction: Queryable, id: string, from: readonly DeviceStatus[], to: DeviceStatus): Promise<boolean> {
    const rows = await transaction.query(
      'update devices set status = $3, updated_at = now() where id = $1 and status = any ($2) returning id',
      [id, from, to],
    );
    return rows.length === 1;
  }

  /** Sets or, with null, takes back a device's own daily limit. @returns Whether there is such a device. */
  async setDailyLimit(
    transaction: Queryable,
    { merchantId, livemode }: DeviceScope,
    id: string,
    currency: string,
    dailyMinor: number | null,
  ): Promise<boolean> {
    const rows = await transaction.query(
      `update devices set updated_at = now(),
         daily_limits = case when $5::bigint is null then daily_limits - $4::text else daily_limits || jsonb_build_object($4::text, $5::bigint) end
       where id = $1 and merchant_id = $2 and livemode = $3 returning id`,
      [id, merchantId, livemode, currency, dailyMinor],
    );
    return rows.length === 1;
  }
}
