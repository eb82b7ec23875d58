import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsBoolean, IsIn, IsObject, IsOptional, IsUrl, Matches, MaxLength, ValidateIf, ValidateNested } from 'class-validator';
import { LocationDto } from '#devices';
import { BUSINESS_TYPES, type BusinessType, PAYMENT_METHODS, type PaymentMethod } from '#merchants';
import { IsEmailAddress, IsMetadata, IsSafeInteger, IsText } from '#platform';
import { INPUT_KINDS } from '../input/native-input.js';

/** Stripe's own limit of eight digits for most currencies, and twelve for those with small units. */
const MAX_AMOUNT_MINOR = 999_999_999_999;

const MAX_AGE = 150;

/** Stripe's payment methods, and saved ones. */
export const PAYMENT_METHOD_PATTERN = /^(?:pm_[A-Za-z0-9_]{1,250}|spm_[0-9a-z]{26})$/;

/** A field that is required when there is no input, and checked whenever it is there. */
function isNeededWithoutInput(field: 'amount' | 'currency') {
  return (request: CreatePaymentDto): boolean => request.input === undefined || request[field] !== undefined;
}

/** Body of `POST /api/payments`. Amounts are integers in minor units of the currency. */
export class CreatePaymentDto {
  /** Minor units, tip and tax included: 1099 is USD 10.99. Required unless `input` says it. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: MAX_AMOUNT_MINOR, example: 1099 })
  @ValidateIf(isNeededWithoutInput('amount'))
  @IsSafeInteger(1, MAX_AMOUNT_MINOR)
  amount?: number;

  /** Lower-case ISO 4217 code. Required unless `input` says it; beside an input, what its bare amounts and words such as "dollars" mean. */
  @ApiPropertyOptional({ pattern: '^[a-z]{3}$', example: 'usd' })
  @ValidateIf(isNeededWithoutInput('currency'))
  @Matches(/^[a-z]{3}$/, { message: 'currency must be a lower-case ISO 4217 code' })
  currency?: string;

  /**
   * The device's native form instead of `amount` and `method`: `{ kind, … }` with kind `nfc_tap`, `qr_scan`, `voice_command`, `sensor_trigger`,
   * `controller_input` or `manual_entry`. What is ambiguous is refused with a `prompt` for the person at the device.
   */
  @ApiPropertyOptional({
    type: 'object',
    required: ['kind'],
    properties: { kind: { type: 'string', enum: [...INPUT_KINDS] } },
    additionalProperties: true,
    example: { kind: 'voice_command', transcript: 'pay twenty five dollars', confidence: 0.97 },
  })
  @IsOptional()
  @IsObject()
  input?: Record<string, unknown>;

  /** The paying device; a device that calls with its own credential must name itself. */
  @ApiProperty({ example: 'dev_01jd8y3v5kq2e9c7x4m6n0r1st' })
  @IsText(1, 64)
  deviceId: string;

  /** What the device says of itself now, as at its registration: another one is a fraud signal. */
  @ApiPropertyOptional({ minLength: 8, maxLength: 512, example: 'till-07-b2f1c9' })
  @IsOptional()
  @IsText(8, 512)
  deviceFingerprint?: string;

  /** Stripe's payment method id, in test mode a test token, or the id of a saved method (`spm_…`). Never a card number. */
  @ApiProperty({ pattern: PAYMENT_METHOD_PATTERN.source, example: 'pm_card_visa' })
  @Matches(PAYMENT_METHOD_PATTERN, {
    message: 'paymentMethod must be a Stripe payment method id (pm_…) or the id of a saved payment method (spm_…)',
  })
  paymentMethod: string;

  /** Nobody is present who could pass a challenge: only with a saved method whose owner agreed to it. */
  @ApiPropertyOptional({ default: false })
  @IsOptional()
  @IsBoolean()
  offSession?: boolean;

  /** How the device presented it. Default `card`. */
  @ApiPropertyOptional({ enum: PAYMENT_METHODS, default: 'card' })
  @IsOptional()
  @IsIn(PAYMENT_METHODS)
  method?: PaymentMethod;

  /** Only one the merchant has enabled; default is the device's or the merchant's. */
  @ApiPropertyOptional({ enum: BUSINESS_TYPES })
  @IsOptional()
  @IsIn(BUSINESS_TYPES)
  businessType?: BusinessType;

  /** `manual` holds the amount until `POST …/capture`. Default is the business type's. */
  @ApiPropertyOptional({ enum: ['automatic', 'manual'] })
  @IsOptional()
  @IsIn(['automatic', 'manual'])
  captureMethod?: 'automatic' | 'manual';

  /** Minor units, part of `amount`. */
  @ApiPropertyOptional({ type: 'integer', minimum: 0, maximum: MAX_AMOUNT_MINOR })
  @IsOptional()
  @IsSafeInteger(0, MAX_AMOUNT_MINOR)
  tipAmount?: number;

  /** Minor units, part of `amount`. */
  @ApiPropertyOptional({ type: 'integer', minimum: 0, maximum: MAX_AMOUNT_MINOR })
  @IsOptional()
  @IsSafeInteger(0, MAX_AMOUNT_MINOR)
  taxAmount?: number;

  @ApiPropertyOptional({ format: 'email', maxLength: 254 })
  @IsOptional()
  @IsEmailAddress()
  customerEmail?: string;

  /** A customer of the merchant, instead of an address. With a saved method it may be absent: the method says whose it is. */
  @ApiPropertyOptional({ example: 'cus_01jd8y3v5kq2e9c7x4m6n0r1st' })
  @IsOptional()
  @IsText(1, 64)
  customerId?: string;

  /** Years: an item of the payment may only be sold from that age on. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: MAX_AGE })
  @IsOptional()
  @IsSafeInteger(1, MAX_AGE)
  minimumAge?: number;

  /** Years, as the merchant has verified; only the merchant's own key may say it. */
  @ApiPropertyOptional({ type: 'integer', minimum: 0, maximum: MAX_AGE })
  @IsOptional()
  @IsSafeInteger(0, MAX_AGE)
  verifiedAge?: number;

  /** For people; reaches Stripe. */
  @ApiPropertyOptional({ minLength: 1, maxLength: 500 })
  @IsOptional()
  @IsText(1, 500)
  description?: string;

  /** Where the device is now. */
  @ApiPropertyOptional({ type: LocationDto })
  @IsOptional()
  @ValidateNested()
  @Type(() => LocationDto)
  location?: LocationDto;

  /** Up to 48 pairs of a key (1–40) and a string (0–500 characters); reaches Stripe. */
  @ApiPropertyOptional({ type: Object, additionalProperties: { type: 'string', maxLength: 500 }, maxProperties: 48 })
  @IsOptional()
  @IsMetadata(48)
  metadata?: Record<string, string>;

  /** Where the payer returns to after a challenge in a browser. */
  @ApiPropertyOptional({ format: 'uri', maxLength: 2000 })
  @IsOptional()
  @IsUrl(
    { protocols: ['http', 'https'], require_protocol: true, require_tld: false },
    { message: 'returnUrl must be an http or https URL' },
  )
  @MaxLength(2000)
  returnUrl?: string;
}
