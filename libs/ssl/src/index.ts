/** Ssl: the api's own HTTPS listener, its certificates and what happens without TLS. */
export { AcmeService, type RenewalOutcome } from './acme.service.js';
export { CertificateService, type ReloadOutcome, type TlsStatus } from './certificate.service.js';
export { CertificateWatch } from './certificate-watch.js';
export type { CertificateState } from './domain/certificate-status.js';
export { HttpsRedirect } from './https-redirect.js';
export { SslModule, startTls } from './ssl.module.js';
export { fastifyTlsOptions, type FastifyTlsOptions } from './tls-options.js';
