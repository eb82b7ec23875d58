/** What happens to a request that arrived without TLS: pages are sent to HTTPS, everything else is refused and never redirected. */

/** The parts of a request that decide; header values as they arrived. */
export interface PlainRequest {
  readonly method: string;
  /** The request target, e.g. `/console?tab=2`. */
  readonly url: string;
  readonly host: string | undefined;
  readonly accept: string | undefined;
  readonly hasCredentials: boolean;
}

/** Where pages are served over TLS. */
export interface HttpsOrigin {
  /** Names a redirect may lead to; `*.example.com` covers one label. */
  readonly names: readonly string[];
  /** The port clients see, 443 unless the deployment says otherwise. */
  readonly port: number;
}

/** The answer to a plain request. */
export type PlainHttpDecision =
  | { readonly kind: 'acme_challenge'; readonly token: string }
  | { readonly kind: 'redirect'; readonly location: string }
  | { readonly kind: 'refuse' };

const CHALLENGE = /^\/\.well-known\/acme-challenge\/([A-Za-z0-9_-]{16,256})$/;
const MACHINE_PATH = /^\/(?:api|health|metrics|ping|openapi[^/]*)(?:\/|$)/;

/**
 * Decides by denial: a redirect needs every sign of a browser opening a page. A program that follows a redirect has sent its key in the
 * clear already and would go on doing so unnoticed; a refusal is noticed on the first try.
 *
 * @see OWASP ASVS 5.0, 4.1.2: only endpoints that face browsers may redirect from HTTP to HTTPS
 */
export function decidePlainHttp(request: PlainRequest, origin: HttpsOrigin): PlainHttpDecision {
  const path = request.url.split('?', 1)[0] ?? '';
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const token = CHALLENGE.exec(path)?.[1];
  if (isRead && token !== undefined) return { kind: 'acme_challenge', token };

  const host = hostName(request.host);
  const opensPage = isRead && !request.hasCredentials && (request.accept ?? '').includes('text/html') && !isMachinePath(path);
  // The Host header is the client's word: without the check a redirect could be made to lead anywhere.
  if (!opensPage || host === null || !coversName(origin.names, host)) return { kind: 'refuse' };
  const port = origin.port === 443 ? '' : `:${origin.port}`;
  return { kind: 'redirect', location: `https://${host}${port}${request.url}` };
}

/** Whether one of `patterns` is `name` or a wildcard for it. */
export function coversName(patterns: readonly string[], name: string): boolean {
  const parent = name.slice(name.indexOf('.') + 1);
  return patterns.some((each) => {
    const pattern = each.toLowerCase();
    return pattern === name || (name.includes('.') && pattern === `*.${parent}`);
  });
}

function hostName(header: string | undefined): string | null {
  const name = /^([a-z0-9.-]{1,253})(?::\d{1,5})?$/i.exec(header ?? '')?.[1];
  return name?.toLowerCase() ?? null;
}

function isMachinePath(path: string): boolean {
  if (!path.startsWith('/')) return true;
  // The router may see through an encoded letter, a doubled slash or upper case, so the rule does too.
  const decoded = decodeOnce(path);
  return (
    decoded === null ||
    MACHINE_PATH.test(
      decoded
        .toLowerCase()
        .replaceAll(/[/\\]+/g, '/')
        .replaceAll('/./', '/'),
    )
  );
}

function decodeOnce(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}
