import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsNumber,
  IsOptional,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { IsText } from '#platform';
import { BUSINESS_TYPES, type BusinessType } from '#merchants';
import { DEVICE_TYPES, type DeviceType } from '../domain/device-type.js';

const COUNTRY = /^[A-Za-z]{2}$/;

/** A point on Earth. */
export class LocationDto {
  /** Degrees, −90 … 90. */
  @ApiProperty({ minimum: -90, maximum: 90, example: 48.2082 })
  @IsNumber({ allowNaN: false, allowInfinity: false })
  @Min(-90)
  @Max(90)
  latitude: number;

  /** Degrees, −180 … 180. */
  @ApiProperty({ minimum: -180, maximum: 180, example: 16.3738 })
  @IsNumber({ allowNaN: false, allowInfinity: false })
  @Min(-180)
  @Max(180)
  longitude: number;
}

/** Body of `POST /api/devices`. */
export class RegisterDeviceDto {
  @ApiProperty({ enum: DEVICE_TYPES })
  @IsIn(DEVICE_TYPES)
  type: DeviceType;

  /** What tells this device from every other of the merchant, 8–512 characters, the same at each registration. */
  @ApiProperty({ minLength: 8, maxLength: 512, example: 'till-07-b2f1c9' })
  @IsText(8, 512)
  fingerprint: string;

  /** What it can do, in the merchant's own words, at most 32: `nfc`, `display`, `printer`. */
  @ApiProperty({ type: [String], maxItems: 32, example: ['nfc', 'display'] })
  @IsArray()
  @ArrayMaxSize(32)
  @ArrayUnique()
  @IsText(1, 64, { each: true })
  capabilities: string[];

  /** For people, up to 100 characters. */
  @ApiPropertyOptional({ minLength: 1, maxLength: 100 })
  @IsOptional()
  @IsText(1, 100)
  name?: string;

  @ApiPropertyOptional({ type: LocationDto })
  @IsOptional()
  @ValidateNested()
  @Type(() => LocationDto)
  location?: LocationDto;

  /** Where it is at home, ISO 3166; the fraud rules compare it with the countries of the card and the address. */
  @ApiPropertyOptional({ pattern: COUNTRY.source, example: 'AT' })
  @IsOptional()
  @Matches(COUNTRY)
  country?: string;

  /** Business type of its payments instead of the merchant's default; must be enabled for the merchant. */
  @ApiPropertyOptional({ enum: BUSINESS_TYPES })
  @IsOptional()
  @IsIn(BUSINESS_TYPES)
  businessType?: BusinessType;

  /** IoT: whether the device may pay without a person. Default false. */
  @ApiPropertyOptional({ default: false })
  @IsOptional()
  @IsBoolean()
  authorisedForAutomatedPayments?: boolean;
}
