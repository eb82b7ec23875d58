import { Column, Entity, PrimaryColumn } from 'typeorm';
import { type BusinessType } from './domain/business-profile.js';

/** A business that sells through this deployment; everything else belongs to one. */
@Entity({ name: 'merchants' })
export class Merchant {
  /** `mer_…` */
  @PrimaryColumn({ name: 'id', type: 'text' })
  id: string;

  @Column({ name: 'name', type: 'text' })
  name: string;

  /** A suspended merchant's keys still read and no longer pay. */
  @Column({ name: 'status', type: 'text' })
  status: 'active' | 'suspended';

  /** ISO 3166 alpha-2, upper case. */
  @Column({ name: 'country', type: 'char', length: 2 })
  country: string;

  /** IANA name; business days, opening hours and limits are counted in it. */
  @Column({ name: 'time_zone', type: 'text' })
  timeZone: string;

  /** Of a payment whose device has no type of its own and whose request names none. */
  @Column({ name: 'default_business_type', type: 'text' })
  defaultBusinessType: BusinessType;

  /** What a request may name. */
  @Column({ name: 'enabled_business_types', type: 'text', array: true })
  enabledBusinessTypes: BusinessType[];

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
