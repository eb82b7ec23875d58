import { AppConfig } from '#platform';
import { PersonalDataCipher } from './personal-data-cipher.js';

const PLACE = { table: 'customers', column: 'email_sealed', rowId: 'cus_1' };
const OLD = 'the first key the first key the 1st';
const NEW = 'the second key the second key the 2';

function aCipher(key: string, previous = ''): PersonalDataCipher {
  return new PersonalDataCipher(
    new AppConfig({
      DATABASE_URL: 'postgres://localhost/x',
      STRIPE_SECRET_KEY: 'sk_test_0123456789',
      API_KEY_PEPPER: 'x'.repeat(32),
      ENCRYPTION_KEY: key,
      ENCRYPTION_KEYS_PREVIOUS: previous,
    }),
  );
}

describe('PersonalDataCipher', () => {
  it('opens what it sealed, and seals the same text differently each time', () => {
    const cipher = aCipher(OLD);

    const sealed = [cipher.seal('ada@example.com', PLACE), cipher.seal('ada@example.com', PLACE)];

    expect(sealed[0]).not.toBe(sealed[1]);
    expect(sealed.map((value) => cipher.open(value, PLACE))).toEqual(['ada@example.com', 'ada@example.com']);
  });

  it.each([{ table: 'users' }, { column: 'phone_sealed' }, { rowId: 'cus_2' }])('does not open in another place: %j', (change) => {
    const cipher = aCipher(OLD);
    const sealed = cipher.seal('ada@example.com', PLACE);

    expect(() => cipher.open(sealed, { ...PLACE, ...change })).toThrow();
  });

  it('does not open when a bit was changed', () => {
    const cipher = aCipher(OLD);
    const sealed = cipher.seal('ada@example.com', PLACE);
    const index = sealed.length - 8;
    const changed = sealed.slice(0, index) + (sealed.charAt(index) === 'A' ? 'B' : 'A') + sealed.slice(index + 1);

    expect(() => cipher.open(changed, PLACE)).toThrow();
  });

  it('opens old values after a rotation and shows which need sealing anew', () => {
    const sealed = aCipher(OLD).seal('ada@example.com', PLACE);

    const rotated = aCipher(NEW, OLD);

    expect(rotated.open(sealed, PLACE)).toBe('ada@example.com');
    expect(sealed.startsWith(rotated.presentPrefix)).toBe(false);
    expect(rotated.seal('x', PLACE).startsWith(rotated.presentPrefix)).toBe(true);
    expect(() => aCipher(NEW).open(sealed, PLACE)).toThrow(/no key with id/);
  });

  it('finds the same person after a rotation', () => {
    expect(aCipher(NEW, OLD).matchHash('email', 'ada@example.com')).toEqual(aCipher(OLD).matchHash('email', 'ada@example.com'));
  });

  it('hashes one text of two kinds differently', () => {
    const cipher = aCipher(OLD);

    expect(cipher.matchHash('email', 'x')).not.toEqual(cipher.matchHash('customer', 'x'));
    expect(cipher.matchHash('email', 'x')).toHaveLength(32);
  });

  describe('for a person', () => {
    const aPerson = (cipher: PersonalDataCipher, id = 'cus_1') => ({ id, wrappedKey: cipher.newWrappedKey(id) });

    it('opens what it sealed under the person’s key, and under nobody else’s', () => {
      const cipher = aCipher(OLD);
      const ada = aPerson(cipher);
      const sealed = cipher.sealFor(ada, 'ada@example.com', PLACE);

      expect(cipher.openFor(ada, sealed, PLACE)).toBe('ada@example.com');
      expect(() => cipher.openFor(aPerson(cipher), sealed, PLACE)).toThrow();
      expect(() => cipher.openFor(ada, sealed, { ...PLACE, rowId: 'cus_2' })).toThrow();
    });

    it('refuses a key that was moved to another person', () => {
      const cipher = aCipher(OLD);
      const { wrappedKey } = aPerson(cipher, 'cus_1');

      expect(() => cipher.sealFor({ id: 'cus_2', wrappedKey }, 'x', PLACE)).toThrow();
    });

    it('opens values after a rotation that sealed nothing but the person’s key anew', () => {
      const ada = aPerson(aCipher(OLD));
      const sealed = aCipher(OLD).sealFor(ada, 'ada@example.com', PLACE);
      const place = { table: 'personal_data_keys', column: 'key_wrapped', rowId: ada.id };
      const wrappedKey = aCipher(NEW).seal(aCipher(OLD).open(ada.wrappedKey, place), place);

      expect(aCipher(NEW).openFor({ ...ada, wrappedKey }, sealed, PLACE)).toBe('ada@example.com');
    });
  });
});
