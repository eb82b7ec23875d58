import { scrubMember, scrubText } from './scrub.js';
import { ScrubbingLogger } from './scrubbing-logger.js';

const CANARIES = [
  'sk_live_51Habcdefghijkl',
  'rk_test_51Habcdefghijkl',
  'whsec_abcdefghijklmnop',
  'pi_3Oabc_secret_def123',
  'upp_live_sk_0123456789abcdefghijklmnopqrstuvwxyz',
  'upp_test_dk_0123456789abcdefghijklmnopqrstuvwxyz',
  '4242424242424242',
  '4242 4242 4242 4242',
];

describe('scrubText', () => {
  it.each(CANARIES)('removes %s', (canary) => {
    expect(scrubText(`before ${canary} after`)).not.toContain(canary.slice(8));
    expect(scrubText(`before ${canary} after`)).toMatch(/^before \[.+\] after$/);
  });

  it.each([
    ['Authorization: Bearer abcdefgh12345678', 'Authorization: Bearer [credential]'],
    ['postgres://upp:hunter2@db:5432/upp', 'postgres://[credential]@db:5432/upp'],
    ['cookie: __Host-upp_session=abc-def_123', 'cookie: __Host-upp_session=[session]'],
    ['pay_01jd8y3v5kq2e9c7x4m6n0r1st was captured', 'pay_01jd8y3v5kq2e9c7x4m6n0r1st was captured'],
  ])('writes %j as %j', (text, scrubbed) => {
    expect(scrubText(text)).toBe(scrubbed);
  });
});

describe('scrubMember', () => {
  it.each(['password', 'Authorization', 'set-cookie', 'client_secret', 'clientSecret', 'parameters', 'detail', 'totp'])(
    'writes no %s',
    (name) => {
      expect(scrubMember(name, 'x')).toBe('[not logged]');
      expect(scrubMember(name, { nested: 1 })).toBe('[not logged]');
    },
  );
});

describe('ScrubbingLogger', () => {
  it('writes no canary, wherever in a message or error it stands', () => {
    const written: string[] = [];
    const write = process.stderr.write.bind(process.stderr);
    process.stderr.write = (chunk: unknown) => written.push(String(chunk)) > 0;
    const logger = new ScrubbingLogger();
    const error = Object.assign(new Error(`cannot use ${CANARIES.join(' ')}`), {
      detail: 'Key (email)=(ada@example.com)',
      parameters: ['hunter2'],
    });

    logger.error({ event: 'request_failed', error, deep: { list: CANARIES } }, error.stack);
    logger.error(CANARIES.join(' '));
    process.stderr.write = write;

    expect(written.join('')).toContain('request_failed');
    for (const secret of [...CANARIES, 'ada@example.com', 'hunter2']) expect(written.join('')).not.toContain(secret);
  });
});
