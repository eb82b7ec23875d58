import { type ConfigProblem, readGroup } from './env.js';
import { TlsConfig } from './tls-config.js';

const ACME = { TLS_MODE: 'acme', TLS_NAMES: 'pay.example.com', ACME_TERMS_AGREED: 'true' };
const CUSTOM = { TLS_MODE: 'custom', TLS_CERTIFICATE_FILES: 'a.crt', TLS_KEY_FILES: 'a.key' };

function problemsOf(settings: Record<string, string>, environment = 'production'): string[] {
  const problems: ConfigProblem[] = [];
  const config = readGroup(TlsConfig, settings, problems);
  return [...problems, ...config.contradictions({ environment: environment, isLive: false })].map((problem) => problem.variable);
}

describe('TlsConfig', () => {
  it.each([{ settings: {} }, { settings: ACME }, { settings: CUSTOM }])('accepts $settings', ({ settings }) => {
    expect(problemsOf(settings)).toEqual([]);
  });

  it.each<{ wrong: string; settings: Record<string, string> }>([
    { wrong: 'TLS_MODE', settings: { TLS_MODE: 'self_signed' } },
    { wrong: 'TLS_MODE', settings: { TLS_MODE: 'letsencrypt' } },
    { wrong: 'TLS_NAMES', settings: { ...ACME, TLS_NAMES: '' } },
    { wrong: 'TLS_NAMES', settings: { ...ACME, TLS_NAMES: '*.example.com' } },
    { wrong: 'TLS_NAMES', settings: { ...ACME, TLS_NAMES: 'https://pay.example.com' } },
    { wrong: 'ACME_TERMS_AGREED', settings: { ...ACME, ACME_TERMS_AGREED: 'false' } },
    { wrong: 'ACME_DIRECTORY_URL', settings: { ...ACME, ACME_DIRECTORY_URL: 'http://ca.example.com/dir' } },
    { wrong: 'ACME_KEY_TYPES', settings: { ...ACME, ACME_KEY_TYPES: 'dsa' } },
    { wrong: 'ACME_KEY_TYPES', settings: { ...ACME, ACME_KEY_TYPES: 'ec,ec' } },
    { wrong: 'ACME_EAB_HMAC_KEY', settings: { ...ACME, ACME_EAB_KEY_ID: 'kid' } },
    { wrong: 'TLS_PLAIN_HTTP', settings: { ...ACME, TLS_PLAIN_HTTP: 'false' } },
    { wrong: 'TLS_CERTIFICATE_FILES', settings: { TLS_MODE: 'custom' } },
    { wrong: 'TLS_KEY_FILES', settings: { ...CUSTOM, TLS_KEY_FILES: 'a.key,b.key' } },
    { wrong: 'HSTS_PRELOAD', settings: { HSTS_PRELOAD: 'true' } },
  ])('names $wrong in $settings', ({ wrong, settings }) => {
    expect(problemsOf(settings)).toEqual([wrong]);
  });

  it('allows a self-signed certificate in development', () => {
    expect(problemsOf({ TLS_MODE: 'self_signed' }, 'development')).toEqual([]);
  });

  it.each([
    { settings: {}, header: { maxAge: 31_536_000, includeSubDomains: false, preload: false } },
    { settings: { HSTS_MAX_AGE_SECONDS: '0' }, header: false },
    { settings: { TLS_MODE: 'self_signed' }, header: false },
  ])('sends $header for $settings', ({ settings, header }) => {
    expect(readGroup(TlsConfig, settings, []).strictTransportSecurity).toEqual(header);
  });
});
