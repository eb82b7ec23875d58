/** What is refused: certificates that may not be served, and requests that came without TLS. */
import { DomainError } from '#kernel';

/** Why a certificate may not be served. */
export type RejectionReason =
  | 'certificate_unreadable'
  | 'key_unreadable'
  | 'key_mismatch'
  | 'key_type_unsupported'
  | 'key_type_twice'
  | 'chain_broken'
  | 'expired'
  | 'not_yet_valid'
  | 'name_not_covered'
  | 'refused_by_openssl';

/**
 * A certificate that was offered and may not be served; the one in use stays. It reaches the log, the health check and the operator,
 * never a request.
 */
export class CertificateRejectedError extends Error {
  override readonly name = 'CertificateRejectedError';

  constructor(
    readonly reason: RejectionReason,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(`the certificate is refused (${reason}): ${detail}`, options);
  }
}

/** A request other than a page view came over plain HTTP. */
export class HttpsRequiredError extends DomainError {
  constructor() {
    super('forbidden', 'https_required', 'This is served over HTTPS only. Treat a key that was sent without it as leaked and rotate it.', {
      advice: 'fix',
    });
  }
}
