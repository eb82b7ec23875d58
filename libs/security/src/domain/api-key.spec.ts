import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { CREDENTIAL_RANDOM_LENGTH, type CredentialKind, formatCredential, parseCredential } from './api-key.js';

const KINDS: readonly CredentialKind[] = ['secret', 'restricted', 'device'];

describe('formatCredential', () => {
  it.each([
    { kind: 'secret', livemode: false, prefix: 'upp_test_sk_' },
    { kind: 'secret', livemode: true, prefix: 'upp_live_sk_' },
    { kind: 'restricted', livemode: false, prefix: 'upp_test_rk_' },
    { kind: 'device', livemode: false, prefix: 'upp_test_dk_' },
  ] as const)('names mode and kind: $prefix', ({ prefix, ...parts }) => {
    const text = formatCredential(parts, randomBytes(64));

    expect(text.startsWith(prefix)).toBe(true);
    expect(text).toHaveLength(prefix.length + CREDENTIAL_RANDOM_LENGTH + 6);
  });

  it('reads back what it wrote', () => {
    const parts = fc.record({ kind: fc.constantFrom(...KINDS), livemode: fc.boolean() });

    fc.assert(
      fc.property(parts, fc.uint8Array({ minLength: 200, maxLength: 200, max: 247 }), (part, bytes) => {
        expect(parseCredential(formatCredential(part, bytes))).toEqual(part);
      }),
    );
  });

  it('ends in the CRC-32 of all that stands before', () => {
    const text = formatCredential({ kind: 'secret', livemode: false }, randomBytes(64));
    const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

    const value = Array.from(text.slice(-6)).reduce((sum, digit) => sum * 62 + alphabet.indexOf(digit), 0);

    expect(value).toBe(crc32(text.slice(0, -6)));
  });

  it('refuses too little randomness', () => {
    expect(() => formatCredential({ kind: 'secret', livemode: false }, new Uint8Array(29))).toThrow(RangeError);
    expect(() => formatCredential({ kind: 'secret', livemode: false }, new Uint8Array(64).fill(255))).toThrow(RangeError);
  });
});

describe('parseCredential', () => {
  it('refuses a credential with any one character changed', () => {
    const text = formatCredential({ kind: 'secret', livemode: false }, randomBytes(64));

    for (let index = 0; index < text.length; index++) {
      const other = text.charAt(index) === 'a' ? 'b' : 'a';
      expect(parseCredential(text.slice(0, index) + other + text.slice(index + 1))).toBeNull();
    }
  });

  it.each(['', 'upp_test_sk_', 'sk_test_abc', 'upp_test_pk_' + 'a'.repeat(36), 'upp_test_sk_' + 'a'.repeat(36), 'é'.repeat(48)])(
    'refuses %j',
    (text) => {
      expect(parseCredential(text)).toBeNull();
    },
  );
});
