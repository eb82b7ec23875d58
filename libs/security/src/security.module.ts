import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ApiKeysRepository } from './api-keys.repository.js';
import { ApiKeysService } from './api-keys.service.js';
import { AuditLog } from './audit-log.js';
import { AuthGuard } from './auth.guard.js';
import { Authenticator } from './authenticator.js';
import { CredentialHasher } from './credential-hasher.js';
import { CredentialsRepository } from './credentials.repository.js';
import { OutboundHttp } from './outbound-http.js';
import { PersonalDataCipher } from './personal-data-cipher.js';
import { SecurityIncidents } from './security-incidents.js';
import { SecurityIncidentsRepository } from './security-incidents.repository.js';

const SERVICES = [Authenticator, ApiKeysService, AuditLog, CredentialHasher, OutboundHttp, PersonalDataCipher, SecurityIncidents];

/** What other libraries use of security; the worker mounts this alone. */
@Module({
  providers: [...SERVICES, ApiKeysRepository, CredentialsRepository, SecurityIncidentsRepository],
  exports: SERVICES,
})
export class SecurityCoreModule {}

/** Security with its HTTP side: every route of the application passes the guards. */
@Module({
  imports: [SecurityCoreModule],
  providers: [{ provide: APP_GUARD, useClass: AuthGuard }],
  exports: [SecurityCoreModule],
})
export class SecurityModule {}
