/** What clients send to /api/customers. */
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsOptional, IsUrl, Matches, MaxLength } from 'class-validator';
import { IsEmailAddress } from '#platform';

/** Body of `POST /api/customers`. */
export class CreateCustomerDto {
  /** Kept sealed, and found again by a keyed hash; no answer shows it. */
  @ApiProperty({ format: 'email', maxLength: 254, example: 'ada@example.com' })
  @IsEmailAddress()
  email: string;
}

/** Body of `POST /api/customers/:id/payment-methods`. */
export class SavePaymentMethodDto {
  /** Stripe's payment method id, or in test mode a test token. Never a card number. */
  @ApiProperty({ pattern: '^pm_[A-Za-z0-9_]{1,250}$', example: 'pm_card_visa' })
  @Matches(/^pm_[A-Za-z0-9_]{1,250}$/, { message: 'paymentMethod must be a Stripe payment method id (pm_…)' })
  paymentMethod: string;

  /** What the customer agrees to. `off_session`, the default: payments without them as well, such as renewals. */
  @ApiPropertyOptional({ enum: ['on_session', 'off_session'], default: 'off_session' })
  @IsOptional()
  @IsIn(['on_session', 'off_session'])
  usage?: 'on_session' | 'off_session';

  /** Makes it the customer's default once it is saved; the first one is that anyway. */
  @ApiPropertyOptional()
  @IsOptional()
  @IsBoolean()
  makeDefault?: boolean;

  /** Where the customer returns to after a challenge in a browser. */
  @ApiPropertyOptional({ format: 'uri', maxLength: 2000 })
  @IsOptional()
  @IsUrl(
    { protocols: ['http', 'https'], require_protocol: true, require_tld: false },
    { message: 'returnUrl must be an http or https URL' },
  )
  @MaxLength(2000)
  returnUrl?: string;
}

/** Body of `PUT /api/customers/:id/default-payment-method`. */
export class DefaultPaymentMethodDto {
  /** An active one of the customer. */
  @ApiProperty({ pattern: '^spm_[0-9a-z]{26}$', example: 'spm_01jd8y3v5kq2e9c7x4m6n0r1st' })
  @Matches(/^spm_[0-9a-z]{26}$/, { message: 'paymentMethod must be the id of a saved payment method (spm_…)' })
  paymentMethod: string;
}
