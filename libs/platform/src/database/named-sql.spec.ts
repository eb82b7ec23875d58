import { NamedSql } from './named-sql.js';

describe(NamedSql.name, () => {
  const sql = new NamedSql('select :id::text, :state where :state::text is not null and created_at > now() and id = :id');

  it('numbers names in the order in which they first come', () => {
    expect(sql.text).toBe('select $1::text, $2 where $2::text is not null and created_at > now() and id = $1');
  });

  it('gives the values of its names only', () => {
    expect(sql.values({ state: null, other: 1, id: 'a' })).toEqual(['a', null]);
  });

  it('refuses to leave out a value', () => {
    expect(() => sql.values({ id: 'a' })).toThrow('every name of a statement has a value');
  });
});
