import fc from 'fast-check';
import { firstIdAt, ID_PREFIXES, type IdKind, isId, newId } from './ids.js';

const KINDS = Object.keys(ID_PREFIXES) as IdKind[];
const kinds = fc.constantFrom(...KINDS);
const instants = fc.nat({ max: 2 ** 31 }).map((seconds) => seconds * 1_000);

describe('newId', () => {
  it('makes an id of its kind and of no other', () => {
    fc.assert(
      fc.property(kinds, instants, (kind, atMs) => {
        const id = newId(kind, atMs);

        expect(KINDS.filter((each) => isId(each, id))).toEqual([kind]);
      }),
    );
  });

  it('sorts by the millisecond of creation, as text', () => {
    fc.assert(
      fc.property(kinds, instants, fc.integer({ min: 1, max: 2 ** 31 }), (kind, atMs, laterMs) => {
        expect(newId(kind, atMs) < newId(kind, atMs + laterMs)).toBe(true);
      }),
    );
  });

  it('repeats no id within a millisecond', () => {
    const ids = new Set(Array.from({ length: 10_000 }, () => newId('payment', 1_700_000_000_000)));

    expect(ids.size).toBe(10_000);
  });

  it('gives every kind a prefix of its own', () => {
    expect(new Set(Object.values(ID_PREFIXES)).size).toBe(KINDS.length);
  });
});

describe('firstIdAt', () => {
  it('is not above any id of its millisecond and above every one before', () => {
    fc.assert(
      fc.property(kinds, instants, (kind, atMs) => {
        expect(firstIdAt(kind, atMs) <= newId(kind, atMs)).toBe(true);
        expect(firstIdAt(kind, atMs + 1) > newId(kind, atMs)).toBe(true);
      }),
    );
  });
});

describe('isId', () => {
  it.each([
    ['nothing', undefined],
    ['no body', 'pay_'],
    ['another kind', 'dev_01jd8y3v5kq2e9c7x4m6n0r1st'],
    ['capitals', 'pay_01JD8Y3V5KQ2E9C7X4M6N0R1ST'],
    ['a letter that is not in the alphabet', 'pay_01jd8y3v5kq2e9c7x4m6n0r1su'],
    ['more than 128 bits', 'pay_81jd8y3v5kq2e9c7x4m6n0r1st'],
    ['a digit too many', 'pay_01jd8y3v5kq2e9c7x4m6n0r1st0'],
    ['a line break behind it', 'pay_01jd8y3v5kq2e9c7x4m6n0r1st\n'],
  ])('refuses %s', (_, value) => {
    expect(isId('payment', value)).toBe(false);
  });

  it('takes a whole one', () => {
    expect(isId('payment', 'pay_01jd8y3v5kq2e9c7x4m6n0r1st')).toBe(true);
  });
});
