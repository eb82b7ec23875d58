import { BoundedMap } from './bounded-map.js';

describe('BoundedMap', () => {
  it('holds at most its capacity over a million keys, the last ones among them', () => {
    const map = new BoundedMap<number>(1_000);

    for (let index = 0; index < 1_000_000; index++) map.set(`key-${index}`, index);

    expect(map.size).toBeLessThanOrEqual(1_000);
    expect(map.get('key-999999')).toBe(999_999);
    expect(map.get('key-999500')).toBe(999_500);
    expect(map.get('key-0')).toBeUndefined();
  });

  it('keeps what is set again', () => {
    const map = new BoundedMap<number>(4);

    for (let index = 0; index < 100; index++) {
      map.set('mine', index);
      map.set(`key-${index}`, index);
    }

    expect(map.get('mine')).toBe(99);
  });

  it('forgets what is deleted, in both generations', () => {
    const map = new BoundedMap<number>(4);
    for (const [index, key] of ['a', 'b', 'c'].entries()) map.set(key, index);

    map.delete('a');
    map.deleteWhere((value) => value === 2);

    expect(['a', 'b', 'c'].map((key) => map.get(key))).toEqual([undefined, 1, undefined]);
  });
});
