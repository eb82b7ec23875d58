import type { Server } from 'node:tls';
import { Global, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppConfig } from '#platform';
import { AcmeAccountsRepository } from './acme-accounts.repository.js';
import { AcmeChallengesRepository } from './acme-challenges.repository.js';
import { AcmeService } from './acme.service.js';
import { CertificateWatch } from './certificate-watch.js';
import { CertificateService } from './certificate.service.js';
import { refuseForwardedHttp } from './forwarded-http.js';
import { HttpsRedirect } from './https-redirect.js';
import { endIdleConnectionsOnClose } from './idle-connections.js';
import { TlsCertificatesRepository } from './tls-certificates.repository.js';

/** Certificates for the api's own HTTPS listener; global, because health speaks of them. Needs the global configuration, database and clock. */
@Global()
@Module({
  providers: [
    AcmeAccountsRepository,
    AcmeChallengesRepository,
    AcmeService,
    CertificateService,
    CertificateWatch,
    HttpsRedirect,
    TlsCertificatesRepository,
  ],
  exports: [CertificateService, CertificateWatch, HttpsRedirect],
})
export class SslModule {}

/**
 * Starts what TLS needs beside the listener: certificates for it, the listener without TLS, and the watch over renewals. In mode `off` it
 * sees to it that what a proxy took without TLS is refused.
 *
 * Called between the making of the application and its `listen`, so that no handshake finds the listener without its certificate.
 *
 * @param app - Made with the options of `fastifyTlsOptions` and of a module that imports {@link SslModule}.
 * @returns The port of the listener without TLS; null when there is none.
 */
export async function startTls(app: NestFastifyApplication): Promise<number | null> {
  const config = app.get(AppConfig);
  const fastify = app.getHttpAdapter().getInstance();
  if (config.tls.mode === 'off') {
    refuseForwardedHttp(fastify, config.tls);
    return null;
  }
  endIdleConnectionsOnClose(fastify);
  await app.init();
  app.get(CertificateService).attach(app.getHttpServer() as unknown as Server);
  const plainHttpPort = await app.get(HttpsRedirect).start(config.server.host);
  app.get(CertificateWatch).start();
  return plainHttpPort;
}
