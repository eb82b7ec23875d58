import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { AppConfig, type Environment, problemsOf } from '#platform';
import { EXAMPLE_FILE, exampleText, undocumentedVariables } from '../../scripts/config-example.js';

const VALID: Environment = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://upp:aK3rT9@db.internal/upp',
  STRIPE_SECRET_KEY: 'sk_live_51HqZkLmNoPqRsTu',
  STRIPE_WEBHOOK_SECRET: 'whsec_aK3rT9mNpQrStUvWxYz0',
  API_KEY_PEPPER: 'pV8kq2TnWz5rYc7uGd4mXb9sHj3fLa6e',
  ENCRYPTION_KEY: 'eR6tYu8iOp0aSd3fGh5jKl7zXc9vBn2m',
};

describe('configuration', () => {
  it('has an example file in step with the classes; npm run config:example writes it', () => {
    expect(readFileSync(EXAMPLE_FILE, 'utf8')).toBe(exampleText());
  });

  it('explains every variable and names none twice', () => {
    const names = AppConfig.variableNames();

    expect(undocumentedVariables()).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  it('has no variable that nothing reads', () => {
    const code = ['apps', 'libs', 'scripts']
      .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => path.join(folder, name)))
      .filter((file) => file.endsWith('.ts') && !file.endsWith('spec.ts'))
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n');
    // Once where it is declared, and at least once more.
    const unread = AppConfig.properties().filter((property) => (code.match(new RegExp(`\\b${property}\\b`, 'g')) ?? []).length < 2);

    expect(unread).toEqual([]);
  });

  it('finds nothing wrong with a whole production environment', () => {
    expect(problemsOf(VALID)).toEqual([]);
  });

  it.each<{ why: string; change: Environment; variable: string }>([
    { why: 'a live key outside production', change: { NODE_ENV: 'development' }, variable: 'NODE_ENV' },
    { why: 'a live key that goes elsewhere', change: { STRIPE_API_BASE: 'http://127.0.0.1:3002' }, variable: 'STRIPE_API_BASE' },
    { why: 'production without a webhook secret', change: { STRIPE_WEBHOOK_SECRET: '' }, variable: 'STRIPE_WEBHOOK_SECRET' },
    { why: 'a placeholder', change: { API_KEY_PEPPER: 'change-me-change-me-change-me-change-me' }, variable: 'API_KEY_PEPPER' },
    { why: 'a repeated letter', change: { ENCRYPTION_KEY: 'k'.repeat(40) }, variable: 'ENCRYPTION_KEY' },
    { why: 'one secret for two purposes', change: { ENCRYPTION_KEY: VALID['API_KEY_PEPPER'] }, variable: 'ENCRYPTION_KEY' },
    { why: 'a certificate of our own in production', change: { TLS_MODE: 'self_signed' }, variable: 'TLS_MODE' },
    { why: 'a word for a boolean', change: { TLS_PLAIN_HTTP: 'no' }, variable: 'TLS_PLAIN_HTTP' },
    { why: 'a fraction', change: { PORT: '3000.5' }, variable: 'PORT' },
  ])('refuses $why', ({ change, variable }) => {
    expect(problemsOf({ ...VALID, ...change }).map((problem) => problem.variable)).toEqual([variable]);
  });

  it('tells every problem at once and no value', () => {
    const problems = problemsOf({ NODE_ENV: 'production', DATABASE_URL: 'mysql://secret-value', PORT: '99999' });
    const text = JSON.stringify(problems);

    expect(problems.length).toBeGreaterThanOrEqual(5);
    expect(text).not.toContain('secret-value');
    expect(text).not.toContain('99999');
  });

  it('takes false for false, and an empty value for none', () => {
    const config = new AppConfig({ ...VALID, TLS_PLAIN_HTTP: 'false', PORT: '' });

    expect(config.tls.plainHttp).toBe(false);
    expect(config.server.port).toBe(3000);
  });

  it('shows no secret among the effective values', () => {
    const text = JSON.stringify(AppConfig.effective(VALID));

    for (const name of ['DATABASE_URL', 'STRIPE_SECRET_KEY', 'STRIPE_WEBHOOK_SECRET', 'API_KEY_PEPPER', 'ENCRYPTION_KEY']) {
      expect(text).not.toContain(VALID[name]);
    }
  });
});
