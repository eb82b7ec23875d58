import { coversName, decidePlainHttp, type PlainRequest } from './plain-http-policy.js';

const ORIGIN = { names: ['pay.example.com', '*.shops.example.com'], port: 443 };

function aPageView(rest: Partial<PlainRequest> = {}): PlainRequest {
  return { method: 'GET', url: '/console', host: 'pay.example.com', accept: 'text/html,*/*;q=0.8', hasCredentials: false, ...rest };
}

describe('decidePlainHttp', () => {
  it.each([
    { why: 'a page', request: {}, location: 'https://pay.example.com/console' },
    { why: 'a page with a query', request: { url: '/console?tab=2&x=%2F' }, location: 'https://pay.example.com/console?tab=2&x=%2F' },
    { why: 'a host with a port', request: { host: 'PAY.example.com:8080' }, location: 'https://pay.example.com/console' },
    { why: 'a name under a wildcard', request: { host: 'a.shops.example.com' }, location: 'https://a.shops.example.com/console' },
    { why: 'a path that looks like a host', request: { url: '//evil.test/x' }, location: 'https://pay.example.com//evil.test/x' },
  ])('redirects $why', ({ request, location }) => {
    expect(decidePlainHttp(aPageView(request), ORIGIN)).toEqual({ kind: 'redirect', location });
  });

  it('names the port that clients see', () => {
    expect(decidePlainHttp(aPageView(), { ...ORIGIN, port: 8443 })).toEqual({
      kind: 'redirect',
      location: 'https://pay.example.com:8443/console',
    });
  });

  it.each([
    { why: 'an API call', request: { url: '/api/payments' } },
    { why: 'an API call that asks for a page', request: { url: '/api', accept: 'text/html' } },
    { why: 'an API path in upper case', request: { url: '/API/payments' } },
    { why: 'an API path with an encoded letter', request: { url: '/%61pi/payments' } },
    { why: 'an API path behind two slashes', request: { url: '//api/payments' } },
    { why: 'an API path behind a dot', request: { url: '/./api/payments' } },
    { why: 'a path that cannot be decoded', request: { url: '/%E0%A4%A' } },
    { why: 'an absolute target', request: { url: 'http://evil.test/' } },
    { why: 'the metrics', request: { url: '/metrics/prometheus' } },
    { why: 'the health check', request: { url: '/health?detail=1' } },
    { why: 'a post', request: { method: 'POST' } },
    { why: 'a request with credentials', request: { hasCredentials: true } },
    { why: 'a program', request: { accept: '*/*' } },
    { why: 'a request without Accept', request: { accept: undefined } },
    { why: 'a foreign host', request: { host: 'evil.test' } },
    { why: 'a host with other characters', request: { host: 'pay.example.com@evil.test' } },
    { why: 'no host', request: { host: undefined } },
    { why: 'a posted challenge', request: { method: 'POST', url: '/.well-known/acme-challenge/aaaaaaaaaaaaaaaaaaaaaa' } },
  ])('refuses $why', ({ request }) => {
    expect(decidePlainHttp(aPageView(request), ORIGIN)).toEqual({ kind: 'refuse' });
  });

  it('recognises a challenge whatever its host and Accept', () => {
    const request = aPageView({ url: '/.well-known/acme-challenge/evaGxfADs6pSRb2LAv9IZf17', host: undefined, accept: undefined });

    expect(decidePlainHttp(request, ORIGIN)).toEqual({ kind: 'acme_challenge', token: 'evaGxfADs6pSRb2LAv9IZf17' });
  });

  it.each([{ token: 'short' }, { token: '../../../../etc/passwd-or-other' }, { token: 'evaGxfADs6pSRb2LAv9IZf17/x' }])(
    'does not take $token for a token',
    ({ token }) => {
      const request = aPageView({ url: `/.well-known/acme-challenge/${token}`, accept: '*/*' });

      expect(decidePlainHttp(request, ORIGIN)).toEqual({ kind: 'refuse' });
    },
  );
});

describe('coversName', () => {
  it.each([
    { pattern: '*.example.com', name: 'a.example.com', covered: true },
    { pattern: '*.example.com', name: 'a.b.example.com', covered: false },
    { pattern: '*.example.com', name: 'example.com', covered: false },
    { pattern: 'Example.COM', name: 'example.com', covered: true },
    { pattern: '*.localhost', name: 'localhost', covered: false },
  ])('$pattern for $name: $covered', ({ pattern, name, covered }) => {
    expect(coversName([pattern], name)).toBe(covered);
  });
});
