/** What clients send to and get from /api/auth and /api/admin/users. */
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, Matches } from 'class-validator';
import { IsEmailAddress, IsText } from '#platform';
import { ROLES, SCOPES, type Role, type Scope } from '../domain/scopes.js';
import type { FirstSecrets } from './users.service.js';
import type { User } from './users.repository.js';

const ID = /^[a-z]{2,3}_[0-9a-z]{26}$/;
const CODE = /^(\d{6}|[a-z2-7]{16})$/;

/** Signing in. */
export class LoginDto {
  @ApiProperty({ example: 'ada@example.com' })
  @IsEmailAddress()
  email: string;

  @ApiProperty({ minLength: 1, maxLength: 128 })
  @IsText(1, 128)
  password: string;

  /** The six digits of the authenticator app, or a recovery code. */
  @ApiPropertyOptional({ example: '287082', pattern: CODE.source })
  @IsOptional()
  @Matches(CODE)
  totp?: string;
}

/** Proving the second factor once more. */
export class TotpDto {
  /** The six digits of the authenticator app, or a recovery code. */
  @ApiProperty({ example: '287082', pattern: CODE.source })
  @Matches(CODE)
  totp: string;
}

/** A new password. */
export class ChangePasswordDto {
  @ApiProperty({ minLength: 1, maxLength: 128 })
  @IsText(1, 128)
  currentPassword: string;

  /** 12 to 128 characters; any. */
  @ApiProperty({ minLength: 12, maxLength: 128 })
  @IsText(12, 128)
  newPassword: string;
}

/** A person to be added. */
export class CreateUserDto {
  @ApiProperty({ example: 'grace@example.com' })
  @IsEmailAddress()
  email: string;

  @ApiProperty({ enum: ROLES })
  @IsIn(ROLES)
  role: Role;

  /** The person's merchant; without one, the person serves the whole deployment. */
  @ApiPropertyOptional({ example: 'mer_01jd8y3v5kq2e9c7x4m6n0r1st' })
  @IsOptional()
  @Matches(ID)
  merchantId?: string;
}

/** Another role. */
export class ChangeRoleDto {
  @ApiProperty({ enum: ROLES })
  @IsIn(ROLES)
  role: Role;
}

/** The signed-in person. */
export class MeResponse {
  @ApiProperty({ enum: ['user'] })
  object: 'user';

  @ApiProperty({ example: 'usr_01jd8y3v5kq2e9c7x4m6n0r1st' })
  id: string;

  @ApiProperty()
  email: string;

  @ApiProperty({ enum: ROLES })
  role: string;

  @ApiProperty({ type: String, nullable: true })
  merchantId: string | null;

  @ApiProperty({ enum: SCOPES, isArray: true })
  scopes: Scope[];

  /** When the second factor was last proved. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  steppedUpAt: string | null;
}

/** A person as the directory shows them. */
export class UserResponse {
  @ApiProperty({ enum: ['user'] })
  object: 'user';

  @ApiProperty({ example: 'usr_01jd8y3v5kq2e9c7x4m6n0r1st' })
  id: string;

  @ApiProperty()
  email: string;

  @ApiProperty({ enum: ROLES })
  role: string;

  @ApiProperty({ enum: ['active', 'disabled'] })
  status: string;

  @ApiProperty({ type: String, nullable: true })
  merchantId: string | null;

  @ApiProperty()
  hasTotp: boolean;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;
}

/** A page of people. */
export class UserListResponse {
  @ApiProperty({ enum: ['list'] })
  object: 'list';

  @ApiProperty({ type: [UserResponse] })
  data: UserResponse[];

  @ApiProperty()
  hasMore: boolean;
}

/** What a new person is told once; nobody can read it again. */
export class FirstSecretsResponse {
  @ApiProperty({ example: 'usr_01jd8y3v5kq2e9c7x4m6n0r1st' })
  id: string;

  @ApiProperty()
  password: string;

  @ApiProperty()
  totpSecret: string;

  @ApiProperty({ type: [String] })
  recoveryCodes: string[];
}

/** A secret for an authenticator app; it counts after it was confirmed by a code. */
export class TotpSecretResponse {
  @ApiProperty()
  totpSecret: string;

  @ApiProperty({ example: 'otpauth://totp/UPP:ada%40example.com?secret=…' })
  uri: string;
}

/** Codes to write down; each is good once. */
export class RecoveryCodesResponse {
  @ApiProperty({ type: [String] })
  recoveryCodes: string[];
}

/** The directory's view of a person. */
export function userResponseOf(user: User): UserResponse {
  const { id, email, role, status, merchantId, hasTotp } = user;
  return { object: 'user', id, email, role, status, merchantId, hasTotp, createdAt: user.createdAt.toISOString() };
}

/** What a new person is told. */
export function firstSecretsResponseOf({ userId, password, totpSecret, recoveryCodes }: FirstSecrets): FirstSecretsResponse {
  return { id: userId, password, totpSecret, recoveryCodes: [...recoveryCodes] };
}
