/** Security: who may do what, how often, and what is written down. */
export {
  CurrentPrincipal,
  Public,
  RequireScope,
  RequireSession,
  RequireStepUp,
  ROUTE_ACCESS,
  type AuthenticatedRequest,
  type RouteAccess,
} from './access.decorators.js';
export type { ApiKey } from './api-keys.repository.js';
export { ApiKeysService, type AuditContext, type CreateApiKey, type CreatedApiKey } from './api-keys.service.js';
export { AuditLog, type AuditEntry } from './audit/audit-log.js';
export { AuditSealer } from './audit/audit-sealer.js';
export { AuditVerifier, type AuditVerification, type BrokenLink, type ChainFault } from './audit/audit-verifier.js';
export { Authenticator } from './authenticator.js';
export { CredentialHasher, type IssuedCredential } from './credential-hasher.js';
export { redactEvent, type RedactedEvent } from './domain/event-redaction.js';
export { KeyRotation, SEALED_COLUMNS, type SealedColumn } from './key-rotation.js';
export type { IncidentReport, IncidentSeverity, IncidentType } from './domain/incident.js';
export { networkOf } from './domain/network.js';
export { KEY_SCOPES, ROLE_SCOPES, ROLES, SCOPES, type Role, type Scope } from './domain/scopes.js';
export { OutboundAddressRefusedError, OutboundHttp, type OutboundAnswer, type OutboundRequest } from './outbound-http.js';
export { PersonalDataCipher, type MatchKind, type PersonalDataSubject, type SealedPlace } from './personal-data-cipher.js';
export {
  actorOf,
  merchantIdOf,
  MerchantRequiredError,
  type DevicePrincipal,
  type MerchantKeyPrincipal,
  type MonitorPrincipal,
  type Principal,
  type UserPrincipal,
} from './principal.js';
export { CustomerPrivacyService } from './privacy/customer-privacy.service.js';
export { ErasedEventsService } from './privacy/erased-events.service.js';
export { PERSONAL_RECORDS, type PersonalRecords } from './privacy/personal-records.js';
export { paymentsPolicyOf, type RateLimitName, type RateLimitPolicy } from './domain/rate-limit-policy.js';
export { RateLimitedError, RateLimiter, type RateLimitOutcome, type RateLimitSubject } from './rate-limit/rate-limiter.js';
export { RateLimitStorage, type TakeResult } from './rate-limit/rate-limit-storage.js';
export { RateLimit, ROUTE_RATE_LIMIT, type RouteRateLimit } from './route-rate-limit.guard.js';
export { auditActor, Origin, type AuditActor, type RequestOrigin } from './request-origin.js';
export { SecurityIncidents } from './security-incidents.js';
export { AuthenticationRequiredError, CredentialRefusedError, PermissionDeniedError } from './security.errors.js';
export { SecurityCoreModule, SecurityModule } from './security.module.js';
export { totpCode, totpUri } from './users/totp.js';
export { UserRefusedError, UsersService, type FirstSecrets, type NewUser } from './users/users.service.js';
