import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { type Device } from '../device.entity.js';
import { DEVICE_STATUSES, DEVICE_TYPES } from '../domain/device-type.js';
import { LocationDto } from './register-device.dto.js';

/** A device as clients see it. */
export class DeviceResponse {
  @ApiProperty({ example: 'dev_01jd8y3v5kq2e9c7x4m6n0r1st' })
  id: string;

  @ApiProperty({ enum: ['device'] })
  object: 'device';

  @ApiProperty({ enum: DEVICE_TYPES })
  type: string;

  @ApiProperty({ enum: DEVICE_STATUSES })
  status: string;

  @ApiProperty({ type: String, nullable: true })
  name: string | null;

  @ApiProperty({ type: [String] })
  capabilities: string[];

  @ApiProperty({ type: String, nullable: true })
  businessType: string | null;

  @ApiProperty()
  authorisedForAutomatedPayments: boolean;

  @ApiProperty({ type: LocationDto, nullable: true })
  location: LocationDto | null;

  /** Where it is at home, ISO 3166; null when the registration did not say. */
  @ApiProperty({ type: String, nullable: true, example: 'AT' })
  country: string | null;

  @ApiProperty()
  livemode: boolean;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;

  /** Only in the answer to a registration: the device's bearer credential. It is shown once and stored nowhere. */
  @ApiPropertyOptional({ example: 'upp_test_dk_…' })
  credential?: string;
}

/** One page of devices, newest first. */
export class DeviceListResponse {
  @ApiProperty({ enum: ['list'] })
  object: 'list';

  @ApiProperty({ type: [DeviceResponse] })
  data: DeviceResponse[];

  @ApiProperty()
  hasMore: boolean;
}

/** The client's view of a device. */
export function deviceResponseOf(device: Device, credential?: string): DeviceResponse {
  return {
    id: device.id,
    object: 'device',
    type: device.type,
    status: device.status,
    name: device.name,
    capabilities: device.capabilities,
    businessType: device.businessType,
    authorisedForAutomatedPayments: device.isAuthorisedForAutomatedPayments,
    location: device.latitude === null || device.longitude === null ? null : { latitude: device.latitude, longitude: device.longitude },
    country: device.country,
    livemode: device.livemode,
    createdAt: device.registeredAt.toISOString(),
    ...(credential === undefined ? {} : { credential }),
  };
}
