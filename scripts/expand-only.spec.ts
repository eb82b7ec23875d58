import { contractingStatements } from './expand-only.js';

describe('contractingStatements', () => {
  it.each([
    'drop table payments',
    'DROP TABLE IF EXISTS payments;',
    'alter table payments drop column note',
    'alter table payments\n  drop note',
    'alter table payments rename column note to remark',
    'alter table payments rename to old_payments',
    'alter table payments alter column amount type bigint',
    'alter table payments alter note set data type text',
    'alter table payments alter column note set not null',
    'alter table payments add column note text not null',
    'alter table payments add note text not null check (note <> $$;$$)',
    'truncate payments',
    'create table a (id int); drop table b',
  ])('finds %s', (sql) => {
    expect(contractingStatements(sql)).toHaveLength(1);
  });

  it.each([
    'create table payments (note text not null)',
    'alter table payments add column note text',
    "alter table payments add column note text not null default ''",
    "alter table payments add column note text default '' not null",
    'alter table payments add constraint positive check (amount > 0) not valid',
    'alter table payments drop constraint positive',
    'alter table payments alter column note drop not null',
    'alter table payments alter column note set default 1',
    'create index concurrently on payments (note)',
    'create table fresh (a int); alter table fresh add column note text not null; alter table fresh drop column a',
    '-- drop table payments\nselect 1',
    '/* drop table payments; */ select 1',
    'create function f() returns void language sql as $$ drop table payments; $$',
    'drop index payments_note_idx',
  ])('lets pass %s', (sql) => {
    expect(contractingStatements(sql)).toEqual([]);
  });
});
