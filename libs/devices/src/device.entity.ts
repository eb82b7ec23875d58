import { Column, Entity, PrimaryColumn } from 'typeorm';
import { type BusinessType } from '#merchants';
import { type DeviceStatus, type DeviceType } from './domain/device-type.js';

/** Something that pays. Its fingerprint is unique within merchant and mode. */
@Entity({ name: 'devices' })
export class Device {
  /** `dev_…` */
  @PrimaryColumn({ name: 'id', type: 'text' })
  id: string;

  @Column({ name: 'merchant_id', type: 'text' })
  merchantId: string;

  @Column({ name: 'livemode', type: 'boolean' })
  livemode: boolean;

  @Column({ name: 'type', type: 'text' })
  type: DeviceType;

  @Column({ name: 'status', type: 'text' })
  status: DeviceStatus;

  @Column({ name: 'name', type: 'text', nullable: true })
  name: string | null;

  /** What the device says of itself, 8–512 characters, the same at each registration. */
  @Column({ name: 'fingerprint', type: 'text' })
  fingerprint: string;

  @Column({ name: 'capabilities', type: 'text', array: true })
  capabilities: string[];

  /** Replaces the merchant's default type for payments of this device. */
  @Column({ name: 'business_type', type: 'text', nullable: true })
  businessType: BusinessType | null;

  @Column({ name: 'customer_id', type: 'text', nullable: true })
  customerId: string | null;

  /** IoT: its owner lets it pay without a person. */
  @Column({ name: 'is_authorised_for_automated_payments', type: 'boolean' })
  isAuthorisedForAutomatedPayments: boolean;

  /** What the merchant or a guardian set lower than the business type's daily limit: minor units by currency. */
  @Column({ name: 'daily_limits', type: 'jsonb' })
  dailyLimits: Readonly<Record<string, number>>;

  /** Degrees, −90 … 90. */
  @Column({ name: 'latitude', type: 'double precision', nullable: true })
  latitude: number | null;

  /** Degrees, −180 … 180. */
  @Column({ name: 'longitude', type: 'double precision', nullable: true })
  longitude: number | null;

  /** Where it is at home: upper-case ISO 3166 code, e.g. AT. */
  @Column({ name: 'country', type: 'char', length: 2, nullable: true })
  country: string | null;

  /** HMAC-SHA256 of the credential; the credential itself is stored nowhere. */
  @Column({ name: 'credential_hash', type: 'bytea', select: false })
  credentialHash: Buffer;

  @Column({ name: 'credential_last4', type: 'char', length: 4 })
  credentialLast4: string;

  @Column({ name: 'registered_at', type: 'timestamptz' })
  registeredAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
