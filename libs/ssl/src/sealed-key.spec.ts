import { openKey, sealKey } from './sealed-key.js';

const OLD = 'the first key the first key the 1st';
const NEW = 'the second key the second key the 2';

describe(openKey.name, () => {
  const sealed = sealKey('-----BEGIN', OLD, 'tls_certificates/ec');

  it('opens what was sealed, also under a former key', () => {
    expect(openKey(sealed, [OLD], 'tls_certificates/ec')).toBe('-----BEGIN');
    expect(openKey(sealed, [NEW, OLD], 'tls_certificates/ec')).toBe('-----BEGIN');
  });

  it.each([
    { what: 'without the key it was sealed under', keys: [NEW], place: 'tls_certificates/ec' },
    { what: 'in another place', keys: [OLD], place: 'tls_certificates/rsa' },
  ])('opens nothing $what', ({ keys, place }) => {
    expect(() => openKey(sealed, keys, place)).toThrow('no encryption key opens');
  });
});
