/** The refusals of this library. None of them says whether a thing exists that the caller may not see. */
import { DomainError } from '#kernel';

/** No credential was sent to a route that needs one. */
export class AuthenticationRequiredError extends DomainError {
  constructor() {
    super('unauthenticated', 'authentication_required', 'Send an API key as "Authorization: Bearer …", or sign in.');
  }
}

/** Why a credential was refused. */
export type CredentialRefusal =
  'api_key_invalid' | 'api_key_expired' | 'api_key_revoked' | 'api_key_mode_mismatch' | 'device_credential_revoked' | 'session_expired';

const REFUSALS: Readonly<Record<CredentialRefusal, string>> = {
  api_key_invalid: 'The credential is not valid.',
  api_key_expired: 'The API key has expired.',
  api_key_revoked: 'The API key was revoked.',
  api_key_mode_mismatch: 'The credential is of the other mode (test or live) than this deployment.',
  device_credential_revoked: 'The device was revoked; register it again.',
  session_expired: 'The session has ended; sign in again.',
};

/** A credential was sent and is of no use. */
export class CredentialRefusedError extends DomainError {
  constructor(refusal: CredentialRefusal) {
    super('unauthenticated', refusal, REFUSALS[refusal]);
  }
}

/** Why somebody who is known may not do this. */
export type PermissionRefusal =
  'permission_denied' | 'address_not_allowed' | 'device_suspended' | 'merchant_suspended' | 'step_up_required' | 'cross_site_request';

const PERMISSION_WORDS: Readonly<Record<PermissionRefusal, string>> = {
  permission_denied: 'This credential may not do that.',
  address_not_allowed: 'This API key may not be used from this address.',
  device_suspended: 'The device is suspended.',
  merchant_suspended: 'The merchant is suspended.',
  step_up_required: 'Confirm with your second factor first: POST /api/auth/step-up.',
  cross_site_request: 'A page of another origin may not act with this session.',
};

/** The caller is known and may not do this. */
export class PermissionDeniedError extends DomainError {
  /** @param requiredScopes - Any one of them would do; told so that an integrator can fix a restricted key. */
  constructor(refusal: PermissionRefusal, requiredScopes?: readonly string[]) {
    super('forbidden', refusal, PERMISSION_WORDS[refusal], requiredScopes === undefined ? {} : { details: { requiredScopes } });
  }
}
