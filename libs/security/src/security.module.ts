import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ThrottlerModule } from '@nestjs/throttler';
import { Clock } from '#kernel';
import { AppConfig, Database } from '#platform';
import { ApiKeysController } from './api-keys.controller.js';
import { ApiKeysRepository } from './api-keys.repository.js';
import { ApiKeysService } from './api-keys.service.js';
import { AuditChainRepository } from './audit/audit-chain.repository.js';
import { AuditLog } from './audit/audit-log.js';
import { AuditSealer } from './audit/audit-sealer.js';
import { AuditVerifier } from './audit/audit-verifier.js';
import { AuditController } from './audit/audit.controller.js';
import { CheckpointSigner } from './audit/checkpoint-signer.js';
import { AuthGuard } from './auth.guard.js';
import { Authenticator } from './authenticator.js';
import { CredentialHasher } from './credential-hasher.js';
import { CredentialsRepository } from './credentials.repository.js';
import { EdgeGuard } from './edge.guard.js';
import { KeyRotation } from './key-rotation.js';
import { LoadMonitor } from './load-monitor.js';
import { OutboundHttp } from './outbound-http.js';
import { PersonalDataCipher } from './personal-data-cipher.js';
import { CustomerDataRepository } from './privacy/customer-data.repository.js';
import { CustomerPrivacyController } from './privacy/customer-privacy.controller.js';
import { CustomerPrivacyService } from './privacy/customer-privacy.service.js';
import { ErasedEventsRepository } from './privacy/erased-events.repository.js';
import { ErasedEventsService } from './privacy/erased-events.service.js';
import { createRateLimitStorage } from './rate-limit/create-storage.js';
import { MerchantRateLimitsRepository } from './rate-limit/merchant-rate-limits.repository.js';
import { MerchantRateLimits } from './rate-limit/merchant-rate-limits.service.js';
import { RateLimitStorage } from './rate-limit/rate-limit-storage.js';
import { RateLimiter } from './rate-limit/rate-limiter.js';
import { RateLimitsController } from './rate-limit/rate-limits.controller.js';
import { RateLimitGuard } from './rate-limit.guard.js';
import { RouteRateLimitGuard } from './route-rate-limit.guard.js';
import { SecurityIncidents } from './security-incidents.js';
import { SecurityIncidentsController } from './security-incidents.controller.js';
import { SecurityIncidentsRepository } from './security-incidents.repository.js';
import { UnknownRouteLimit } from './unknown-route-limit.js';
import { AuthController } from './users/auth.controller.js';
import { PasswordHasher } from './users/password-hasher.js';
import { SecondFactor } from './users/second-factor.js';
import { SessionsRepository } from './users/sessions.repository.js';
import { Sessions } from './users/sessions.service.js';
import { SignInLimits } from './users/sign-in-limits.js';
import { SignInService } from './users/sign-in.service.js';
import { UsersController } from './users/users.controller.js';
import { UsersRepository } from './users/users.repository.js';
import { UsersService } from './users/users.service.js';

const RATE_LIMIT_STORAGE = { provide: RateLimitStorage, inject: [AppConfig, Database, Clock], useFactory: createRateLimitStorage };

const SERVICES = [
  Authenticator,
  ApiKeysService,
  AuditLog,
  AuditSealer,
  AuditVerifier,
  CredentialHasher,
  CustomerPrivacyService,
  ErasedEventsService,
  KeyRotation,
  OutboundHttp,
  PersonalDataCipher,
  MerchantRateLimits,
  RateLimiter,
  SecurityIncidents,
  UsersService,
];

// What only this library uses.
const INNER = [
  ApiKeysRepository,
  AuditChainRepository,
  CheckpointSigner,
  LoadMonitor,
  CredentialsRepository,
  CustomerDataRepository,
  ErasedEventsRepository,
  MerchantRateLimitsRepository,
  SecurityIncidentsRepository,
  PasswordHasher,
  SecondFactor,
  Sessions,
  SessionsRepository,
  SignInLimits,
  SignInService,
  UsersRepository,
];

/** What other libraries use of security; the worker mounts this alone. */
@Module({
  providers: [...SERVICES, ...INNER, RATE_LIMIT_STORAGE],
  exports: [...SERVICES, RateLimitStorage, SignInService, Sessions, CheckpointSigner, LoadMonitor],
})
export class SecurityCoreModule {}

/** Security with its HTTP side: every route of the application passes the guards. */
@Module({
  imports: [
    SecurityCoreModule,
    ThrottlerModule.forRootAsync({
      imports: [SecurityCoreModule],
      inject: [RateLimiter, RateLimitStorage],
      useFactory: (limiter: RateLimiter, storage: RateLimitStorage) => {
        const { name, limit, windowMs } = limiter.policy('api');
        return { throttlers: [{ name, limit, ttl: windowMs }], storage };
      },
    }),
  ],
  // In this order: what nobody may, how often at all, who, how often that.
  providers: [
    { provide: APP_GUARD, useClass: EdgeGuard },
    { provide: APP_GUARD, useClass: RateLimitGuard },
    { provide: APP_GUARD, useClass: AuthGuard },
    { provide: APP_GUARD, useClass: RouteRateLimitGuard },
    UnknownRouteLimit,
  ],
  controllers: [
    AuthController,
    ApiKeysController,
    AuditController,
    CustomerPrivacyController,
    RateLimitsController,
    SecurityIncidentsController,
    UsersController,
  ],
  exports: [SecurityCoreModule],
})
export class SecurityModule {}
