import { matchTotp, newTotpSecret, totpCode, totpUri } from './totp.js';

// "12345678901234567890" in base 32, the secret of RFC 6238's appendix B; its eight digits end in our six.
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

describe('totpCode', () => {
  it.each([
    { seconds: 59, code: '287082' },
    { seconds: 1_111_111_109, code: '081804' },
    { seconds: 1_111_111_111, code: '050471' },
    { seconds: 1_234_567_890, code: '005924' },
    { seconds: 2_000_000_000, code: '279037' },
    { seconds: 20_000_000_000, code: '353130' },
  ])('is $code at $seconds s, as in RFC 6238', ({ seconds, code }) => {
    expect(totpCode(SECRET, new Date(seconds * 1_000))).toBe(code);
  });
});

describe('matchTotp', () => {
  const now = new Date('2026-11-23T12:00:15Z');
  const step = Math.floor(now.getTime() / 30_000);
  const codeAt = (seconds: number) => totpCode(SECRET, new Date(now.getTime() + seconds * 1_000));

  it.each([
    { seconds: 0, offset: 0 },
    { seconds: -30, offset: -1 },
    { seconds: 30, offset: 1 },
  ])('accepts the code of $seconds s', ({ seconds, offset }) => {
    expect(matchTotp(SECRET, codeAt(seconds), now, null)).toBe(step + offset);
  });

  it.each([-60, 60])('refuses the code of %i s', (seconds) => {
    expect(matchTotp(SECRET, codeAt(seconds), now, null)).toBeNull();
  });

  it('accepts a code once, and none older than the last', () => {
    expect(matchTotp(SECRET, codeAt(0), now, step)).toBeNull();
    expect(matchTotp(SECRET, codeAt(-30), now, step)).toBeNull();
    expect(matchTotp(SECRET, codeAt(30), now, step)).toBe(step + 1);
  });

  it.each(['', '12345', '1234567', 'abcdef', ' 28708'])('refuses %j', (code) => {
    expect(matchTotp(SECRET, code, now, null)).toBeNull();
  });
});

describe('newTotpSecret', () => {
  it('is 160 bits in base 32, and no two are the same', () => {
    expect(newTotpSecret()).toMatch(/^[A-Z2-7]{32}$/);
    expect(newTotpSecret()).not.toBe(newTotpSecret());
  });
});

describe('totpUri', () => {
  it('escapes the address', () => {
    expect(totpUri(SECRET, 'a&b@example.com')).toBe(
      `otpauth://totp/UPP:a%26b%40example.com?secret=${SECRET}&issuer=UPP&algorithm=SHA1&digits=6&period=30`,
    );
  });
});
