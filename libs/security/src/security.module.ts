import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ThrottlerModule } from '@nestjs/throttler';
import { Clock } from '#kernel';
import { AppConfig, Database } from '#platform';
import { ApiKeysRepository } from './api-keys.repository.js';
import { ApiKeysService } from './api-keys.service.js';
import { AuditLog } from './audit-log.js';
import { AuthGuard } from './auth.guard.js';
import { Authenticator } from './authenticator.js';
import { CredentialHasher } from './credential-hasher.js';
import { CredentialsRepository } from './credentials.repository.js';
import { OutboundHttp } from './outbound-http.js';
import { PersonalDataCipher } from './personal-data-cipher.js';
import { createRateLimitStorage } from './rate-limit/create-storage.js';
import { RateLimitStorage } from './rate-limit/rate-limit-storage.js';
import { RateLimiter } from './rate-limit/rate-limiter.js';
import { RateLimitGuard } from './rate-limit.guard.js';
import { RouteRateLimitGuard } from './route-rate-limit.guard.js';
import { SecurityIncidents } from './security-incidents.js';
import { SecurityIncidentsRepository } from './security-incidents.repository.js';

const RATE_LIMIT_STORAGE = { provide: RateLimitStorage, inject: [AppConfig, Database, Clock], useFactory: createRateLimitStorage };

const SERVICES = [
  Authenticator,
  ApiKeysService,
  AuditLog,
  CredentialHasher,
  OutboundHttp,
  PersonalDataCipher,
  RateLimiter,
  SecurityIncidents,
];

/** What other libraries use of security; the worker mounts this alone. */
@Module({
  providers: [...SERVICES, RATE_LIMIT_STORAGE, ApiKeysRepository, CredentialsRepository, SecurityIncidentsRepository],
  exports: [...SERVICES, RateLimitStorage],
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
  // In this order: how often at all, who, how often that.
  providers: [
    { provide: APP_GUARD, useClass: RateLimitGuard },
    { provide: APP_GUARD, useClass: AuthGuard },
    { provide: APP_GUARD, useClass: RouteRateLimitGuard },
  ],
  exports: [SecurityCoreModule],
})
export class SecurityModule {}
